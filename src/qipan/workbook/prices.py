"""What each rule costs: the book planned again without it, and who would get more or less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _

from qipan.cluster import Solver
from qipan.engine.allocation import solve_many
from qipan.workbook.families import solve_book
from qipan.workbook.planning import Answer
from qipan.workbook.ratios import Good, permitting
from qipan.workbook.reading import Book, Lane, Swap

RULES_MAX = 24
WORK_MAX = 4_000_000
"""Most ways that are solved again in all: some ten seconds."""


@dataclass(frozen=True)
class Price:
    """What would change without one rule.

    Args:
        rule: the rule in words. more, less: how many needs would get more or less.
        missing: change of what is missing by item, only where it changes; below 0 is better.
    """

    rule: str
    more: int
    less: int
    missing: dict[str, Fraction]


def prices_of(answer: Answer, *, solver: Solver = solve_many) -> tuple[list[Price], int]:
    """The price of every rule that holds something back, and how many rules were left out as too much work."""
    rules = list(_rules(answer))
    size = max(answer.ways, 1)
    most = max(1, min(RULES_MAX, WORK_MAX // size))
    before = [each.units for each in answer.given]
    found = []
    for words, book in rules[:most]:
        after = solve_book(book, solver=solver).received()
        missing: dict[str, Fraction] = {}
        for each, units in zip(answer.given, after, strict=True):
            item = each.sink.item
            missing[item] = missing.get(item, Fraction(0)) + each.units - units
        pairs = list(zip(before, after, strict=True))
        more, less = sum(a > b for b, a in pairs), sum(a < b for b, a in pairs)
        found.append(Price(words, more, less, {item: change for item, change in missing.items() if change}))
    return found, max(0, len(rules) - most)


def _rules(answer: Answer) -> Iterator[tuple[str, Book]]:
    """Every rule that may hold something back, with the book without it."""
    book = answer.network.book
    yield from _permissions(answer)
    for source, share in book.policy.floors.items():
        if share:
            floors = {**book.policy.floors, source: Fraction(0)}
            words = _("%(source)s keeps %(share)s%% for itself")
            names = {"source": source or _("every source"), "share": f"{float(share):g}"}
            yield words % names, replace(book, policy=replace(book.policy, floors=floors))
    for lane in {id(row.lane): row.lane for row in answer.rows if row.lane is not None}.values():
        yield _lane_words(lane), replace(book, lanes=[_freed(each) if each is lane else each for each in book.lanes])
    if book.policy.shelf_days:
        words = _("goods must be valid for %(days)s days on arrival") % {"days": book.policy.shelf_days}
        yield words, replace(book, policy=replace(book.policy, shelf_days=0))


def _permissions(answer: Answer) -> Iterator[tuple[str, Book]]:
    """Free goods of a family that may not serve a short need in its zone."""
    network, book = answer.network, answer.network.book
    seen: set[tuple[Good, str, str]] = set()
    for each in answer.given:
        if "not_permitted" not in each.obstacles:
            continue
        for chain in network.chains:
            key = (chain.good, each.sink.item, each.sink.zone)
            if key in seen or not chain.free or not network.is_kin(chain.good, each.sink.item):
                continue
            if network.ways(chain, each.sink) != "not_permitted":
                continue
            seen.add(key)
            ratio = Fraction(network.factor[each.sink.item, ""], network.factor[chain.good])
            zones = frozenset({each.sink.zone}) if each.sink.zone else frozenset()
            swap = Swap(book.needs[0].row, chain.good[1] or chain.good[0], each.sink.item, zones, ratio, None, None)
            good = " ".join(filter(None, chain.good))
            names = {"good": good, "item": each.sink.item, "zone": each.sink.zone}
            in_zone, anywhere = _("%(good)s may not serve %(item)s in %(zone)s"), _("%(good)s may not serve %(item)s")
            words = in_zone if each.sink.zone else anywhere
            same = [replace(row, start=swap.start) for row in permitting(network.swaps, chain.good, each.sink.item)]
            yield words % names, replace(book, swaps=[*book.swaps, *same, swap])


def _freed(lane: Lane) -> Lane:
    return replace(lane, capacity=None, lot=0)


def _lane_words(lane: Lane) -> str:
    """A lane's limits."""
    ends = {"start": lane.start, "end": lane.end, "capacity": lane.capacity, "lot": lane.lot}
    if lane.capacity is None:
        return _("no less than %(lot)s a day from %(start)s to %(end)s") % ends
    return _("no more than %(capacity)s a day from %(start)s to %(end)s") % ends
