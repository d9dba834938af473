"""The batch as a workbook."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from qipan.allocation import explanation, queries
from qipan.kernel.exchange import write_workbook
from qipan.ui.templatetags.ui import instant


def batch_workbook(row: queries.BatchRow) -> bytes:
    """One row per need and source: what was asked, given, from where, and why."""
    names = explanation.names_of(queries.inputs(row.id), row.policy)
    needs, _total = queries.needs(row.id, limit=100_000)
    columns = [
        ("tier", _("Tier")), ("unit", _("Unit")), ("zone", _("Use zone")), ("item", _("Item")), ("need", _("Need")),
        ("covered", _("Covered")), ("given", _("Given")), ("level", _("Level")), ("source", _("From")),
        ("sent_item", _("Item sent")), ("qty", _("Quantity")), ("measure", _("Counted in")), ("why", _("Why")),
    ]  # fmt: skip
    stamp = [
        (_("Batch"), str(row.number)),
        (_("Data as of"), instant(row.as_of)),
        (_("To be there by"), instant(row.deadline)),
        (_("Policy"), str(row.policy)),
        (_("State"), row.state),
        (_("Proved fair"), _("yes") if row.is_proven else _("no")),
        (_("Inputs, SHA-256"), row.inputs_sha256),
    ]
    if row.is_simulated:
        stamp.append((_("Simulated"), _("Contains simulated rows: what the sources do not say is simulated.")))
    rows = [line for need in needs for line in _rows(need, names)]
    return write_workbook(str(row.title), stamp, columns, rows)


def _rows(need: queries.NeedRow, names: explanation.Names) -> list[dict[str, Any]]:
    number = need.item.from_grains
    first = {
        "tier": need.tier + 1,
        "unit": need.unit,
        "zone": need.zone,
        "item": need.item.short,
        "need": number(need.need),
        "covered": number(need.covered),
        "given": number(need.given),
        "level": round(need.level_now, 4),
        "measure": need.item.unit,
        "why": explanation.explain(need, names).sentence,
    }
    if not need.lines:
        return [{**first, "qty": 0}]
    return [
        {**first, "source": line.place, "sent_item": line.item.short, "qty": line.item.from_grains(line.qty)}
        for line in need.lines
    ]
