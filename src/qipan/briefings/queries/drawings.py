"""The boards and the timeline of the operations room."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qipan.briefings.queries.situation import FLOW_DAYS, PROVINCE, TIMELINE_DAYS, Situation, routes_of, rows_of, sums_of
from qipan.demand import queries as demand
from qipan.kernel import clock
from qipan.kernel.text import is_chinese
from qipan.organisations import queries as organisations
from qipan.ui import format
from qipan.ui.board import Flow, Tile, boards
from qipan.ui.charts import Series, line_chart


def boards_of(s: Situation) -> SafeString | str:
    tiles = organisations.tiles()
    positions = {t.code: (t.board, t.column, t.row) for t in tiles}
    country = [_tile(t, s, rows_of(s.provinces, t.code)) for t in tiles if t.board == "china"]
    inside = [_tile(t, s, rows_of(s.cities, t.code), with_hours=True) for t in tiles if t.board == "hubei"]
    flows = _board_flows(s)
    if not flows and not s.cities:
        return ""
    caption = _("last %(days)s days into Hubei") % {"days": FLOW_DAYS}
    return boards(
        country, inside, flows, positions=positions, hub=PROVINCE, language=get_language() or "zh-hans",
        title=_("Gap by place and flows of %(item)s") % {"item": s.item.short}, caption=caption, unit=str(s.item.unit),
        level_title=_("Missing per day"),
    )  # fmt: skip


def _tile(t: organisations.Tile, s: Situation, rows: list[demand.GapRow], *, with_hours: bool = False) -> Tile:
    """One square: the share of its need that is missing, and the hours left."""
    name = t.short_zh if is_chinese() else t.name.en
    href = reverse("demand:gaps") + f"?place={t.code}&item={s.item.code}&{s.keep}"
    need, have, _coming, gap = sums_of(rows)
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


def _board_flows(s: Situation) -> list[Flow]:
    """Departures of the last days: source province → city; goods from inside the province are inner."""
    rows = routes_of(s)
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


def timeline_of(s: Situation) -> SafeString | str:
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
