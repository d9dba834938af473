"""Reads of need and gap, as of any instant."""

from qipan.demand.queries.gaps import (
    ZONE_ORDER,
    GapRow,
    Grade,
    cover_of_units,
    gap_by_place,
    grade_of,
    grades,
    meeting_before,
    zone_rank,
)
from qipan.demand.queries.needs import ALL_ZONES, NeedKey, SaidNeed, approved, place_needs
from qipan.demand.queries.statements import (
    Stated,
    active_cases,
    case_counts,
    remarks,
    report_counts,
    stated,
    stated_keys,
    statement_history,
    unread,
    unread_count,
)

__all__ = [
    "ALL_ZONES",
    "ZONE_ORDER",
    "GapRow",
    "Grade",
    "NeedKey",
    "SaidNeed",
    "Stated",
    "active_cases",
    "approved",
    "case_counts",
    "cover_of_units",
    "gap_by_place",
    "grade_of",
    "grades",
    "meeting_before",
    "place_needs",
    "remarks",
    "report_counts",
    "stated",
    "stated_keys",
    "statement_history",
    "unread",
    "unread_count",
    "zone_rank",
]
