"""A book as networks: who may serve whom by which lane on which day, one network for each family of substitutes.

Every source, item, standard and lot is one chain through the days on which its stock appears or may
leave. Every need is one sink: for each day where levels are counted per day, for all days together
where they are cumulative. Amounts of a family are counted in family units: a unit of the good with
factor 2 counts as two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from qipan.kernel.distance import great_circle
from qipan.workbook.ratios import Good, Ratios, permitting, swaps_by_names
from qipan.workbook.reading import Book, Lane, Need, Spot, Supply, Swap


@dataclass(frozen=True, eq=False)
class Chain:
    """One lot at one source: what appears on which day, and until when it may be used. Days are offsets."""

    source: str
    item: str
    standard: str
    lot: str
    measure: str
    good: Good
    expiry: date | None
    load: Fraction
    spot: Spot | None
    stock: dict[int, int]
    kept: int
    rows: tuple[int, ...]

    @property
    def free(self) -> int:
        return sum(self.stock.values())


@dataclass(frozen=True, eq=False)
class Sink:
    """One need, or the needs of all days together: whole units of the item needed."""

    unit: str
    place: str
    zone: str
    item: str
    measure: str
    tier: int
    weight: Fraction
    first: int | None
    deadline: int | None
    need: int
    covered: int
    minimum: int
    cap: int | None
    spot: Spot | None
    by_day: dict[int | None, int]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Way:
    """A chain may serve a sink: leaving and arriving on these days; at most ``most`` units of the need, -1 any."""

    leaves: int
    arrives: int
    most: int
    lane: Lane | None
    is_swap: bool
    cost: Fraction


ChainKey = tuple[str, str, str, str, date | None, Fraction]
"""Source, item, standard, lot, expiry, load."""
OBSTACLES = ("not_permitted", "no_lane", "too_late", "expires")
"""Why a chain of the family cannot serve a sink, from the furthest from it to the nearest."""


@dataclass(frozen=True, eq=False)
class Network:
    """What a book comes to: chains, sinks, families, and how they are counted."""

    book: Book
    origin: date | None
    chains: list[Chain]
    sinks: list[Sink]
    families: list[tuple[list[int], list[int]]]
    factor: dict[Good, int]
    family: dict[Good, int]
    lanes: dict[tuple[str, str], Lane]
    swaps: dict[tuple[str, str], list[Swap]]

    def day(self, offset: int | None) -> date | None:
        """The day of an offset."""
        return None if offset is None or self.origin is None else self.origin + timedelta(days=offset)

    @property
    def horizon(self) -> int:
        """The last day that the book names for goods, needs or the plan; 0 when it names none."""
        named = [*_days(self.book), *filter(None, [self.book.policy.last])]
        return max((_offset(day, self.origin) or 0 for day in named), default=0)

    def is_kin(self, good: Good, item: str) -> bool:
        """Whether a good is of the family of an item, permitted for it or not."""
        return self.family[good] == self.family[item, ""]

    def ways(self, chain: Chain, sink: Sink) -> list[Way] | str:
        """Every way of a chain to a sink, or what is in the way (one of ``OBSTACLES``)."""
        permitted = self._permissions(chain, sink)
        if not permitted:
            return "not_permitted"
        lane = self.lane(chain.source, sink)
        if lane is None and self.book.lanes:
            return "no_lane"
        lead = lane.days if lane else 0
        is_limited = lane is not None and _is_limited(lane)
        leaving = self._leaving(chain, sink, lead, permitted, is_limited=is_limited)
        if not leaving:
            return "too_late"
        fresh = [day for day in leaving if self._is_fresh(chain, sink, day + lead)]
        if not fresh:
            return "expires"
        found = [self._way(chain, sink, day, lane, permitted) for day in fresh]
        ways = [way for way in found if way is not None]
        if self.book.policy.level == "day" and not is_limited:
            ways = ways[-1:]  # the latest day has all that was ready before
        return ways or "not_permitted"

    def lane(self, source: str, sink: Sink) -> Lane | None:
        """The lane from a source to a unit: the most particular row that fits."""
        for start in (source, "*"):
            for end in (sink.unit, sink.place, "*"):
                if end and (start, end) in self.lanes:
                    return self.lanes[start, end]
        return None

    def _permissions(self, chain: Chain, sink: Sink) -> list[Swap | None]:
        """What lets a good serve the need in its zone; None stands for an item that serves itself."""
        found: list[Swap | None] = []
        if chain.good == (sink.item, ""):
            found.append(None)
        rows = permitting(self.swaps, (chain.item, chain.standard), sink.item)
        return found + [swap for swap in rows if not swap.zones or sink.zone in swap.zones]

    def _leaving(self, chain: Chain, sink: Sink, lead: int, by: list[Swap | None], *, is_limited: bool) -> list[int]:
        """Days on which goods may leave so that they are there in time, in order.

        Where a lane has a capacity: every day. Elsewhere: when goods are ready, and when a permission begins.
        """
        latest = None if sink.deadline is None else sink.deadline - lead
        ready = [day for day in chain.stock if latest is None or day <= latest]
        if not ready:
            return []
        if is_limited:
            return list(range(min(ready), (max([*ready, self.horizon]) if latest is None else latest) + 1))
        if self.book.policy.level == "day":  # what counts is that the permission holds on the day of use
            return ready
        starts = (_offset(swap.valid_from, self.origin) for swap in by if swap is not None)
        begins = [start - lead for start in starts if start is not None]
        within = [day for day in begins if min(ready) <= day and (latest is None or day <= latest)]
        return sorted({*ready, *within})

    def _is_fresh(self, chain: Chain, sink: Sink, arrives: int) -> bool:
        """Whether a lot is valid long enough when it arrives, and on the day of its use."""
        if chain.expiry is None or self.origin is None:
            return True
        last = (chain.expiry - self.origin).days
        used = arrives if sink.deadline is None or self.book.policy.level != "day" else sink.deadline
        return arrives + self.book.policy.shelf_days <= last and used <= last

    def _way(self, chain: Chain, sink: Sink, leaves: int, lane: Lane | None, by: list[Swap | None]) -> Way | None:
        policy = self.book.policy
        arrives = leaves + (lane.days if lane else 0)
        use = sink.deadline if policy.level == "day" and sink.deadline is not None else arrives
        valid = [swap for swap in by if swap is None or self._holds(swap, use)]
        if not valid:
            return None
        late = 0 if sink.first is None or policy.level == "day" else max(0, arrives - sink.first)
        is_swap = None not in valid
        cost = _distance(chain.spot, sink.spot) if lane is None or lane.cost is None else lane.cost
        cost += policy.late_cost * late + (policy.swap_cost if is_swap else 0)
        return Way(leaves, arrives, self._most(chain, sink), lane, is_swap, cost)

    def _most(self, chain: Chain, sink: Sink) -> int:
        """What a lot may serve at most: the needs of the days before it expires."""
        if chain.expiry is None or self.origin is None or self.book.policy.level == "day":
            return -1
        last = (chain.expiry - self.origin).days
        usable = sum(units for day, units in sink.by_day.items() if day is None or day <= last)
        return -1 if usable >= sink.need else usable

    def _holds(self, swap: Swap, offset: int) -> bool:
        day = self.day(offset)
        return day is None or ((swap.valid_from or day) <= day <= (swap.valid_to or day))


def network_of(book: Book, ratios: Ratios) -> Network:
    """Read a book as networks.

    Args:
        ratios: how the goods of each family are counted.
    """
    origin = book.policy.first or min(_days(book), default=book.policy.last)
    lines: list[Supply | Need] = [*book.needs, *book.supplies]
    measures = {line.item: line.measure for line in lines if line.measure}
    chains = _chains(book, ratios, origin, measures)
    sinks = _sinks(book, origin, measures)
    families: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at, chain in enumerate(chains):
        families[ratios.family[chain.good]][0].append(at)
    for at, sink in enumerate(sinks):
        families[ratios.family[sink.item, ""]][1].append(at)
    return Network(
        book=book,
        origin=origin,
        chains=chains,
        sinks=sinks,
        families=[families[number] for number in sorted(families)],
        factor=ratios.factor,
        family=ratios.family,
        lanes={(lane.start, lane.end): lane for lane in book.lanes},
        swaps=swaps_by_names(book.swaps),
    )


def _days(book: Book) -> Iterable[date]:
    """Every day that the book names for goods and needs."""
    yield from (s.ready for s in book.supplies if s.ready)
    yield from (n.day for n in book.needs if n.day)


def _chains(book: Book, ratios: Ratios, origin: date | None, measures: dict[str, str]) -> list[Chain]:
    """Rows of one source, item, standard, lot and expiry as one chain, less what the source keeps for itself."""
    grouped: dict[ChainKey, list[Supply]] = defaultdict(list)
    for supply in book.supplies:
        grouped[supply.source, supply.item, supply.standard, supply.lot, supply.expiry, supply.load].append(supply)
    found = []
    floors = _kept(book, grouped)
    for (source, item, standard, lot, expiry, load), rows in grouped.items():
        stock: dict[int, int] = defaultdict(int)
        for row in rows:
            stock[_offset(row.ready, origin) or 0] += row.quantity
        kept = rest = floors[source, item, standard, lot, expiry, load]
        for day in sorted(stock, reverse=True):
            held = min(stock[day], rest)
            stock[day], rest = stock[day] - held, rest - held
        found.append(
            Chain(
                source, item, standard, lot, measures.get(item, ""),
                ratios.good(item, standard), expiry, load, next((r.spot for r in rows if r.spot), None),
                dict(sorted(stock.items())), kept, tuple(r.row.row for r in rows),
            )
        )  # fmt: skip
    return found


def _kept(book: Book, grouped: Mapping[ChainKey, list[Supply]]) -> dict[ChainKey, int]:
    """Units of each lot that its source keeps: its share of all it has of the good, of what is valid longest first."""
    floors, found = book.policy.floors, {}
    goods: dict[tuple[str, str, str], list[ChainKey]] = defaultdict(list)
    for key in grouped:
        goods[key[:3]].append(key)
    for (source, _item, _standard), keys in goods.items():
        total = sum(row.quantity for key in keys for row in grouped[key])
        rest = int(-(-total * floors.get(source, floors.get("", Fraction(0))) // 100))
        for key in sorted(keys, key=lambda k: (k[4] is None, k[4] or date.min, k[3]), reverse=True):
            found[key] = min(rest, sum(row.quantity for row in grouped[key]))
            rest -= found[key]
    return found


def _sinks(book: Book, origin: date | None, measures: dict[str, str]) -> list[Sink]:
    """Rows of one unit, zone, item, tier and weight as one need: for each day, or for all days together."""
    is_daily = book.policy.level == "day"
    grouped: dict[tuple[object, ...], list[Need]] = defaultdict(list)
    for need in book.needs:
        key = (need.unit, need.place, need.zone, need.item, need.tier, need.weight)
        grouped[(*key, need.day) if is_daily else key].append(need)
    found = []
    for rows in grouped.values():
        first = rows[0]
        due = [_offset(row.day or book.policy.last, origin) for row in rows]
        by_day: dict[int | None, int] = defaultdict(int)
        for row, day in zip(rows, due, strict=True):
            by_day[day] += row.quantity
        total, covered = sum(r.quantity for r in rows), sum(r.covered for r in rows)
        rooms = [max(0, r.quantity - r.covered) for r in rows]
        caps = [room if r.cap is None else min(room, r.cap) for r, room in zip(rows, rooms, strict=True)]
        cap = None if all(r.cap is None for r in rows) else sum(caps)
        room = max(0, total - covered)
        found.append(
            Sink(
                first.unit, first.place, first.zone, first.item, measures.get(first.item, ""),
                first.tier, first.weight, min((d for d in due if d is not None), default=None),
                None if None in due else max(d for d in due if d is not None), total, covered,
                min(sum(r.minimum for r in rows), room if cap is None else min(room, cap)), cap,
                next((r.spot for r in rows if r.spot), None), dict(by_day), tuple(r.row.row for r in rows),
            )
        )  # fmt: skip
    return found


def _offset(day: date | None, origin: date | None) -> int | None:
    """Days from the first day; what is ready before it is ready on it."""
    return None if day is None or origin is None else max(0, (day - origin).days)


def _is_limited(lane: Lane) -> bool:
    return lane.capacity is not None or lane.lot > 0


def _distance(start: Spot | None, end: Spot | None) -> Fraction:
    """Great-circle distance in whole kilometres; 0 where a coordinate is not given."""
    return Fraction(0 if start is None or end is None else great_circle(start, end))
