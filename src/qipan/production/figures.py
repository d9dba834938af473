"""Figures of production."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from statistics import median

from django.utils.translation import gettext_lazy as _

from qipan.kernel.figures import Column, Cut, Reading, figure
from qipan.organisations import queries as organisations
from qipan.production import queries
from qipan.production.words import HINDRANCE_WORDS


@figure(
    "production.daily_output",
    title=_("Daily output"),
    kind="rate",
    definition=_(
        "What the makers say they made on the last day whose reports were due (18:00) by the cut, by province and item,"
        " beside the day before and the verified capacity. Made is not available: what awaits release is counted apart."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("item_code", _("Item code")),
        Column("item", _("Item")),
        Column("unit", _("Unit")),
        Column("output", _("Output per day"), unit="row", value="number"),
        Column("output_before", _("The day before"), unit="row", value="number"),
        Column("capacity", _("Verified capacity"), unit="row", value="number"),
        Column("utilisation", _("Utilisation"), value="percent"),
        Column("commissioner_output", _("As the commissioners counted"), unit="row", value="number"),
        Column("lines", _("Lines working"), unit="line", value="number"),
        Column("reported", _("Lines reported"), unit="line", value="number"),
        Column("simulated", _("Simulated")),
    ),
)
def daily_output(cut: Cut) -> Reading:
    """Output of the last day that was due, by province and item."""
    rows = queries.days(cut)
    groups: dict[tuple[str, int], list[queries.DayRow]] = defaultdict(list)
    for row in rows:
        groups[row.line.province, row.line.item.id].append(row)
    regions = organisations.regions({province for province, _item in groups})
    due = queries.expected(rows)
    made = []
    for (province, _item), members in sorted(groups.items(), key=lambda pair: (pair[0][0], pair[1][0].line.item.rank)):
        (total,) = queries.by_item(members)
        counted = [row.commissioner.output for row in members if row.commissioner]
        item = total.item
        made.append(
            {
                "place_code": province,
                "place": regions[province].name,
                "item_code": item.code,
                "item": item.name,
                "unit": item.unit,
                "output": item.from_grains(total.output),
                "output_before": item.from_grains(total.before),
                "capacity": item.from_grains(total.capacity),
                "utilisation": None if total.utilisation is None else round(total.utilisation, 4),
                "commissioner_output": item.from_grains(sum(counted)) if counted else None,
                "lines": Decimal(total.lines),
                "reported": Decimal(total.reported),
                "simulated": total.is_simulated,
            }
        )
    return Reading(made, sum(row.firm is not None for row in due), len(due))


@figure(
    "production.commissioners",
    title=_("Resident commissioners"),
    kind="stock",
    definition=_("Who is at a maker at the cut, by province: makers with a commissioner, commissioners, waves."),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("firms", _("Enterprises"), unit="firm", value="number"),
        Column("commissioners", _("Commissioners"), unit="person", value="number"),
        Column("leads", _("Of these leading"), unit="person", value="number"),
        Column("waves", _("Waves"), unit="wave", value="number"),
        Column("simulated", _("Of these simulated"), unit="person", value="number"),
    ),
)
def commissioners(cut: Cut) -> Reading:
    """Makers and commissioners by province."""
    groups: dict[str, list[queries.CommissionRow]] = defaultdict(list)
    for row in queries.commissions(cut):
        groups[row.province].append(row)
    regions = organisations.regions(groups)
    rows = [
        {
            "place_code": province,
            "place": regions[province].name,
            "firms": Decimal(len({row.unit_id for row in members})),
            "commissioners": Decimal(len(members)),
            "leads": Decimal(sum(row.is_lead for row in members)),
            "waves": Decimal(len({row.wave for row in members})),
            "simulated": Decimal(sum(row.is_simulated for row in members)),
        }
        for province, members in sorted(groups.items())
    ]
    there = {row.unit_id for members in groups.values() for row in members}
    logged = {row.unit_id for row in queries.logs(cut, day=queries.day_due(cut.as_of), limit=len(there))}
    return Reading(rows, len(there & logged), len(there))


@figure(
    "production.bottlenecks",
    title=_("What holds production back"),
    kind="rate",
    definition=_(
        "Open hindrances of lines at the cut, by province, item and kind, with what they cost a day: verified capacity"
        " minus output of the last day that was due, of each line once, however many hold it back."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("item_code", _("Item code")),
        Column("item", _("Item")),
        Column("unit", _("Unit")),
        Column("kind", _("Kind")),
        Column("open", _("Open"), unit="ticket", value="number"),
        Column("overdue", _("Overdue"), unit="ticket", value="number"),
        Column("lost_day", _("Lost output per day"), unit="row", value="number"),
    ),
)
def bottlenecks(cut: Cut) -> Reading:
    """Open hindrances and what they cost a day."""
    groups: dict[tuple[str, int, str], list[queries.TicketRow]] = defaultdict(list)
    found = queries.tickets(cut, is_open=True)
    for row in found:
        groups[row.line.province, row.line.item.id, row.kind].append(row)
    regions = organisations.regions({province for province, _item, _kind in groups})
    rows = []
    for (province, _item, kind), members in sorted(groups.items()):
        item = members[0].line.item
        lost = {row.line.id: row.lost_day for row in members}
        rows.append(
            {
                "place_code": province,
                "place": regions[province].name,
                "item_code": item.code,
                "item": item.name,
                "unit": item.unit,
                "kind": str(HINDRANCE_WORDS[kind]),
                "open": Decimal(len(members)),
                "overdue": Decimal(sum(row.is_overdue for row in members)),
                "lost_day": item.from_grains(sum(lost.values())),
            }
        )
    return Reading(rows, len(found), len(found))


@figure(
    "production.permit_to_output",
    title=_("From permit to output"),
    kind="cumulative",
    definition=_(
        "Permits for an item granted by the cut to makers with a line of it, by province and item: how many, how many"
        " of them have led to output since, and the median of days from the grant to the first day the firm reported"
        " any."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("item_code", _("Item code")),
        Column("item", _("Item")),
        Column("granted", _("Granted"), unit="permit", value="number"),
        Column("making", _("Of these making"), unit="permit", value="number"),
        Column("days", _("Median days to output"), unit="day", value="number"),
        Column("longest", _("Longest, days"), unit="day", value="number"),
        Column("simulated", _("Of these simulated"), unit="permit", value="number"),
    ),
)
def permit_to_output(cut: Cut) -> Reading:
    """Days from grant to first output by province and item."""
    found = queries.to_market(cut)
    groups: dict[tuple[str, str], list[queries.ToMarket]] = defaultdict(list)
    for row in found:
        assert row.permit.item is not None
        groups[row.permit.province, row.permit.item.code].append(row)
    regions = organisations.regions({province for province, _item in groups})
    rows = []
    for (province, code), members in sorted(groups.items()):
        days = sorted(row.days for row in members if row.days is not None)
        item = members[0].permit.item
        rows.append(
            {
                "place_code": province,
                "place": regions[province].name,
                "item_code": code,
                "item": item.name if item else code,
                "granted": Decimal(len(members)),
                "making": Decimal(len(days)),
                "days": Decimal(str(median(days))) if days else None,
                "longest": Decimal(days[-1]) if days else None,
                "simulated": Decimal(sum(row.permit.is_simulated for row in members)),
            }
        )
    return Reading(rows, sum(row.days is not None for row in found), len(found))
