"""Made-up allocation problems, the same for the same seed on every machine.

A family is one kind of goods over a horizon of days. Places lie in provinces and cities; what serves them
follows that hierarchy (depots of the province, national depots, a few plants that the whole city shares),
so that places of a city look alike, as they do in life. Plants bring a little every day, depots have most
at once, some lots expire. About six tenths of what is needed is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qipan.engine.allocation import Problem
from qipan.engine.allocation.problem import WEIGHT_ONE, IndexArray, IntArray


@dataclass(frozen=True)
class Scale:
    """How large. ``families``: kinds of goods, each a problem of its own; ``plants``: of all families together."""

    families: int
    places: int
    days: int
    plants: int
    depots: int
    provinces: int


SCALES = {
    "tiny": Scale(families=2, places=4, days=2, plants=4, depots=2, provinces=1),
    "small": Scale(families=4, places=20, days=4, plants=12, depots=4, provinces=2),
    "province": Scale(families=32, places=120, days=14, plants=160, depots=6, provinces=1),
    "region": Scale(families=32, places=800, days=14, plants=240, depots=20, provinces=6),
    "nation": Scale(families=32, places=3_000, days=14, plants=400, depots=60, provinces=31),
    "internet": Scale(families=300, places=100_000, days=1, plants=12_000, depots=400, provinces=200),
}
LANES = 8
SHARE_THERE = 0.6


def instances(name: str, *, seed: int) -> Iterator[Problem]:
    """The families of a scale or of an adversarial set, one after the other.

    Args:
        name: one of ``SCALES`` or of ``AWKWARD``.
        seed: >= 0; the same seed makes the same problems.

    Raises:
        KeyError: there is no such scale or set.
    """
    if name in AWKWARD:
        yield AWKWARD[name](np.random.default_rng([seed, len(name)]))
        return
    scale = SCALES[name]
    for family in range(scale.families):
        yield family_of(scale, np.random.default_rng([seed, family]))


def family_of(scale: Scale, draw: np.random.Generator) -> Problem:
    """One family: its plants, all depots, all places, every day of the horizon."""
    plants = max(2, scale.plants // scale.families)
    nodes, days, places = plants + scale.depots, scale.days, scale.places
    province = np.sort(draw.integers(0, scale.provinces, places))
    city = province * 16 + draw.integers(0, 16, places)
    need = np.maximum(1, draw.lognormal(4.0, 1.2, places)[:, None] * draw.uniform(0.7, 1.3, (places, days)))
    need = need.astype(np.int64).ravel()
    supply = np.zeros((nodes, days))
    supply[:plants] = draw.lognormal(3.0, 0.7, plants)[:, None] * draw.uniform(0.6, 1.4, (plants, days))
    supply[plants:, 0] = draw.lognormal(4.5, 0.9, scale.depots)
    supply *= SHARE_THERE * need.sum() / supply.sum()
    carries = np.ones((nodes, days), dtype=np.int64)
    carries[:, -1] = 0
    carries[:, : days - 1] &= draw.random((nodes, days - 1)) > 0.02
    serving, lead = _lanes(scale, plants, province, city, draw)
    edge_source, edge_need, lane = _edges(serving, lead, days)
    cap_of_lane = np.where(draw.random(serving.size) < 0.1, draw.integers(0, 60, serving.size), -1)
    distance = draw.integers(20, 2_000, serving.size)
    return Problem(
        supply=supply.astype(np.int64).ravel(),
        carries=carries.ravel(),
        need=need,
        tier=np.repeat(draw.choice(5, places, p=[0.1, 0.15, 0.25, 0.3, 0.2]), days),
        weight=np.repeat(draw.choice([WEIGHT_ONE, WEIGHT_ONE * 3 // 2], places, p=[0.9, 0.1]), days),
        edge_source=_index(edge_source),
        edge_need=_index(edge_need),
        edge_cap=cap_of_lane[lane],
        edge_cost=distance[lane],
    )


def _lanes(
    scale: Scale, plants: int, province: IntArray, city: IntArray, draw: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """(places, k) nodes that serve each place, and days under way: alike for all places of a city."""
    nodes = plants + scale.depots
    home = plants + np.arange(scale.depots) % scale.provinces
    choices = min(LANES, nodes)
    cities, at = np.unique(city, return_inverse=True)
    rank = draw.random((len(cities), nodes))
    of_city = np.zeros(len(cities), dtype=np.int64)
    of_city[at] = province
    own = home[None, :] == plants + of_city[:, None]
    rank[:, plants:] -= np.where(own, 2.0, 0.0)
    serving = np.argsort(rank, axis=1)[:, :choices]
    lead = draw.integers(0, 3, (len(cities), choices)) if scale.days > 3 else np.zeros((len(cities), choices), np.int64)
    return serving[at].astype(np.int64), lead[at].astype(np.int64)


def _edges(serving: IntArray, lead: IntArray, days: int) -> tuple[IntArray, IntArray, IntArray]:
    """Edges from the node on the day of departure to the need on the day of arrival; and the lane of each."""
    places, choices = serving.shape
    place, choice, day = (a.ravel() for a in np.meshgrid(*map(np.arange, (places, choices, days)), indexing="ij"))
    leaves = day - lead[place, choice]
    real = leaves >= 0
    place, choice, day, leaves = place[real], choice[real], day[real], leaves[real]
    source = serving[place, choice] * days + leaves
    order = np.argsort(source, kind="stable")
    return source[order], (place * days + day)[order], (place * choices + choice)[order]


def _index(numbers: IntArray) -> IndexArray:
    return numbers.astype(np.int32)


def _long_chain(draw: np.random.Generator) -> Problem:
    """One store over 4,000 days with a need each day: everything may wait for everything."""
    days = 4_000
    carries = np.ones(days, dtype=np.int64)
    carries[-1] = 0
    need = draw.integers(1, 100, days)
    every = np.arange(days)
    return Problem(
        supply=draw.integers(0, 60, days),
        carries=carries,
        need=need,
        edge_source=_index(every),
        edge_need=_index(every),
    )


def _equal_levels(draw: np.random.Generator) -> Problem:
    """Everybody alike: every comparison is a tie."""
    sources, needs = 40, 2_000
    ends = np.stack([draw.permutation(sources)[:4] for _ in range(needs)])
    return Problem(
        supply=np.full(sources, 1_500),
        need=np.full(needs, 60),
        edge_source=_index(ends.ravel()),
        edge_need=_index(np.repeat(np.arange(needs), 4)),
    )


def _every_lane_capped(draw: np.random.Generator) -> Problem:
    """No lane is wide enough for what its need wants."""
    sources, needs, lanes = 60, 1_500, 9_000
    return Problem(
        supply=draw.integers(100, 4_000, sources),
        need=draw.integers(50, 500, needs),
        edge_source=_index(draw.integers(0, sources, lanes)),
        edge_need=_index(draw.integers(0, needs, lanes)),
        edge_cap=draw.integers(0, 40, lanes),
        edge_cost=draw.integers(0, 900, lanes),
    )


def _one_source(draw: np.random.Generator) -> Problem:
    """One source for all, every need of its own size and weight."""
    needs = 5_000
    return Problem(
        supply=np.array([200_000]),
        need=draw.integers(1, 1_000, needs),
        weight=draw.integers(WEIGHT_ONE // 2, WEIGHT_ONE * 2, needs),
        edge_source=_index(np.zeros(needs, np.int64)),
        edge_need=_index(np.arange(needs)),
    )


def _unit_needs(draw: np.random.Generator) -> Problem:
    """A matching: every need is one unit."""
    sources, needs = 800, 3_000
    ends = draw.integers(0, sources, (needs, 3))
    return Problem(
        supply=draw.integers(0, 5, sources),
        need=np.ones(needs, np.int64),
        tier=draw.integers(0, 3, needs),
        edge_source=_index(ends.ravel()),
        edge_need=_index(np.repeat(np.arange(needs), 3)),
        edge_cost=draw.integers(0, 900, needs * 3),
    )


def _millions_beside_ones(draw: np.random.Generator) -> Problem:
    """Needs of a million units beside needs of one, behind the same lanes."""
    sources, needs = 30, 1_200
    ends = draw.integers(0, sources, (needs, 4))
    return Problem(
        supply=draw.integers(0, 8_000_000, sources),
        need=np.where(draw.random(needs) < 0.5, 1, 1_000_000),
        edge_source=_index(ends.ravel()),
        edge_need=_index(np.repeat(np.arange(needs), 4)),
    )


def _staircase(draw: np.random.Generator) -> Problem:
    """Each source serves its need and the next: as many levels as needs, found one after the other."""
    steps = 3_000
    every = np.arange(steps)
    return Problem(
        supply=np.sort(draw.integers(1, 10**6, steps)),
        need=np.full(steps, 10**6),
        edge_source=_index(np.concatenate([every, every[:-1]])),
        edge_need=_index(np.concatenate([every, every[1:]])),
    )


AWKWARD: dict[str, Callable[[np.random.Generator], Problem]] = {
    "long-chain": _long_chain,
    "equal-levels": _equal_levels,
    "every-lane-capped": _every_lane_capped,
    "one-source": _one_source,
    "unit-needs": _unit_needs,
    "millions-beside-ones": _millions_beside_ones,
    "staircase": _staircase,
}
