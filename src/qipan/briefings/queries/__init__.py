"""Reads of the situation: everything the operations room shows, from the contexts' own queries."""

from qipan.briefings.queries.drawings import boards_of, timeline_of
from qipan.briefings.queries.panels import (
    batches_of,
    choices_of,
    flows_of,
    hours_of,
    key_figures_of,
    loads_of,
    shipped_of,
    summary_of,
)
from qipan.briefings.queries.room import Room, next_meeting, room
from qipan.briefings.queries.situation import (
    CITY,
    FLOW_DAYS,
    ITEMS,
    PROVINCE,
    TIMELINE_DAYS,
    Situation,
    routes_of,
    rows_of,
    situation_of,
    sums_of,
)

__all__ = [
    "CITY",
    "FLOW_DAYS",
    "ITEMS",
    "PROVINCE",
    "TIMELINE_DAYS",
    "Room",
    "Situation",
    "batches_of",
    "boards_of",
    "choices_of",
    "flows_of",
    "hours_of",
    "key_figures_of",
    "loads_of",
    "next_meeting",
    "room",
    "routes_of",
    "rows_of",
    "shipped_of",
    "situation_of",
    "summary_of",
    "sums_of",
    "timeline_of",
]
