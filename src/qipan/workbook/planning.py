"""A book planned: whole units as lines from sources to needs, and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from qipan.cluster import Solver
from qipan.engine.allocation import Plan, Reason, Shared, check, check_jointly, explain, solve_many
from qipan.engine.allocation.plan import delivered
from qipan.workbook.families import Family, FullRow, Solved, solve_book
from qipan.workbook.network import OBSTACLES, Chain, Network, Sink
from qipan.workbook.reading import Book


@dataclass(frozen=True)
class Line:
    """So many units of a lot leave for a need on a day."""

    chain: Chain
    sink: int
    units: int
    leaves: date | None
    arrives: date | None


@dataclass(frozen=True)
class Given:
    """What one need gets, and why.

    Args:
        units: whole units sent, counted in units of the need (a substitute at its ratio). level: after the plan,
            weight set aside; 1 is all it needs.
        cause: one of the engine's causes, or ``row_full`` (goods share a lane that is full) or
            ``expires_first`` (a lot serves only the days before it expires).
        obstacles: free units of its family that cannot serve it, by what is in the way.
        rows: places in ``Answer.rows`` of the full lanes that hold it down.
    """

    sink: Sink
    units: Fraction
    level: float
    cause: str
    reason: Reason | None
    factor: int
    obstacles: dict[str, int]
    sources: tuple[str, ...]
    next_to: int | None
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Proof:
    """What was checked: ``gap`` of the certified families, which were joined by shared lanes, whether all is done."""

    gap: float
    families: int
    joined: int
    stepped: int
    certified: int
    is_feasible: bool
    is_fair: bool
    is_finished: bool


@dataclass(frozen=True)
class Answer:
    """The plan of a book."""

    network: Network
    lines: list[Line]
    given: list[Given]
    left: list[tuple[Chain, int]]
    rows: list[FullRow]
    proof: Proof
    ways: int


def plan_book(book: Book, *, solver: Solver = solve_many) -> Answer:
    """Share the stock of a book among its needs.

    Raises:
        FileRefused: ratios contradict each other, or sums or ways are too many to be held exactly.
    """
    solved = solve_book(book, solver=solver)
    network, families, joint = solved.network, solved.families, solved.joint
    bound = _bound(solved)
    full = {row: at for at, row in enumerate(bound)}
    lines: list[Line] = []
    given: dict[int, Given] = {}
    certificates = [check(f.problem, plan) for f, plan in zip(families, joint.plans, strict=True)]
    for at, family in enumerate(families):
        lines += _lines(network, family, joint.shipped[at])
        holding = _holding(solved.shared, full, at)
        for place, sink in enumerate(family.sinks):
            given[sink] = _given(network, family, joint.plans[at], joint.shipped[at], place, holding)
            if given[sink].cause == "row_full" and all(
                solved.keys[bound[row]].lane is None for row in given[sink].rows
            ):
                given[sink] = replace(given[sink], cause="expires_first")
    is_finished = joint.finished and all(plan.finished for plan in joint.plans)
    faults = check_jointly([f.problem for f in families], solved.shared, joint.shipped, [f.step for f in families])
    return Answer(
        network=network,
        lines=lines,
        given=[given[sink] for sink in range(len(network.sinks))],
        left=_left(network, lines),
        rows=[solved.keys[row] for row in bound],
        proof=Proof(
            gap=max((c.gap for c in certificates), default=0),
            families=len(families),
            joined=sum(group >= 0 for group in joint.joined),
            stepped=sum(bool((f.step > 1).any()) for f in families),
            certified=sum(g < 0 and bool((f.step == 1).all()) for g, f in zip(joint.joined, families, strict=True)),
            is_feasible=not faults and all(c.feasible for c in certificates),
            is_fair=is_finished and all(c.fair for c in certificates),
            is_finished=is_finished,
        ),
        ways=sum(len(family.edges) for family in families),
    )


def _lines(network: Network, family: Family, shipped: np.ndarray[Any, Any]) -> list[Line]:
    found = []
    for (chain, sink, way), units, step in zip(family.edges, shipped.tolist(), family.step.tolist(), strict=True):
        if units:
            leaves, arrives = network.day(way.leaves), network.day(way.arrives)
            found.append(Line(network.chains[chain], sink, units // step, leaves, arrives))
    return found


def _bound(solved: Solved) -> list[int]:
    """Shared rows that hold needs down: those the programs name, and those that are full before a short need."""
    found = set(solved.joint.bound)
    pairs = zip(solved.families, solved.joint.shipped, strict=True)
    short = [delivered(family.problem, units) < family.problem.room for family, units in pairs]
    for at, row in enumerate(solved.shared):
        triples = list(zip(row.problem.tolist(), row.edge.tolist(), row.load.tolist(), strict=True))
        load = sum(int(solved.joint.shipped[family][edge]) * each for family, edge, each in triples)
        is_full = row.limit >= 0 and row.limit - load < min(each for _family, _edge, each in triples)
        if is_full and any(short[f][solved.families[f].problem.edge_need[edge]] for f, edge, _load in triples):
            found.add(at)
    return sorted(found)


def _holding(shared: list[Shared], full: dict[int, int], at: int) -> dict[int, list[int]]:
    """Edges of a family on the rows that bind, each with the places of those rows in the answer."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, place in full.items():
        for problem, edge in zip(shared[row].problem.tolist(), shared[row].edge.tolist(), strict=True):
            if problem == at:
                found[edge].append(place)
    return found


