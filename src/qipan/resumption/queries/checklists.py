"""Reads of checklists and of what firms have met of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.resumption import errors
from qipan.resumption.models import Assessment, Checklist, Measure


@dataclass(frozen=True)
class MeasureRow:
    """One numbered measure."""

    number: int
    chapter: Both
    text: Both


@dataclass(frozen=True)
class ChecklistRow:
    """A version of a guideline with its measures."""

    id: int
    code: str
    title: Both
    authority: str
    source: str
    at: datetime
    measures: tuple[MeasureRow, ...]
    is_simulated: bool


@dataclass(frozen=True)
class AssessmentRow:
    """A firm against a checklist: answers by measure with their evidence."""

    id: int
    unit_id: int
    checklist_id: int
    is_inspection: bool
    answers: dict[int, tuple[str, str]]
    at: datetime
    actor_name: str
    is_simulated: bool

    def counted(self, *answers: str) -> int:
        """How many measures have one of these answers."""
        return sum(answer in answers for answer, _evidence in self.answers.values())

    def score(self, measures: int) -> Decimal | None:
        """Met ones, those partly met half, of all that apply; what was not answered is not met. 0 to 1."""
        apply = measures - self.counted("not_applicable")
        return (self.counted("met") + Decimal(self.counted("partly")) / 2) / apply if apply else None


def checklists(cut: Cut) -> list[ChecklistRow]:
    """Versions known at the cut, the newest first. Two queries."""
    rows = list(Checklist.objects.filter(cut.by_then).order_by("-at", "-id"))
    measures: dict[int, list[MeasureRow]] = {row.id: [] for row in rows}
    for m in Measure.objects.filter(checklist__in=rows).order_by("checklist_id", "number"):
        measures[m.checklist_id].append(
            MeasureRow(m.number, Both(m.chapter_zh, m.chapter_en), Both(m.text_zh, m.text_en))
        )
    return [
        ChecklistRow(
            row.id, row.code, Both(row.title_zh, row.title_en), row.authority, row.source, row.at,
            tuple(measures[row.id]), row.is_simulated,
        )
        for row in rows
    ]  # fmt: skip


def checklist(code: str, cut: Cut) -> ChecklistRow:
    """The version with this code; the newest where ``code`` is "".

    Raises:
        ChecklistUnknown.
    """
    found = checklists(cut)
    for row in found:
        if code in ("", row.code):
            return row
    raise errors.ChecklistUnknown(word=code, codes=", ".join(row.code for row in found) or "–")


def assessments(cut: Cut, *, unit_ids: Iterable[int] | None = None) -> list[AssessmentRow]:
    """The last self-check and the last inspection of each firm and checklist at the cut, newest first. One query."""
    rows = Assessment.objects.filter(cut.by_then).order_by(
        "organisation_id", "checklist_id", "is_inspection", "-at", "-id"
    )
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    found = [
        AssessmentRow(
            row.id, row.organisation_id, row.checklist_id, row.is_inspection,
            {int(number): (answer, evidence) for number, (answer, evidence) in row.answers.items()}, row.at,
            row.actor_name, row.is_simulated,
        )
        for row in rows.distinct("organisation_id", "checklist_id", "is_inspection")
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.at, row.id), reverse=True)
