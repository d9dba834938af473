"""Figures of production."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from qipan.kernel.figures import Column, Cut, Reading, figure
from qipan.organisations import queries as organisations
from qipan.production import queries


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
        Column("lines", _("Lines working"), value="number"),
        Column("reported", _("Lines reported"), value="number"),
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
