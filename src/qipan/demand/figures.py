"""Figures of need."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from qipan.demand import queries
from qipan.kernel.figures import Column, Cut, Reading, figure


@figure(
    "demand.gap",
    title=_("Need and gap"),
    kind="rate",
    definition=_(
        "Need per day minus stock on hand minus what is on the road, never below zero; by place, item and use"
        " zone. The voice says whose need it is."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("item_code", _("Item code")),
        Column("item", _("Item")),
        Column("zone", _("Use zone")),
        Column("voice", _("Voice")),
        Column("unit", _("Unit")),
        Column("need", _("Need per day"), unit="row", value="number"),
        Column("on_hand", _("On hand"), unit="row", value="number"),
        Column("in_transit", _("In transit"), unit="row", value="number"),
        Column("gap", _("Gap"), unit="row", value="number"),
        Column("need_before", _("Need at the meeting before"), unit="row", value="number"),
        Column("hours_to_empty", _("Hours to empty"), unit="hour", value="hours"),
        Column("shortage_grade", _("Shortage grade")),
        Column("source", _("Source")),
        Column("simulated", _("Simulated")),
    ),
)
def gap(cut: Cut) -> Reading:
    """Gap by city (or unit inside a city), item and zone at the cut."""
    rows = [as_row(row) for row in queries.gap_by_place(cut)]
    reported, expected = queries.report_counts(as_of=cut.as_of)
    return Reading(rows, reported, expected)


def as_row(row: queries.GapRow) -> dict[str, Any]:
    """A gap row in the item's own unit, for every door."""
    item = row.item
    hours = row.hours_to_empty
    return {
        "place_code": row.place_code,
        "place": row.place,
        "item_code": item.code,
        "item": item.name,
        "zone": row.zone,
        "voice": row.voice,
        "unit": item.unit,
        "need": item.from_grains(row.need),
        "on_hand": item.from_grains(row.on_hand),
        "in_transit": item.from_grains(row.in_transit),
        "gap": item.from_grains(row.gap),
        "need_before": item.from_grains(row.need_before),
        "hours_to_empty": None if hours is None else round(float(hours), 1),
        "shortage_grade": row.grade.name,
        "source": row.source,
        "simulated": row.is_simulated,
    }
