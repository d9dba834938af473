"""Reads of the situation: everything the operations room shows, from the contexts' own queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qipan.allocation import queries as allocation
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.kernel import clock, figures
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both, is_chinese
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock
from qipan.transport import queries as transport
from qipan.ui import format
from qipan.ui.board import Flow, Tile, boards
from qipan.ui.charts import Series, line_chart

PROVINCE = "420000"
CITY = "420100"
ITEMS = ("SUIT-GB", "MASK-MED-N95", "GOG")
TIMELINE_DAYS = 21
FLOW_DAYS = 3


@dataclass(frozen=True)
class Room:
    """What the operations room shows at a cut; the template's names."""

    key_figures: list[dict[str, Any]]
    shipped: list[dict[str, Any]]
    boards_svg: SafeString | str
    board_summary: dict[str, Any] | None
    board_note: str
    item_choices: list[dict[str, Any]]
    timeline_svg: SafeString | str
    timeline_note: str
    flows: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    loads: list[dict[str, Any]]
    next_meeting: datetime
    simulated_note: str
    refresh_seconds: int = 30


@dataclass(frozen=True)
class _Situation:
    """The readings that several panels share."""

    cut: Cut
    item: catalogue.MaterialRow
    keep: str
    cities: list[demand.GapRow]
    provinces: list[demand.GapRow]
    shipped: list[dict[str, Any]]
    shorts: dict[str, Both]
    days: list[tuple[date, int, int]]
    wuhan: int
    late: int
    on_road: int
    batch: allocation.BatchRow | None = field(default=None)


def room(cut: Cut, *, item: str, refresh_seconds: int = 30) -> Room:
    """The whole operations room at a cut, for one item on the boards."""
    found = _situation(cut, item)
    batches, _total = allocation.batches(cut, limit=6)
    progress = transport.batch_progress([b.number for b in batches], cut)
    rows = transport.loads(cut, limit=12)[0][:12]
    open_rows = [r for r in rows if r.state in ("on_road", "arrived", "short")]
    return Room(
        key_figures=_key_figures(found),
        shipped=_shipped(found),
        boards_svg=_boards(found),
        board_summary=_summary(found),
        board_note=f"{found.item.short} · {found.item.unit}",
        item_choices=_choices(found),
        timeline_svg=_timeline(found),
        timeline_note=f"{found.item.short} · {found.item.unit} · " + _("cumulative at 24:00 of each day"),
        flows=_flow_rows(found),
        hours=_hours(found)[:10],
        batches=_batch_rows(batches, progress, found.keep),
        loads=_load_rows(open_rows[:8], found),
        next_meeting=_next_meeting(clock.now()),
        simulated_note=_(
            "Vehicles, drivers, receipts per hospital and stocks by day are simulated with a fixed seed;"
            " published totals are met to the piece."
        ),
        refresh_seconds=refresh_seconds,
    )


def _situation(cut: Cut, code: str) -> _Situation:
    item = catalogue.material(code)
    hubei = Cut(cut.as_of, cut.known_at, PROVINCE)
    reading = figures.find("transport.shipped_and_arrived").read(hubei)
    only = Cut(cut.as_of, cut.known_at, PROVINCE, item.code)
    days = stock.flow_days(item=item.id, as_of=cut.as_of, like=organisations.like_prefix(PROVINCE))
    start = clock.start_of(clock.day_of(cut.as_of))
    to_wuhan = stock.routes(item=item.id, since=start, as_of=cut.as_of, like=organisations.like_prefix(CITY))
    counts = transport.state_counts(hubei)
    late = sum(1 for r in transport.loads(hubei, state="on_road", limit=200)[0] if r.is_late)
    issued, _total = allocation.batches(cut, limit=1)
    return _Situation(
        cut=cut,
        item=item,
        keep=urlencode({"as_of": clock.write_instant(cut.as_of)}),
        cities=demand.gap_by_place(only, level="city"),
        provinces=demand.gap_by_place(Cut(cut.as_of, cut.known_at, "", item.code), level="province"),
        shipped=reading.rows,
        shorts={m.code: m.short for m in catalogue.materials().values()},
        days=days,
        wuhan=sum(grains for _source, _target, grains in to_wuhan),
        late=late,
        on_road=counts["on_road"] + counts["arrived"],
        batch=issued[0] if issued else None,
    )


