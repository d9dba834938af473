"""A network as engine problems, one for each family of goods, with the rows that goods share; and their solution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from qipan.cluster import Solver
from qipan.engine.allocation import Joint, Problem, Shared, solve_jointly, solve_many
from qipan.engine.allocation.plan import delivered
from qipan.engine.allocation.problem import WEIGHT_ONE
from qipan.engine.errors import ProblemInconsistent
from qipan.kernel.errors import FileRefused, RowProblem
from qipan.workbook.network import Network, Way, network_of
from qipan.workbook.ratios import ratios_of
from qipan.workbook.reading import Book, Lane

WAYS_MAX = 2_000_000
COST_PARTS = 100


@dataclass(frozen=True, eq=False)
class Family:
    """One network as the engine sees it; edges with the chain, sink and way they stand for."""

    problem: Problem
    step: np.ndarray[Any, Any]
    chains: list[int]
    sinks: list[int]
    source_chains: list[int]
    edges: list[tuple[int, int, Way]]


@dataclass(frozen=True)
class FullRow:
    """What holds needs down: a lane on a day, full or too little for its least lot; or (``lane`` is None) a lot that
    serves only the days before it expires, on ``day``."""

    lane: Lane | None
    source: str
    unit: str
    day: date | None


@dataclass(frozen=True, eq=False)
class Solved:
    """A book solved: its families, the rows they share with what each stands for, and the engine's answer."""

    network: Network
    families: list[Family]
    keys: list[FullRow]
    shared: list[Shared]
    joint: Joint

    def received(self) -> list[Fraction]:
        """Units that each sink of the network receives."""
        found = [Fraction(0)] * len(self.network.sinks)
        for family, shipped in zip(self.families, self.joint.shipped, strict=True):
            for sink, units in zip(family.sinks, delivered(family.problem, shipped).tolist(), strict=True):
                found[sink] = Fraction(units, self.network.factor[self.network.sinks[sink].item, ""])
        return found


def solve_book(book: Book, *, solver: Solver = solve_many) -> Solved:
    """Turn a book into engine problems and have them solved.

    Raises:
        FileRefused: ratios contradict each other, or sums or ways are too many to be held exactly.
    """
    network = network_of(book, ratios_of(book))
    try:
        families = _families(network)
        keys, shared = _shared(network, families)
        joint = solve_jointly([f.problem for f in families], shared, steps=[f.step for f in families], solver=solver)
    except ProblemInconsistent as error:
        sentence = _("The quantities are too large to be held exactly: %(detail)s.")
        raise _refusal(book, "sums_too_large", sentence, detail=str(error)) from error
    return Solved(network, families, keys, shared, joint)


def _refusal(book: Book, code: str, sentence: Any, **values: Any) -> FileRefused:
    return FileRefused(book.name, [RowProblem(book.name, "", 1, "", code, sentence, values)])


def _families(network: Network) -> list[Family]:
    """Every family that has both needs and the possibility of stock, as an engine problem."""
    found = []
    count = 0
    for chains, sinks in network.families:
        if not sinks:
            continue
        edges = []
        for chain in chains:
            for sink in sinks:
                ways = network.ways(network.chains[chain], network.sinks[sink])
                if not isinstance(ways, str):
                    edges += [(chain, sink, way) for way in ways]
        count += len(edges)
        if count > WAYS_MAX:
            raise _refusal(network.book, "too_many_ways",
                           _("More than %(most)s ways from stock to needs; plan fewer days, units or goods at once."),
                           most=f"{WAYS_MAX:,}")  # fmt: skip
        found.append(_family(network, chains, sinks, edges))
    return found


