"""The file of stock: what lies where at a cut, one row for every place, item and lot."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from qipan.catalogue.queries import MaterialRow
from qipan.kernel.exchange import write_workbook
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.stock import queries
from qipan.ui import format

PLACE_WORDS: dict[str, str | Promise] = {
    "reserve": gettext_lazy("reserve"),
    "plant": gettext_lazy("plant store"),
    "import": gettext_lazy("port of entry"),
    "donation": gettext_lazy("donations' store"),
    "ministry": gettext_lazy("ministries' store"),
    "unit": gettext_lazy("unit's store"),
    "awaiting": gettext_lazy("awaiting release"),
    "road": gettext_lazy("on the road"),
    "seized": gettext_lazy("seized goods"),
    "source": gettext_lazy("outside source"),
    "sink": gettext_lazy("outside sink"),
}
TABS: dict[str, str | Promise] = {
    "": gettext_lazy("Everywhere"),
    "reserve": gettext_lazy("Reserves"),
    "plant": gettext_lazy("Plants"),
    "import": gettext_lazy("Imports"),
    "donation": gettext_lazy("Donations"),
    "ministry": gettext_lazy("Ministries"),
    "unit": gettext_lazy("Units"),
    "awaiting": gettext_lazy("Awaiting release"),
    "road": gettext_lazy("Roads"),
    "seized": gettext_lazy("Seized"),
}
RARE = ("import", "donation", "ministry", "awaiting", "seized")
KIND_WORDS: dict[str, str | Promise] = {
    "opening": gettext_lazy("opening stock"),
    "output": gettext_lazy("output"),
    "release": gettext_lazy("release"),
    "supply": gettext_lazy("supply"),
    "depart": gettext_lazy("departure"),
    "receive": gettext_lazy("receipt"),
    "return": gettext_lazy("return"),
    "use": gettext_lazy("use"),
    "count": gettext_lazy("count"),
    "implied": gettext_lazy("implied entry"),
    "loss": gettext_lazy("loss"),
    "reversal": gettext_lazy("reversal"),
}
BASIS_WORDS: dict[str, str | Promise] = {
    "recorded": gettext_lazy("recorded"),
    "published": gettext_lazy("published"),
    "implied": gettext_lazy("implied"),
    "simulated": gettext_lazy("simulated"),
}
COLUMNS = (
    ("place", gettext_lazy("Place")),
    ("where", gettext_lazy("Kind of place")),
    ("region_code", gettext_lazy("Region code")),
    ("region", gettext_lazy("Region")),
    ("holder", gettext_lazy("Holder")),
    ("owner", gettext_lazy("Owner")),
    ("item_code", gettext_lazy("Item code")),
    ("item", gettext_lazy("Item")),
    ("lot", gettext_lazy("Lot")),
    ("expires_on", gettext_lazy("Expires on")),
    ("onhand", gettext_lazy("On hand")),
    ("held", gettext_lazy("Held")),
    ("free", gettext_lazy("Free")),
    ("unit", gettext_lazy("Unit")),
    ("simulated", gettext_lazy("Simulated")),
)


def write_stock(
    found: list[queries.Holding],
    cut: Cut,
    *,
    materials: dict[int, MaterialRow],
    where: str = "",
    unit: organisations.OrganisationRow | None = None,
) -> bytes:
    """The workbook of these holdings with its stamp: cut, filter, number of rows. Four queries."""
    labels = queries.account_labels({row.account for row in found})
    regions = organisations.regions(
        {code for label in labels.values() for code in organisations.way_down(label.region)}
    )
    lots = queries.lots({row.lot for row in found})
    language = get_language() or "zh-hans"
    stamp = [
        (_("Data as of"), format.instant(cut.as_of, language)),
        (_("Known at"), format.instant(cut.known_at, language) if cut.known_at else _("now")),
        (_("Place"), cut.place or organisations.NATION),
        (_("Item"), cut.item or _("All")),
        (_("Kind of place"), str(PLACE_WORDS[where]) if where else _("All")),
        (_("Rows"), str(len(found))),
    ]
    if unit:
        stamp.append((_("Unit"), str(unit.name)))
    if any(row.is_simulated for row in found):
        stamp.append((_("Simulated"), _("Contains simulated rows: what the sources do not say is simulated.")))
    rows = [_row(row, labels[row.account], regions, lots, materials[row.item]) for row in found]
    columns = [(key, str(title)) for key, title in COLUMNS]
    return write_workbook(_("Stock by place"), stamp, columns, rows)


def cells(row: queries.Holding, item: MaterialRow, lots: dict[int, Any]) -> dict[str, Any]:
    """A holding in the item's own unit, as table and file show it."""
    lot, expires_on = lots.get(row.lot, ("", None))
    return {
        "item": item,
        "lot": lot,
        "expires_on": expires_on,
        "onhand": item.from_grains(row.onhand),
        "held": item.from_grains(row.held),
        "free": None if row.where in queries.NOT_FREE else item.from_grains(row.free),
        "is_simulated": row.is_simulated,
    }


def way(code: str, names: dict[str, organisations.RegionRow]) -> str:
    """The way down to a region in names."""
    return " · ".join(str(names[each].name) for each in organisations.way_down(code) if each in names)


def _row(
    row: queries.Holding,
    label: queries.AccountLabel,
    regions: dict[str, organisations.RegionRow],
    lots: dict[int, Any],
    item: MaterialRow,
) -> dict[str, Any]:
    shown = cells(row, item, lots)
    place = None if label.shipment else label.place
    return {
        **{key: shown[key] for key in ("lot", "onhand", "held", "free")},
        "place": label.name,
        "where": PLACE_WORDS[row.where],
        "region_code": label.region,
        "region": way(label.region, regions),
        "holder": place.holder if place else "",
        "owner": place.owner if place else "",
        "item_code": item.code,
        "item": item.name,
        "expires_on": shown["expires_on"].isoformat() if shown["expires_on"] else "",
        "unit": item.unit,
        "simulated": row.is_simulated,
    }
