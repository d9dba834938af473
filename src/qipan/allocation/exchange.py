"""The batch as a workbook."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from qipan.allocation import explanation, queries, supposing
from qipan.kernel.exchange import OutSheet, write_workbook
from qipan.ui.templatetags.ui import instant


def batch_workbook(row: queries.BatchRow) -> bytes:
    """One row per need and source: what was asked, given, from where, and why."""
    names = explanation.names_of(queries.inputs(row.id), row.policy)
    needs, _total = queries.needs(row.id, limit=100_000)
    columns = [
        ("tier", _("Tier")), ("unit", _("Unit")), ("zone", _("Use zone")), ("item", _("Item")), ("need", _("Need")),
        ("covered", _("Covered")), ("given", _("Given")), ("level", _("Level")), ("source", _("From")),
        ("sent_item", _("Item sent")), ("qty", _("Quantity")), ("measure", _("Counted in")), ("why", _("Why")),
        ("used_up", _("Used up")), ("next", _("Next in line")),
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
    return write_workbook(str(row.title), stamp, columns, rows, [_prices(row)])


def _prices(row: queries.BatchRow) -> OutSheet:
    """What permitting each item that was kept out would change, need by need."""
    columns = [
        ("rule", _("If")), ("unit", _("Unit")), ("zone", _("Use zone")), ("item", _("Item")),
        ("before", _("Planned")), ("after", _("It would be")), ("difference", _("Difference")),
        ("measure", _("Counted in")),
    ]  # fmt: skip
    rows: list[dict[str, Any]] = []
    for _at, effect in supposing.Desk(row).prices():
        total = {"item": effect.item.short, "before": effect.total_before, "after": effect.total_after,
                 "difference": effect.total_after - effect.total_before, "measure": effect.item.unit}  # fmt: skip
        rows.append({"rule": effect.words, "unit": _("all needs together"), **total})
        rows += [
            {"rule": effect.words, "unit": need.unit, "zone": need.zone, "item": need.item.short,
             "before": need.before, "after": need.after, "difference": need.difference, "measure": need.item.unit}
            for need in effect.rows
        ]  # fmt: skip
    return OutSheet(_("Price of rules"), columns, rows)


def _rows(need: queries.NeedRow, names: explanation.Names) -> list[dict[str, Any]]:
    number = need.item.from_grains
    told = explanation.explain(need, names)
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
        "why": told.sentence,
        "used_up": _(", ").join(f"{chip.text} {chip.amount}" for chip in told.sources),
        "next": told.next_word,
    }
    if not need.lines:
        return [{**first, "qty": 0}]
    return [
        {**first, "source": line.place, "sent_item": line.item.short, "qty": line.item.from_grains(line.qty)}
        for line in need.lines
    ]