def _given(
    network: Network, family: Family, plan: Plan, shipped: np.ndarray[Any, Any], place: int,
    holding: dict[int, list[int]],
) -> Given:  # fmt: skip
    """One need's amount and its reason."""
    sink = network.sinks[family.sinks[place]]
    factor = network.factor[sink.item, ""]
    received = int(delivered(family.problem, shipped)[place])
    reason = explain(family.problem, plan, place)
    rows = sorted({row for edge, places in holding.items() if family.edges[edge][1] == family.sinks[place]
                   for row in places})  # fmt: skip
    cause = reason.cause
    room = int(family.problem.room[place])
    if received < room and rows and cause != "unreachable":
        cause = "row_full"
    elif received >= room and cause not in ("nothing_short", "capped"):
        cause = "met"
    elif received < room and cause in ("met", "capped"):
        cause = "shared_level"
    sources = sorted({family.source_chains[at] for at in reason.sources_emptied})
    return Given(
        sink=sink,
        units=Fraction(received, factor),
        level=float(sink.covered + Fraction(received, factor)) / sink.need,
        cause=cause,
        reason=reason,
        factor=factor,
        obstacles=_obstacles(network, family, sink) if received < room else {},
        sources=tuple(dict.fromkeys(network.chains[chain].source for chain in sources)),
        next_to=None if reason.next_unit_to is None else family.sinks[reason.next_unit_to],
        rows=tuple(rows),
    )


def _obstacles(network: Network, family: Family, sink: Sink) -> dict[str, int]:
    """Free units of the family that cannot serve a need, by what is in the way."""
    found: dict[str, int] = {}
    for at in family.chains:
        chain = network.chains[at]
        ways = network.ways(chain, sink)
        if isinstance(ways, str) and chain.free:
            found[ways] = found.get(ways, 0) + chain.free
    return {word: found[word] for word in reversed(OBSTACLES) if word in found}


def _left(network: Network, lines: list[Line]) -> list[tuple[Chain, int]]:
    """Stock that nobody gets, by lot."""
    sent: dict[int, int] = defaultdict(int)
    for line in lines:
        sent[id(line.chain)] += line.units
    rest = [(chain, chain.free - sent[id(chain)]) for chain in network.chains]
    return [(chain, units) for chain, units in rest if units]