def _key_figures(s: _Situation) -> list[dict[str, Any]]:
    """Seven figures; number one is what left for Wuhan today."""
    number = s.item.from_grains
    row = next((r for r in s.shipped if r["item_code"] == s.item.code), None)
    rate = float(row["arrived"] / row["shipped"]) if row and row["shipped"] else None
    need, _have, _coming, gap = _sums(s.cities)
    empty = [r for r in _hours(s) if r["hours"] < 12]
    figure_href = reverse("figure", args=["transport.shipped_and_arrived"]) + f"?place={PROVINCE}&{s.keep}"
    gap_href = reverse("demand:gaps") + f"?place={PROVINCE}&item={s.item.code}&{s.keep}"
    shipped = row or {"shipped": None, "arrived": None, "in_transit": None, "unit": ""}
    road_href = reverse("transport:shipments") + f"?state=on_road&{s.keep}"
    spark = [float(number(day[1])) for day in s.days[-14:]]
    rate_words = _("arrival rate %(rate)s") % {"rate": format.percent(rate) if rate is not None else "–"}
    first = _("first: %(place)s") % {"place": empty[0]["place_name"]} if empty else _("none")
    of_need = _("of a need of %(need)s") % {"need": format.figure(number(need))}
    loads_words = _("%(count)s loads") % {"count": s.on_road}
    unit = shipped["unit"]
    return [
        _card(_("Left for Wuhan today"), number(s.wuhan), s.item.unit, str(s.item.short), "", figure_href, spark),
        _card(_("Shipped to Hubei"), shipped["shipped"], unit, _("cumulative"), "", figure_href),
        _card(_("Arrived in Hubei"), shipped["arrived"], unit, rate_words, "", figure_href),
        _card(_("On the road"), shipped["in_transit"], unit, loads_words, "", road_href),
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


def _sums(rows: list[demand.GapRow]) -> tuple[int, int, int, int]:
    """Need, on hand, in transit and gap over rows; the gap is the sum of gaps, surplus does not cancel it."""
    return (
        sum(r.need for r in rows),
        sum(r.on_hand for r in rows),
        sum(r.in_transit for r in rows),
        sum(r.gap for r in rows),
    )


def _shipped(s: _Situation) -> list[dict[str, Any]]:
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


def _boards(s: _Situation) -> SafeString | str:
    tiles = organisations.tiles()
    positions = {t.code: (t.board, t.column, t.row) for t in tiles}
    country = [_tile(t, s, _worst(s.provinces, t.code)) for t in tiles if t.board == "china"]
    inside = [_tile(t, s, _worst(s.cities, t.code), with_hours=True) for t in tiles if t.board == "hubei"]
    flows = _board_flows(s)
    if not flows and not s.cities:
        return ""
    caption = _("last %(days)s days into Hubei") % {"days": FLOW_DAYS}
    return boards(
        country, inside, flows, positions=positions, hub=PROVINCE, language=get_language() or "zh-hans",
        title=_("Gap by place and flows of %(item)s") % {"item": s.item.short}, caption=caption, unit=str(s.item.unit),
        level_title=_("Missing per day"),
    )  # fmt: skip


def _worst(rows: list[demand.GapRow], code: str) -> list[demand.GapRow]:
    return [r for r in rows if r.place_code == code]


def _tile(t: organisations.Tile, s: _Situation, rows: list[demand.GapRow], *, with_hours: bool = False) -> Tile:
    """One square: the share of its need that is missing, and the hours left."""
    name = t.short_zh if is_chinese() else t.name.en
    href = reverse("demand:gaps") + f"?place={t.code}&item={s.item.code}&{s.keep}"
    need, have, _coming, gap = _sums(rows)
    if not need:
        return Tile(t.code, name, state="none", href=href, selected=t.code == PROVINCE)
    hours = float(Fraction(have * 24, need))
    return Tile(
        code=t.code,
        name=name,
        value_label=format.percent(gap / need, places=0),
        second_label=format.hours(hours, get_language() or "zh-hans") if with_hours else "",
        level=gap / need,
        state="bad" if with_hours and hours < 12 else "",
        href=href,
        selected=t.code == PROVINCE,
    )


def _board_flows(s: _Situation) -> list[Flow]:
    """Departures of the last days: source province → city; goods from inside the province are inner."""
    rows = _routes(s)
    sums: dict[tuple[str, str], int] = {}
    for source, target, grains in rows:
        province = organisations.province_of(source)
        start = PROVINCE if source == PROVINCE else organisations.city_of(source) if province == PROVINCE else province
        key = (start, organisations.city_of(target))
        sums[key] = sums.get(key, 0) + grains
    names = organisations.regions({code for key in sums for code in key})
    return [
        Flow(
            source,
            target,
            float(s.item.from_grains(grains)),
            kind="inner" if organisations.province_of(source) == PROVINCE else "in",
            label=f"{names[source].name} → {names[target].name} {format.figure(s.item.from_grains(grains))}",
            href=reverse("transport:shipments") + f"?place={target}&item={s.item.code}&{s.keep}",
        )
        for (source, target), grains in sums.items()
    ]


def _routes(s: _Situation) -> list[tuple[str, str, int]]:
    since = s.cut.as_of - timedelta(days=FLOW_DAYS)
    like = organisations.like_prefix(PROVINCE)
    return stock.routes(item=s.item.id, since=since, as_of=s.cut.as_of, like=like)


def _summary(s: _Situation) -> dict[str, Any] | None:
    """Need, what comes and what is missing per day in Hubei's cities."""
    need, have, coming, gap = _sums(s.cities)
    if not need:
        return None
    number = s.item.from_grains
    return {
        "title": _("Hubei, 17 cities: gap in the tiles, per day"),
        "need": number(need),
        "coming": number(min(have, need)),
        "batch": number(min(coming, need - min(have, need))),
        "held_label": _("On hand + in transit"),
        "coming_label": _("on hand"),
        "batch_label": _("in transit"),
        "gap": number(gap),
        "unit": str(s.item.unit),
    }


def _choices(s: _Situation) -> list[dict[str, Any]]:
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


def _timeline(s: _Situation) -> SafeString | str:
    """Cumulative departures and receipts at each 24:00."""
    if not s.days:
        return ""
    last = clock.day_of(s.cut.as_of)
    first = max(min(s.days[0][0], last), last - timedelta(days=TIMELINE_DAYS))
    number = s.item.from_grains
    by_day = {day: (out, come) for day, out, come in s.days}
    shipped = sum(out for day, out, _come in s.days if day < first)
    arrived = sum(come for day, _out, come in s.days if day < first)
    labels, lines = [], ([], [])  # type: ignore[var-annotated]
    day = first
    while day <= last:
        out, come = by_day.get(day, (0, 0))
        shipped, arrived = shipped + out, arrived + come
        labels.append(f"{day.month}/{day.day}")
        lines[0].append(float(number(shipped)))
        lines[1].append(float(number(arrived)))
        day += timedelta(days=1)
    return line_chart(
        [Series(_("Shipped"), lines[0]), Series(_("Arrived"), lines[1], kind="ok", dashed=True)], labels,
        title=_("%(item)s shipped to Hubei and arrived, cumulative") % {"item": s.item.short}, unit=str(s.item.unit),
        language=get_language() or "zh-hans", between=_("In transit"),
    )  # fmt: skip


def _flow_rows(s: _Situation) -> list[dict[str, Any]]:
    rows = _routes(s)[:6]
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


def _hours(s: _Situation) -> list[dict[str, Any]]:
    """Cities by hours to empty, the first to run out on top."""
    found = []
    for code in dict.fromkeys(r.place_code for r in s.cities):
        rows = _worst(s.cities, code)
        need, have, coming, _gap = _sums(rows)
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


def _batch_rows(
    rows: list[allocation.BatchRow], progress: dict[int, dict[str, int]], keep: str
) -> list[dict[str, Any]]:
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


def _load_rows(rows: list[transport.LoadRow], s: _Situation) -> list[dict[str, Any]]:
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


def _next_meeting(now: datetime) -> datetime:
    day = clock.start_of(now.astimezone(clock.CST).date())
    return min(m for m in (day + timedelta(hours=h) for h in (8, 19, 32)) if m > now)
