"""Figures of what left and what came."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.kernel.figures import Column, Cut, Reading, figure, published
from qipan.kernel.text import Both
from qipan.organisations.queries import like_prefix
from qipan.stock import queries as stock
from qipan.transport import queries

METRICS = ("shipped_cum", "arrived_cum")


def movements_of(cut: Cut) -> list[dict[str, Any]]:
    """The departures and receipts the figure sums, the newest first."""
    materials = catalogue.materials()
    item = next((m.id for m in materials.values() if m.code == cut.item), None)
    found = stock.movements(
        as_of=cut.as_of, known_at=cut.known_at, item=item, like=like_prefix(cut.place), on_roads=True
    )
    return [
        {
            "id": m.id,
            "kind": m.kind,
            "item_code": materials[m.item].code,
            "unit": materials[m.item].report_unit,
            "quantity": materials[m.item].reported(m.qty),
            "from": m.src,
            "to": m.dst,
            "document": m.document,
            "basis": m.basis,
            "occurred_at": m.occurred_at,
            "recorded_at": m.recorded_at,
        }
        for m in found
    ]


@figure(
    "transport.shipped_and_arrived",
    title=_("Shipped and arrived"),
    kind="cumulative",
    definition=_(
        "Shipped: departures onto the road to the place. Arrived: receipts counted by the receiver. In transit:"
        " shipped minus arrived minus losses. All are sums over ledger movements; reversals are taken away."
    ),
    columns=(
        Column("item_code", _("Item code")),
        Column("item", _("Item")),
        Column("unit", _("Unit")),
        Column("shipped", _("Shipped"), unit="row", value="number"),
        Column("arrived", _("Arrived"), unit="row", value="number"),
        Column("in_transit", _("In transit"), unit="row", value="number"),
        Column("simulated", _("Of these simulated loads"), unit="row", value="number"),
        Column("published_shipped", _("Published: shipped"), unit="row", value="number"),
        Column("published_arrived", _("Published: arrived"), unit="row", value="number"),
        Column("difference", _("Arrived minus published"), unit="row", value="number"),
        Column("published_note", _("Published by, scope")),
    ),
    movements=movements_of,
)
def shipped_and_arrived(cut: Cut) -> Reading:
    """Per item: what was shipped to the place, what arrived, what is on the road; beside what was published."""
    materials = catalogue.materials()
    found = stock.flows(as_of=cut.as_of, known_at=cut.known_at, like=like_prefix(cut.place))
    said = {(p.subject, p.metric): p for p in published(place=cut.place or "420000", metrics=METRICS, as_of=cut.as_of)}
    rows: list[dict[str, Any]] = []
    for flow in sorted(found, key=lambda f: materials[f.item].rank):
        item = materials[flow.item]
        if cut.item and item.code != cut.item:
            continue
        rows.append(_row(item, flow, said, cut))
    reported, expected = queries.receipts_due(cut)
    return Reading(rows, reported, expected)


def _row(item: catalogue.MaterialRow, flow: stock.Flow, said: dict[tuple[str, str], Any], cut: Cut) -> dict[str, Any]:
    """One item's row; a difference is taken only against a figure published for the same cut."""
    shipped, arrived = said.get((item.code, "shipped_cum")), said.get((item.code, "arrived_cum"))
    is_same_cut = arrived is not None and arrived.at == cut.as_of
    return {
        "item_code": item.code,
        "item": item.name,
        "unit": item.report_unit,
        "shipped": item.reported(flow.shipped),
        "arrived": item.reported(flow.arrived),
        "in_transit": item.reported(flow.in_transit),
        "simulated": item.reported(flow.simulated),
        "published_shipped": None if shipped is None else Fraction(shipped.value),
        "published_arrived": None if arrived is None else Fraction(arrived.value),
        "difference": item.reported(flow.arrived) - Fraction(arrived.value) if is_same_cut and arrived else None,
        "published_note": _note(shipped, arrived),
    }


def _note(*publications: Any) -> Both:
    """Who said it, of which cut, and in which scope: each statement once."""
    texts: list[str] = []
    for p in filter(None, publications):
        words = [p.publisher, p.period, p.qualifier.replace("_", " "), p.note]
        texts.append(" · ".join(word for word in words if word))
    text = "; ".join(dict.fromkeys(texts))
    return Both(text, text)
