"""Who may register lines, report in the firm's name, and report what the commissioner saw."""

from __future__ import annotations

from collections.abc import Iterable

from qipan.kernel.access import Actor
from qipan.production.models import COMMISSIONER
from qipan.production.queries import LineRow

REGISTER, REPORT, VERIFY, TICKET = (
    "production.register", "production.report", "production.verify", "production.ticket",
)  # fmt: skip


def action_of(voice: str) -> str:
    """What speaking in this voice needs."""
    return VERIFY if voice == COMMISSIONER else REPORT


def may_report(by: Actor, line: LineRow, voice: str) -> bool:
    """One's own firm, or an officer of a division it lies in."""
    return by.may(action_of(voice), region=line.region, unit=line.unit_id)


def require_report(by: Actor, lines: Iterable[tuple[LineRow, str]]) -> None:
    """Raises NotAllowed, naming the firm."""
    for line, voice in lines:
        by.require(action_of(voice), region=line.region, unit=line.unit_id, where=str(line.unit))


def require_register(by: Actor, region: str) -> None:
    """An officer of a division the firm lies in."""
    by.require(REGISTER, region=region)


def may_ticket(by: Actor, line: LineRow) -> bool:
    """The commissioner at the firm, the firm itself, or an officer of a division it lies in."""
    return by.may(TICKET, region=line.region, unit=line.unit_id)


def require_ticket(by: Actor, line: LineRow) -> None:
    """Raises NotAllowed, naming the firm."""
    by.require(TICKET, region=line.region, unit=line.unit_id, where=str(line.unit))
