"""Who may book what in the ledger by hand. Other contexts check their own actions first."""

from __future__ import annotations

from qipan.kernel.access import Actor

COUNT, REVERSE, OPEN = "stock.count", "stock.reverse", "stock.open"


def require_count(by: Actor) -> None:
    by.require(COUNT)


def require_reverse(by: Actor) -> None:
    by.require(REVERSE)


def require_open(by: Actor) -> None:
    by.require(OPEN)
