"""Who may book what in the ledger by hand. Other contexts check their own actions first."""

from __future__ import annotations

from qipan.kernel.access import Actor
from qipan.organisations import queries as organisations
from qipan.stock.queries import AccountLabel

COUNT, REVERSE, OPEN = "stock.count", "stock.reverse", "stock.open"


def require_count(by: Actor) -> None:
    by.require(COUNT)


def require_reverse(by: Actor) -> None:
    by.require(REVERSE)


def require_open(by: Actor) -> None:
    by.require(OPEN)


def may(by: Actor, action: str, account: AccountLabel) -> bool:
    """Whether one may do this in this account: it lies in a region one answers for, or one's unit keeps it."""
    is_inside = any(organisations.is_within(account.region, region) for region in by.regions)
    is_own = account.place is not None and account.place.holder_id in by.organisations
    return by.may(action) and (is_inside or is_own)
