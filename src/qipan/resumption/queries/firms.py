"""Reads of firms on their way back to work, at a cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.organisations.queries import OrganisationRow
from qipan.resumption import errors
from qipan.resumption.models import Attendance, Commitment, OfFirm, Phase, PhaseStart, Return
from qipan.resumption.queries.checklists import AssessmentRow, assessments, checklists
from qipan.resumption.queries.rules import ExemptionRow, RuleRow, exemptions, rule_of, rules


@dataclass(frozen=True)
class PhaseRow:
    """Systems that start together: core ones first."""

    id: int
    unit_id: int
    number: int
    title: str
    is_core: bool
    people: int
    planned_on: date
    started_at: datetime | None


@dataclass(frozen=True)
class AttendanceRow:
    """People on site on a day, against the normal number."""

    unit_id: int
    day: date
    on_site: int
    normal: int

    @property
    def share(self) -> Decimal:
        return Decimal(self.on_site) / self.normal


@dataclass(frozen=True)
class CommitmentRow:
    """Who signed for the firm, under which text."""

    signer: str
    document: str
    at: datetime


@dataclass(frozen=True)
class FirmRow:
    """A firm at the cut: from when it may resume, what it has done, and whether it works."""

    unit: OrganisationRow
    classes: frozenset[str]
    rule: RuleRow | None
    exemption: ExemptionRow | None
    commitment: CommitmentRow | None
    assessment: AssessmentRow | None
    measures: int
    phases: tuple[PhaseRow, ...]
    attendance: AttendanceRow | None
    is_working: bool
    since: datetime | None
    flags: tuple[str, ...]
    is_simulated: bool

    @property
    def allowed_at(self) -> datetime | None:
        """From when it may resume; None: no rule holds it back."""
        if self.rule is None:
            return None
        if self.exemption is not None and self.exemption.is_approved:
            return min(self.rule.not_before, self.exemption.start_at)
        return self.rule.not_before

    @property
    def score(self) -> Decimal | None:
        """Part of the measures that are met, 0 to 1; None where nobody has checked."""
        return self.assessment.score(self.measures) if self.assessment else None

    @property
    def phases_started(self) -> int:
        return sum(phase.started_at is not None for phase in self.phases)

    def missing(self, at: datetime) -> list[str]:
        """What is missing to resume at ``at``, in codes: ``words.FLAG_WORDS`` has the words."""
        core = [phase for phase in self.phases if phase.is_core]
        found = {
            "too_early": self.allowed_at is not None and at < self.allowed_at,
            "not_committed": self.commitment is None,
            "not_assessed": self.assessment is None,
            "core_missing": bool(core) and all(phase.started_at is None for phase in core),
        }
        return [code for code, is_so in found.items() if is_so]


def firms(cut: Cut, *, ids: Iterable[int] | None = None) -> list[FirmRow]:
    """Enterprises in the division, or these, in pinyin order. Twelve queries at most, however many they are."""
    units = organisations.organisations(kinds=("enterprise",), ids=ids)
    here = {n: unit for n, unit in units.items() if organisations.is_within(unit.region, cut.place)}
    wanted = None if ids is None else set(here)
    members = organisations.members_of(cut)
    in_force = rules(cut)
    asked = {row.unit_id: row for row in reversed(exemptions(cut, unit_ids=wanted))}
    checked = {row.unit_id: row for row in reversed(assessments(cut, unit_ids=wanted))}
    lengths = {row.id: len(row.measures) for row in checklists(cut)}
    signed = {row.organisation_id: row for row in _newest(Commitment, cut, wanted)}
    works = {row.organisation_id: row for row in _newest(Return, cut, wanted)}
    there = {row.unit_id: row for row in reversed(attendances(cut, unit_ids=wanted))}
    plans: dict[int, list[PhaseRow]] = defaultdict(list)
    for phase in phases(cut, unit_ids=wanted):
        plans[phase.unit_id].append(phase)
    made = []
    for n, unit in here.items():
        classes = frozenset(name for name, of in members.items() if n in of)
        commitment, last = signed.get(n), works.get(n)
        assert isinstance(commitment, Commitment | None) and isinstance(last, Return | None)
        made.append(
            FirmRow(
                unit, classes, rule_of(unit.region, classes, in_force), asked.get(n),
                CommitmentRow(commitment.signer, commitment.document, commitment.at) if commitment else None,
                checked.get(n), lengths.get(checked[n].checklist_id, 0) if n in checked else 0, tuple(plans[n]),
                there.get(n), bool(last and last.is_working), last.at if last else None,
                tuple(last.flags) if last else (), unit.is_simulated,
            )
        )  # fmt: skip
    return made


def firm(number: int, cut: Cut) -> FirmRow:
    """Raises OrganisationUnknown, NoEnterprise."""
    organisations.enterprises([number])
    return firms(Cut(cut.as_of, cut.known_at), ids=[number])[0]


def phases(cut: Cut, *, ids: Iterable[int] | None = None, unit_ids: Iterable[int] | None = None) -> list[PhaseRow]:
    """Phases by firm and number with the start of each that has started. Two queries."""
    rows = Phase.objects.filter(cut.by_then).order_by("organisation_id", "number")
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    started = dict(PhaseStart.objects.filter(cut.by_then).values_list("phase_id", "at"))
    return [
        PhaseRow(
            row.id, row.organisation_id, row.number, row.title, row.is_core, row.people, row.planned_on,
            started.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def phase(number: int, cut: Cut) -> PhaseRow:
    """Raises PhaseUnknown."""
    found = phases(cut, ids=[number])
    if not found:
        raise errors.PhaseUnknown(phase=number)
    return found[0]


def attendances(cut: Cut, *, unit_ids: Iterable[int] | None = None, days: int = 1) -> list[AttendanceRow]:
    """The last word on the last ``days`` days told of each firm, newest day first. One query."""
    rows = Attendance.objects.filter(cut.by_then).order_by("organisation_id", "-day", "-at", "-id")
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    found: dict[int, list[AttendanceRow]] = defaultdict(list)
    for row in rows.distinct("organisation_id", "day") if days > 1 else rows.distinct("organisation_id"):
        if len(found[row.organisation_id]) < days:
            found[row.organisation_id].append(AttendanceRow(row.organisation_id, row.day, row.on_site, row.normal))
    return [row for of_one in found.values() for row in of_one]


def returns(unit: int, cut: Cut) -> list[Return]:
    """When a firm resumed and stopped, newest first."""
    return list(Return.objects.filter(cut.by_then, organisation_id=unit).order_by("-at", "-id"))


def _newest(model: type[OfFirm], cut: Cut, unit_ids: Iterable[int] | None) -> list[OfFirm]:
    """The last word of each firm. One query."""
    rows = model._default_manager.filter(cut.by_then).order_by("organisation_id", "-at", "-id")
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    return list(rows.distinct("organisation_id"))
