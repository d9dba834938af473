"""Reads of the return to work: rules, firms, checklists, tallies, permits."""

from qipan.resumption.queries.checklists import (
    AssessmentRow,
    ChecklistRow,
    MeasureRow,
    assessments,
    checklist,
    checklists,
)
from qipan.resumption.queries.firms import (
    AttendanceRow,
    CommitmentRow,
    FirmRow,
    PhaseRow,
    attendances,
    firm,
    firms,
    phase,
    phases,
    returns,
)
from qipan.resumption.queries.permits import PermitRow, PermitStepRow, permit, permits
from qipan.resumption.queries.rules import ExemptionRow, RuleRow, exemptions, rule_of, rules
from qipan.resumption.queries.tallies import DayCount, TallyRow, day_counts, last_day, latest, tallies, tellers

__all__ = [
    "AssessmentRow", "AttendanceRow", "ChecklistRow", "CommitmentRow", "DayCount", "ExemptionRow", "FirmRow",
    "MeasureRow", "PermitRow", "PermitStepRow", "PhaseRow", "RuleRow", "TallyRow", "assessments", "attendances",
    "checklist", "checklists", "day_counts", "exemptions", "firm", "firms", "last_day", "latest", "permit", "permits",
    "phase", "phases", "returns", "rule_of", "rules", "tallies", "tellers",
]  # fmt: skip
