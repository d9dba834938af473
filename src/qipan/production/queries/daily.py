"""Reads of lines and reports at a cut: what happened by then, as we knew it then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.production import errors
from qipan.production.models import COMMISSIONER, FIRM, DailyReport, Line, LineState

CUT_OFF_HOUR = 18
"""Reports of a day are due at 18:00, an hour before the evening meeting."""


@dataclass(frozen=True)
class LineRow:
    """A line at the cut: whose it is, what it makes, its state and verified capacity in grains per day."""

    id: int
    unit_id: int
    unit: Both
    region: str
    province: str
    item: MaterialRow
    name: str
    place_id: int
    release_days: int
    state: str
    capacity: int
    state_at: datetime | None
    since: datetime
    is_key: bool
    in_dispatch: bool
    is_simulated: bool

    @property
    def is_working(self) -> bool:
        return self.state != "idle"

    @property
    def title(self) -> str:
        return f"{self.unit} · {self.name}"


@dataclass(frozen=True)
class ReportRow:
    """The newest revision of what one voice said of a line and day, in grains."""

    id: int
    line_id: int
    day: date
    voice: str
    revision: int
    output: int
    released: int
    opening: int
    shipped: int
    closing: int
    flows: list[dict[str, Any]]
    price: Decimal | None
    people: int | None
    raw_days: Decimal | None
    reason: str
    note: str
    flags: list[str]
    at: datetime
    known_at: datetime
    first_known_at: datetime
    actor_name: str
    is_simulated: bool

    @property
    def is_late(self) -> bool:
        """Whether the first word came after the cut-off; a revision is never late."""
        return self.first_known_at > cut_off_of(self.day)


@dataclass(frozen=True)
class DayRow:
    """A line on a day: what both voices say, and what the firm said the day before."""

    line: LineRow
    firm: ReportRow | None
    commissioner: ReportRow | None
    before: ReportRow | None
    is_due: bool = True

    @property
    def output(self) -> int | None:
        return self.firm.output if self.firm else None

    @property
    def change(self) -> int | None:
        """Output minus that of the day before; None where one of them is missing."""
        return self.firm.output - self.before.output if self.firm and self.before else None

    @property
    def has_fallen(self) -> bool:
        return (self.change or 0) < 0

    @property
    def difference(self) -> int | None:
        """The commissioner's output minus the firm's; None where one did not speak."""
        return self.commissioner.output - self.firm.output if self.firm and self.commissioner else None

    @property
    def standing(self) -> str:
        """on_time, late or missing at the cut-off; awaited until then."""
        if self.firm is None:
            return "missing" if self.is_due else "awaited"
        return "late" if self.firm.is_late else "on_time"


@dataclass(frozen=True)
class Fall:
    """What fell from one day to the next: a line, a firm, an item or all of an item's class; and why, as was said."""

    kind: str  # line | firm | item
    name: Both | str
    item: MaterialRow
    before: int
    output: int
    reasons: tuple[str, ...]
    line_id: int | None = None

    @property
    def loss(self) -> int:
        return self.before - self.output


@dataclass
class ItemDay:
    """An item's output of a day in a division, in grains per day."""

    item: MaterialRow
    output: int = 0
    before: int = 0
    capacity: int = 0
    lines: int = 0
    reported: int = 0
    is_simulated: bool = False
    falls: list[DayRow] = field(default_factory=list)

    @cached_property
    def utilisation(self) -> Decimal | None:
        return Decimal(self.output) / self.capacity if self.capacity else None


def cut_off_of(day: date) -> datetime:
    """When reports of a day are due."""
    return clock.start_of(day) + timedelta(hours=CUT_OFF_HOUR)


def day_due(as_of: datetime) -> date:
    """The last day whose reports were due by then."""
    day = clock.day_of(as_of)
    return day if as_of >= cut_off_of(day) else day - timedelta(days=1)


def lines(cut: Cut, *, ids: Iterable[int] | None = None, unit: int | None = None) -> list[LineRow]:
    """Lines registered by the cut, with the state they were in, by item, division and firm. Five queries."""
    rows = Line.objects.filter(cut.by_then).order_by("region_code", "id")
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if cut.item:
        rows = rows.filter(material__code=cut.item)
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    if unit is not None:
        rows = rows.filter(organisation_id=unit)
    found = list(rows)
    states = {
        s.line_id: s
        for s in LineState.objects.filter(cut.by_then, line_id__in=[row.id for row in found])
        .order_by("line_id", "-at", "-id").distinct("line_id")
    }  # fmt: skip
    members = organisations.members_of(cut)
    units = organisations.organisations(ids={row.organisation_id for row in found})
    materials = catalogue.materials()
    made = []
    for row in found:
        state = states.get(row.id)
        made.append(
            LineRow(
                row.id, row.organisation_id, units[row.organisation_id].name, row.region_code,
                organisations.province_of(row.region_code), materials[row.material_id], row.name, row.place_id,
                row.release_days, state.state if state else "idle", state.capacity_day if state else 0,
                state.at if state else None, row.at, row.organisation_id in members["key"],
                row.organisation_id in members["dispatch"], row.is_simulated,
            )
        )  # fmt: skip
    return sorted(made, key=lambda line: (line.item.rank, line.region, str(line.unit), line.name))


def line(number: int, cut: Cut) -> LineRow:
    """Raises LineUnknown: there is none that the session sees."""
    found = lines(Cut(cut.as_of, cut.known_at), ids=[number])
    if not found:
        raise errors.LineUnknown(line=number)
    return found[0]


def states_of(line_id: int, cut: Cut) -> list[LineState]:
    """The states a line was in, newest first."""
    return list(LineState.objects.filter(cut.by_then, line_id=line_id).order_by("-at", "-id"))