def _family(network: Network, chains: list[int], sinks: list[int], edges: list[tuple[int, int, Way]]) -> Family:
    """One engine problem: a source for each day of a chain, an edge for each way."""
    days: dict[int, set[int]] = {chain: set(network.chains[chain].stock) for chain in chains}
    for chain, _sink, way in edges:
        days[chain].add(way.leaves)
    supply: list[int] = []
    carries: list[int] = []
    at_source: dict[tuple[int, int], int] = {}
    for chain in chains:
        row = network.chains[chain]
        for day in sorted(days[chain]):
            at_source[chain, day] = len(supply)
            supply.append(row.stock.get(day, 0) * network.factor[row.good])
            carries.append(1)
        if days[chain]:
            carries[-1] = 0
    source_chains = [chain for chain, _day in at_source]
    at_sink = {sink: at for at, sink in enumerate(sinks)}
    rows = [network.sinks[sink] for sink in sinks]
    factors = [network.factor[row.item, ""] for row in rows]
    step = [network.factor[network.chains[chain].good] for chain, _sink, _way in edges]
    problem = Problem(
        supply=_whole(supply),
        carries=_whole(carries),
        need=_whole([row.need * f for row, f in zip(rows, factors, strict=True)]),
        covered=_whole([row.covered * f for row, f in zip(rows, factors, strict=True)]),
        minimum=_whole([row.minimum * f for row, f in zip(rows, factors, strict=True)]),
        cap=_whole([-1 if row.cap is None else row.cap * f for row, f in zip(rows, factors, strict=True)]),
        weight=_whole([round(row.weight * WEIGHT_ONE) for row in rows]),
        tier=_whole([row.tier - 1 for row in rows]),
        edge_source=_whole([at_source[chain, way.leaves] for chain, _sink, way in edges]),
        edge_need=_whole([at_sink[sink] for _chain, sink, _way in edges]),
        edge_cap=_whole([_cap(network, *edge) for edge in edges]),
        edge_cost=_whole([int(way.cost * COST_PARTS / s) for (_c, _s, way), s in zip(edges, step, strict=True)]),
    )
    return Family(problem, _whole(step), chains, sinks, source_chains, edges)


def _whole(values: list[int]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def _cap(network: Network, chain: int, sink: int, way: Way) -> int:
    """Most family units on a way by itself."""
    factor = network.factor[network.sinks[sink].item, ""]
    most = [] if way.most < 0 else [way.most * factor]
    row = network.chains[chain]
    if way.lane is not None and way.lane.capacity is not None and row.load:
        most.append(int(way.lane.capacity / row.load) * network.factor[row.good])
    return min(most, default=-1)


def _shared(network: Network, families: list[Family]) -> tuple[list[FullRow], list[Shared]]:
    """One row for each source, unit, place and day on a lane with a capacity or a least lot, over all goods."""
    members: dict[tuple[str, str, str, int], list[tuple[int, int, Fraction]]] = defaultdict(list)
    lanes: dict[tuple[str, str, str, int], Lane] = {}
    for at, family in enumerate(families):
        for edge, (chain, sink, way) in enumerate(family.edges):
            row = network.chains[chain]
            if way.lane is None or (way.lane.capacity is None and not way.lane.lot) or not row.load:
                continue
            key = (row.source, network.sinks[sink].unit, network.sinks[sink].place, way.leaves)
            lanes[key] = way.lane
            members[key].append((at, edge, row.load / network.factor[row.good]))
    keys, found = [], []
    for key, edges in members.items():
        lane = lanes[key]
        parts = lcm(*(load.denominator for _f, _e, load in edges))
        found.append(
            Shared(
                problem=np.array([f for f, _e, _l in edges], dtype=np.int32),
                edge=np.array([e for _f, e, _l in edges], dtype=np.int32),
                load=_whole([int(load * parts) for _f, _e, load in edges]),
                limit=-1 if lane.capacity is None else lane.capacity * parts,
                lot=lane.lot * parts,
            )
        )
        keys.append(FullRow(lane, key[0], key[1], network.day(key[3])))
    for at, family in enumerate(families):
        for full, shared in _expiring(network, family, at):
            keys.append(full)
            found.append(shared)
    return keys, found


def _expiring(network: Network, family: Family, at: int) -> Iterator[tuple[FullRow, Shared]]:
    """One row for each lot and need of which it can serve the first days alone, over all days on which it leaves."""
    edges: dict[tuple[int, int], list[int]] = defaultdict(list)
    for edge, (chain, sink, way) in enumerate(family.edges):
        if way.most >= 0:
            edges[chain, sink].append(edge)
    for (chain, sink), places in edges.items():
        row, need = network.chains[chain], network.sinks[sink]
        most = family.edges[places[0]][2].most * network.factor[need.item, ""]
        yield (
            FullRow(None, row.source, need.unit, row.expiry),
            Shared(
                problem=np.full(len(places), at, dtype=np.int32),
                edge=np.array(places, dtype=np.int32),
                load=np.ones(len(places), dtype=np.int64),
                limit=most,
            ),
        )
