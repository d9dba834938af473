"""The readings that several panels of the operations room share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.http import urlencode

from qipan.allocation import queries as allocation
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.kernel import clock, figures
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock
from qipan.transport import queries as transport

PROVINCE = "420000"


CITY = "420100"


ITEMS = ("SUIT-GB", "MASK-MED-N95", "GOG")


TIMELINE_DAYS = 21


FLOW_DAYS = 3


@dataclass(frozen=True)
class Situation:
    """The readings that several panels share. ``late`` and ``on_road`` count loads of all goods."""

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
    on_road_with_item: int
    batch: allocation.BatchRow | None = field(default=None)


def situation_of(cut: Cut, code: str) -> Situation:
    item = catalogue.material(code)
    hubei = Cut(cut.as_of, cut.known_at, PROVINCE)
    reading = figures.find("transport.shipped_and_arrived").read(hubei)
    only = Cut(cut.as_of, cut.known_at, PROVINCE, item.code)
    days = stock.flow_days(item=item.id, as_of=cut.as_of, like=organisations.like_prefix(PROVINCE))
    start = clock.start_of(clock.day_of(cut.as_of))
    to_wuhan = stock.routes(item=item.id, since=start, as_of=cut.as_of, like=organisations.like_prefix(CITY))
    counts = transport.state_counts(hubei)
    with_item = transport.state_counts(only)
    issued, _total = allocation.batches(cut, limit=1)
    return Situation(
        cut=cut,
        item=item,
        keep=urlencode({"as_of": clock.write_instant(cut.as_of)}),
        cities=demand.gap_by_place(only, level="city"),
        provinces=demand.gap_by_place(Cut(cut.as_of, cut.known_at, "", item.code), level="province"),
        shipped=reading.rows,
        shorts={m.code: m.short for m in catalogue.materials().values()},
        days=days,
        wuhan=sum(grains for _source, _target, grains in to_wuhan),
        late=counts["late"],
        on_road=counts["on_road"] + counts["arrived"],
        on_road_with_item=with_item["on_road"] + with_item["arrived"],
        batch=issued[0] if issued else None,
    )


def sums_of(rows: list[demand.GapRow]) -> tuple[int, int, int, int]:
    """Need, on hand, in transit and gap over rows; the gap is the sum of gaps, surplus does not cancel it."""
    return (
        sum(r.need for r in rows),
        sum(r.on_hand for r in rows),
        sum(r.in_transit for r in rows),
        sum(r.gap for r in rows),
    )


def cover_of(rows: list[demand.GapRow]) -> tuple[int, int]:
    """On hand and in transit as far as they cover a need: one row's surplus is not another's; with the gaps they
    make up the need."""
    held = [min(r.on_hand, r.need) for r in rows]
    coming = [min(r.in_transit, r.need - had) for r, had in zip(rows, held, strict=True)]
    return sum(held), sum(coming)


def rows_of(rows: list[demand.GapRow], code: str) -> list[demand.GapRow]:
    return [r for r in rows if r.place_code == code]


def routes_of(s: Situation) -> list[tuple[str, str, int]]:
    since = s.cut.as_of - timedelta(days=FLOW_DAYS)
    like = organisations.like_prefix(PROVINCE)
    return stock.routes(item=s.item.id, since=since, as_of=s.cut.as_of, like=like)