def reports(cut: Cut, *, first: date, last: date, line_ids: Iterable[int] | None = None) -> list[ReportRow]:
    """The newest revision of each line, day and voice known at the cut, newest day first. Two queries at most."""
    rows = DailyReport.objects.filter(cut.by_then, day__gte=first, day__lte=last)
    if line_ids is not None:
        rows = rows.filter(line_id__in=set(line_ids))
    newest = list(rows.order_by("-day", "line_id", "voice", "-revision").distinct("day", "line_id", "voice"))
    revised = {row.line_id for row in newest if row.revision > 1}
    firsts = rows.filter(revision=1, line_id__in=revised).values_list("line_id", "day", "voice", "known_at")
    spoken = {(line_id, day, voice): known_at for line_id, day, voice, known_at in firsts} if revised else {}
    return [_report(row, spoken.get((row.line_id, row.day, row.voice))) for row in newest]


def revisions(line_id: int, day: date) -> list[ReportRow]:
    """Everything that was ever said of a line and day, the newest first."""
    rows: QuerySet[DailyReport] = DailyReport.objects.filter(line_id=line_id, day=day).order_by("voice", "-revision")
    return [_report(row) for row in rows]


def days(cut: Cut, *, day: date | None = None) -> list[DayRow]:
    """Every line on the last day that was due, or another: both voices and the day before. Seven queries at most."""
    on = day or day_due(cut.as_of)
    found = lines(cut)
    said = {
        (r.line_id, r.day, r.voice): r
        for r in reports(cut, first=on - timedelta(days=1), last=on, line_ids=[row.id for row in found])
    }
    return [
        DayRow(
            row, said.get((row.id, on, FIRM)), said.get((row.id, on, COMMISSIONER)),
            said.get((row.id, on - timedelta(days=1), FIRM)), cut.as_of >= cut_off_of(on),
        )
        for row in found
    ]  # fmt: skip


def expected(rows: Iterable[DayRow]) -> list[DayRow]:
    """The lines a report is due of: all that work."""
    return [row for row in rows if row.line.is_working]


def by_item(rows: Iterable[DayRow]) -> list[ItemDay]:
    """Sums by item, in the catalogue's order."""
    found: dict[int, ItemDay] = {}
    for row in rows:
        item = found.setdefault(row.line.item.id, ItemDay(row.line.item))
        item.output += row.output or 0
        item.before += row.before.output if row.before else 0
        item.capacity += row.line.capacity
        item.lines += row.line.is_working
        item.reported += row.line.is_working and row.firm is not None
        item.is_simulated |= bool(row.firm and row.firm.is_simulated)
        if row.has_fallen:
            item.falls.append(row)
    return sorted(found.values(), key=lambda item: item.item.rank)


def falls(rows: Iterable[DayRow]) -> list[Fall]:
    """What broke the ratchet: lines, firms and items whose output fell, the largest loss first.

    Firms and items count where every line that reported the day before has reported: a missing report is no fall.
    """
    found = []
    groups: dict[tuple[str, int, int], list[DayRow]] = defaultdict(list)
    for row in rows:
        if row.has_fallen and row.firm and row.before:
            reasons = (row.firm.reason,) if row.firm.reason else ()
            found.append(
                Fall("line", row.line.title, row.line.item, row.before.output, row.firm.output, reasons, row.line.id)
            )
        groups["firm", row.line.unit_id, row.line.item.id].append(row)
        groups["item", 0, row.line.item.id].append(row)
    for (kind, _unit, _item), members in groups.items():
        had = [row for row in members if row.before]
        if len(had) < 2 or any(row.firm is None for row in had):
            continue
        before, output = (sum(r.before.output for r in had if r.before), sum(r.output or 0 for r in members))
        if output < before:
            one = members[0].line
            why = tuple(row.firm.reason for row in members if row.has_fallen and row.firm and row.firm.reason)
            found.append(Fall(kind, one.unit if kind == "firm" else one.item.name, one.item, before, output, why))
    return sorted(found, key=lambda fall: (fall.kind != "item", fall.kind != "firm", -fall.loss))


def output_days(cut: Cut, *, span: int = 14) -> dict[int, dict[date, int]]:
    """Grains by item and day over the last ``span`` days, in the firms' voice. Two queries."""
    last = day_due(cut.as_of)
    ids = {row.id: row.item.id for row in lines(cut)}
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in reports(cut, first=last - timedelta(days=span - 1), last=last, line_ids=ids):
        if row.voice == FIRM:
            found[ids[row.line_id]][row.day] += row.output
    return found


def releasable(line_row: LineRow, *, day: date) -> int:
    """Grains made at least ``release_days`` before the end of ``day`` that no report has released yet.

    Counts the newest revision of each day in the firm's voice, also of days after ``day``: what a later day released
    is gone.
    """
    rows = DailyReport.objects.filter(line_id=line_row.id, voice=FIRM).order_by("day", "-revision").distinct("day")
    due = day - timedelta(days=line_row.release_days)
    said = [(row.day, row.output, row.released) for row in rows]
    return sum(made for on, made, _gone in said if on <= due) - sum(gone for on, _made, gone in said if on != day)


def _report(row: DailyReport, first_known_at: datetime | None = None) -> ReportRow:
    return ReportRow(
        row.id, row.line_id, row.day, row.voice, row.revision, row.output, row.released, row.opening, row.shipped,
        row.closing, row.flows, row.price_yuan, row.people, row.raw_days, row.reason, row.note, row.flags, row.at,
        row.known_at, first_known_at or row.known_at, row.actor_name, row.is_simulated,
    )  # fmt: skip
