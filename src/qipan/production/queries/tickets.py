"""Reads of what holds lines back, at a cut: whose it is, how old, and what it costs a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.production import errors
from qipan.production.models import FIRM, Ticket, TicketStep
from qipan.production.queries.daily import LineRow, day_due, lines, reports


@dataclass(frozen=True)
class StepRow:
    """What was done about it, by whom, when."""

    kind: str
    owner: str
    due_at: datetime | None
    text: str
    at: datetime
    actor_name: str


@dataclass(frozen=True)
class TicketRow:
    """A hindrance at the cut. ``lost_day``: verified capacity minus output of the last due day, in grains, ≥ 0."""

    id: int
    line: LineRow
    kind: str
    title: str
    owner: str
    due_at: datetime
    at: datetime
    actor_name: str
    lost_day: int
    as_of: datetime
    steps: tuple[StepRow, ...]
    is_simulated: bool

    @property
    def resolved_at(self) -> datetime | None:
        return next((step.at for step in self.steps if step.kind == "resolved"), None)

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at < self.as_of

    @property
    def age(self) -> timedelta:
        """How long it has held the line back, or did."""
        return (self.resolved_at or self.as_of) - self.at

    @property
    def days_left(self) -> int:
        """Days until it is due, begun ones counted whole; at least one while it is open."""
        return max(1, -((self.as_of - self.due_at) // timedelta(days=1)))

    @property
    def lost_until_due(self) -> int:
        """What it will have cost when it is resolved as due, in grains."""
        return self.lost_day * self.days_left if self.is_open else 0


def tickets(
    cut: Cut, *, is_open: bool | None = None, unit: int | None = None, ids: Iterable[int] | None = None
) -> list[TicketRow]:
    """Hindrances known at the cut, the dearest a day first within open ones. Eight queries at most."""
    rows = Ticket.objects.filter(cut.by_then)
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if cut.item:
        rows = rows.filter(line__material__code=cut.item)
    if unit is not None:
        rows = rows.filter(line__organisation_id=unit)
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    found = list(rows)
    steps: dict[int, list[StepRow]] = defaultdict(list)
    for step in TicketStep.objects.filter(cut.by_then, ticket_id__in=[row.id for row in found]).order_by("id"):
        steps[step.ticket_id].append(StepRow(step.kind, step.owner, step.due_at, step.text, step.at, step.actor_name))
    by_id = {row.id: row for row in lines(Cut(cut.as_of, cut.known_at), ids=[row.line_id for row in found])}
    due = day_due(cut.as_of)
    made = {
        row.line_id: row.output
        for row in reports(Cut(cut.as_of, cut.known_at), first=due, last=due, line_ids=by_id)
        if row.voice == FIRM
    }
    all_ = [_row(row, by_id[row.line_id], steps[row.id], made.get(row.line_id, 0), cut.as_of) for row in found]
    wanted = [row for row in all_ if is_open is None or row.is_open == is_open]
    return sorted(wanted, key=lambda row: (not row.is_open, row.line.item.rank, -row.lost_day, row.due_at, row.id))


def ticket(number: int, cut: Cut) -> TicketRow:
    """Raises TicketUnknown: there is none that the session sees."""
    found = tickets(Cut(cut.as_of, cut.known_at), ids=[number])
    if not found:
        raise errors.TicketUnknown(ticket=number)
    return found[0]


def _row(row: Ticket, line: LineRow, steps: list[StepRow], output: int, as_of: datetime) -> TicketRow:
    moved = [step for step in steps if step.kind == "moved"]
    owner, due_at = (moved[-1].owner, moved[-1].due_at or row.due_at) if moved else (row.owner, row.due_at)
    return TicketRow(
        row.id, line, row.kind, row.title, owner, due_at, row.at, row.actor_name, max(0, line.capacity - output), as_of,
        tuple(steps), row.is_simulated,
    )  # fmt: skip
