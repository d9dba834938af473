"""What the words of published figures mean: metrics, units, qualifiers and subjects, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

METRICS = {
    "shipped_cum": _("shipped, cumulative"),
    "arrived_cum": _("arrived, cumulative"),
    "arrived_per_day": _("arrived per day"),
    "commissioner_firms": _("firms with resident commissioners"),
    "commissioners": _("resident commissioners"),
    "output_per_day": _("output per day"),
    "capacity_per_day": _("capacity per day"),
    "imported_in_period": _("imported in the period"),
    "imported_on_day": _("imported on the day"),
    "distributed_cum": _("distributed, cumulative"),
    "donated_in": _("donated"),
    "shipment_arrived": _("one shipment, arrived"),
    "demand_per_day": _("need per day"),
    "gap_per_day": _("gap per day"),
    "supply_per_day": _("supply per day"),
    "own_production_share_pct": _("share of own production"),
    "capacity_utilisation_pct": _("utilisation of capacity"),
    "batches_issued": _("batches issued"),
    "item_kinds_allocated": _("kinds of goods shared out"),
    "key_units_served": _("key units supplied"),
    "temporary_permits": _("temporary permits"),
    "temporary_permits_in_dispatch_scope": _("temporary permits inside the dispatch scope"),
    "disinfectant_firms": _("makers of disinfectants"),
    "working_capital_requested": _("working capital asked for"),
    "industrial_firms_resumed": _("industrial firms back at work"),
    "industrial_firms_resumed_forecast": _("industrial firms back at work, forecast"),
    "firms_running_or_building": _("firms running or building lines"),
}
UNITS = {
    "piece": _("pieces"), "unit": _("sets"), "tonne": _("tonnes"), "box": _("boxes"), "firm": _("firms"),
    "person": _("persons"), "bottle": _("bottles"), "pair": _("pairs"), "percent": _("percent"),
    "batch": _("batches"), "kind": _("kinds"), "permit": _("permits"), "CNY": _("CNY"),
}  # fmt: skip
QUALIFIERS = {"more_than": _("more than"), "about": _("about"), "minimum": _("at least")}
SUBJECTS = {
    "mask_all": _("masks of all kinds"), "disinfectant_bottle": _("disinfectant, bottles"),
    "suit_nonmedical": _("non-medical suits"), "ventilator": _("ventilators"), "gloves": _("gloves"),
}  # fmt: skip


def words_of(kind: Mapping[str, object], word: str) -> str:
    """A published word in the reader's language; as it was written where it is none of ours."""
    return str(kind.get(word, word))
