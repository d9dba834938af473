"""The lists and key figures of the operations room."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from qipan.allocation import queries as allocation
from qipan.briefings.queries.situation import ITEMS, PROVINCE, Situation, cover_of, routes_of, rows_of, sums_of
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.organisations import queries as organisations
from qipan.transport import queries as transport
from qipan.ui import format


def key_figures_of(s: Situation) -> list[dict[str, Any]]:
    """Seven figures; number one is what left for Wuhan today."""
    number = s.item.from_grains
    row = next((r for r in s.shipped if r["item_code"] == s.item.code), None)
    rate = float(row["arrived"] / row["shipped"]) if row and row["shipped"] else None
    need, _have, _coming, gap = sums_of(s.cities)
    empty = [r for r in hours_of(s) if r["hours"] < 12]
    figure_href = reverse("figure", args=["transport.shipped_and_arrived"]) + f"?place={PROVINCE}&{s.keep}"
    gap_href = reverse("demand:gaps") + f"?place={PROVINCE}&item={s.item.code}&{s.keep}"
    shipped = row or {"shipped": None, "arrived": None, "in_transit": None, "unit": ""}
    road_href = reverse("transport:shipments") + f"?state=on_road&{s.keep}"
    spark = [float(number(day[1])) for day in s.days[-14:]]
    rate_words = _("arrival rate %(rate)s") % {"rate": format.percent(rate) if rate is not None else "–"}
    first = _("first: %(place)s") % {"place": empty[0]["place_name"]} if empty else _("none")
    of_need = _("of a need of %(need)s") % {"need": format.figure(number(need))}
    loads_words = _("%(count)s loads") % {"count": s.on_road_with_item}
    unit = shipped["unit"]
    return [
        _card(_("Left for Wuhan today"), number(s.wuhan), s.item.unit, str(s.item.short), "", figure_href, spark),
        _card(_("Shipped to Hubei"), shipped["shipped"], unit, _("cumulative"), "", figure_href),
        _card(_("Arrived in Hubei"), shipped["arrived"], unit, rate_words, "", figure_href),
        _card(_("In transit"), shipped["in_transit"], unit, loads_words, "", road_href),
        _card(_("Gap per day, Hubei"), number(gap), s.item.unit, of_need, "bad" if gap else "ok", gap_href),
        _card(_("Empty within 12 hours"), len(empty), _("cities"), first, "bad" if empty else "ok", gap_href),
        _card(
            _("Late loads"), s.late, _("loads"), _("of %(count)s open") % {"count": s.on_road},
            "warn" if s.late else "ok", road_href,
        ),
    ]  # fmt: skip


def _card(
    label: str, value: Any, unit: Any, note: str, state: str, href: str, spark: list[float] | None = None
) -> dict[str, Any]:
    return {
        "label": label,
        "value": value,
        "unit": str(unit),
        "note": note,
        "state": state,
        "href": href,
        "spark": spark,
    }


def shipped_of(s: Situation) -> list[dict[str, Any]]:
    found = []
    for row in s.shipped:
        said = None
        if row["difference"] is not None:
            said = {
                "shipped": row["published_shipped"],
                "arrived": row["published_arrived"],
                "note": row["published_note"].en if row["difference"] else "",
            }
        found.append(
            {
                "item_name": s.shorts[row["item_code"]],
                "unit_name": row["unit"],
                "shipped": row["shipped"],
                "arrived": row["arrived"],
                "in_transit": row["in_transit"],
                "rate": float(row["arrived"] / row["shipped"]) if row["shipped"] else 0.0,
                "href": reverse("figure", args=["transport.shipped_and_arrived"])
                + f"?place={PROVINCE}&item={row['item_code']}&{s.keep}",
                "published": said,
            }
        )
    return found


def summary_of(s: Situation) -> dict[str, Any] | None:
    """Need per day in Hubei's cities, how far each city's own goods cover it, and what is missing."""
    need, _have, _coming, gap = sums_of(s.cities)
    if not need:
        return None
    held, coming = cover_of(s.cities)
    number = s.item.from_grains
    return {
        "title": _("Hubei, 17 cities: gap in the tiles, per day"),
        "need": number(need),
        "held": number(held),
        "coming": number(coming),
        "gap": number(gap),
        "unit": str(s.item.unit),
    }


def choices_of(s: Situation) -> list[dict[str, Any]]:
    query = urlencode({"as_of": clock.write_instant(s.cut.as_of)})
    return [
        {
            "code": m.code,
            "name": str(m.short),
            "href": f"?item={m.code}&{query}",
            "selected": m.code == s.item.code,
        }
        for m in (catalogue.material(code) for code in ITEMS)
    ]


def flows_of(s: Situation) -> list[dict[str, Any]]:
    rows = routes_of(s)[:6]
    names = organisations.regions({code for row in rows for code in row[:2]})
    return [
        {
            "source_name": names[source].name,
            "target_name": names[target].name,
            "amount": s.item.from_grains(grains),
            "href": reverse("transport:shipments") + f"?place={target}&item={s.item.code}&{s.keep}",
        }
        for source, target, grains in rows
    ]


def hours_of(s: Situation) -> list[dict[str, Any]]:
    """Cities by hours to empty, the first to run out on top."""
    found = []
    for code in dict.fromkeys(r.place_code for r in s.cities):
        rows = rows_of(s.cities, code)
        need, have, coming, _gap = sums_of(rows)
        if not need:
            continue
        hours = have * 24 / need
        state = "bad" if hours < 12 else "warn" if hours < 24 else "ok"
        note = _("%(have)s of %(need)s a day · %(coming)s on the road") % {
            "have": format.figure(s.item.from_grains(have)),
            "need": format.figure(s.item.from_grains(need)),
            "coming": format.figure(s.item.from_grains(coming)),
        }
        found.append(
            {
                "place_name": rows[0].place,
                "hours": hours,
                "state": state,
                "note": note,
                "on_hand": s.item.from_grains(have),
                "need": s.item.from_grains(need),
                "href": reverse("demand:gaps") + f"?place={code}&item={s.item.code}&{s.keep}",
            }
        )
    return sorted(found, key=lambda r: r["hours"])


def batches_of(rows: list[allocation.BatchRow], progress: dict[int, dict[str, int]], keep: str) -> list[dict[str, Any]]:
    words = {
        "planned": ("wait", _("planned")),
        "approved": ("wait", _("approved")),
        "issued": ("ok", _("issued")),
        "voided": ("none", _("voided")),
    }
    return [
        {
            "number": b.number,
            "title": b.title,
            "state": words[b.state][0],
            "state_word": words[b.state][1],
            "lines": b.lines,
            "pieces": b.qty,
            "departed": progress.get(b.number, {}).get("depart", 0),
            "received": progress.get(b.number, {}).get("receive", 0),
            "href": reverse("allocation:batch", args=[b.number]) + f"?{keep}",
        }
        for b in rows
    ]


def loads_of(rows: list[transport.LoadRow], s: Situation) -> list[dict[str, Any]]:
    names = organisations.regions({r.source_region for r in rows} | {organisations.city_of(r.region) for r in rows})
    found = []
    for r in sorted(rows, key=lambda r: (not r.is_late, r.planned_arrival)):
        state, word = transport.status_of(r)
        goods = "、".join(f"{line.item.short} {format.figure(line.item.reported(line.qty))}" for line in r.lines[:2])
        found.append(
            {
                "number": r.number,
                "route": f"{names[r.source_region].name} → {names[organisations.city_of(r.region)].name}",
                "goods": goods,
                "state": state,
                "state_word": word,
                "eta": r.planned_arrival,
                "href": reverse("transport:shipment", args=[r.number]) + f"?{s.keep}",
                "simulated": r.is_simulated,
            }
        )
    return found
