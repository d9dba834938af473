"""Make the plan: exact levels, whole units, least cost."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from qipan.engine.allocation.cheapest import ship_cheapest
from qipan.engine.allocation.levels import Levelling, Pool
from qipan.engine.allocation.plan import Plan
from qipan.engine.allocation.problem import Problem
from qipan.engine.allocation.rounding import ship_whole_units

UNREACHABLE = -1
EXCHANGES_PER_SECOND = 2_000
"""What ``seconds_max`` buys of the least-cost search: a fixed rate, so that every machine stops alike."""


def solve(problem: Problem, *, seconds_max: float | None = None) -> Plan:
    """Share the stock among the needs: tier by tier, worst-off first, in whole units, then cheaply.

    Args:
        problem: see ``Problem`` for shapes, units and bounds.
        seconds_max: > 0, limits only the search for least cost, at a fixed rate of 2,000 exchanges a
            second (the engine has no clock, and the same call must give the same plan everywhere).
            Levels and units are never cut short; ``Plan.cheapest`` says whether the limit was met.

    Raises:
        ValueError: ``seconds_max`` is not above 0.

    Invariants:
        Never more than supply, lane, cap or lacking need. What a need gets does not depend on needs of
        later tiers (without minimums), on the order of the edges or on costs. Total = maximum flow.
        ``check(problem, solve(problem))`` finds no fault. Checked in tests/engine/test_allocate.py.

    Source:
        Megiddo 1974; Fujishige 1980; Frank & Murota, arXiv 1907.02673.
    """
    if seconds_max is not None and not seconds_max > 0:
        raise ValueError(f"seconds_max is {seconds_max}; it must be above 0")
    levelling = Levelling(problem)
    levelling.run()
    whole = ship_whole_units(problem, levelling)
    exchanges_max = None if seconds_max is None else int(seconds_max * EXCHANGES_PER_SECOND)
    shipped, is_cheapest = ship_cheapest(problem, np.array(whole, dtype=np.int64), exchanges_max=exchanges_max)
    settled = [levelling.whole_and_rest(edge) for edge in range(len(levelling.tails))]
    levels = [_level(levelling, need) for need in range(len(problem.need))]
    part, source_part = _parts(levelling)
    return Plan(
        problem_edge_need=problem.edge_need,
        flow_whole=np.array([whole for whole, _ in settled], dtype=np.int64),
        flow_num=np.array([rest for _, rest in settled], dtype=np.int64),
        flow_den=np.array(levelling.flow_den, dtype=np.int64),
        level_num=np.array([level.numerator for level in levels], dtype=np.int64),
        level_den=np.array([level.denominator for level in levels], dtype=np.int64),
        shipped=shipped,
        part=np.array(part, dtype=np.int32),
        source_part=np.array(source_part, dtype=np.int32),
        reachable=problem.reachable,
        cheapest=is_cheapest,
    )


def _level(levelling: Levelling, need: int) -> Fraction:
    """1000 * (covered + received) / (weight_milli * need), exactly."""
    den = levelling.flow_den[need]
    held = levelling.claims.covered[need] * den + levelling.received[need]
    return Fraction(1000 * held, levelling.claims.span[need] * den)


def _parts(levelling: Levelling) -> tuple[list[int], list[int]]:
    """Number the bottlenecks by their lowest short need; the needs short of nothing come last.

    Returns:
        part of each need (-1 unreachable), part of each source (-1 where it holds nobody down).
    """
    claims = levelling.claims
    is_short = [
        reachable and received < room * den
        for reachable, received, room, den in zip(
            levelling.reachable, levelling.received, claims.room, levelling.flow_den, strict=True
        )
    ]
    found = []
    for pool in levelling.tight:
        for sources, needs in _connected(levelling, pool):
            short = [need for need in needs if is_short[need]]
            if short:
                found.append((min(short), sources, short))
    part = [len(found) if reachable else UNREACHABLE for reachable in levelling.reachable]
    source_part = [UNREACHABLE] * len(levelling.stock)
    for number, (_, sources, short) in enumerate(sorted(found)):
        for need in short:
            part[need] = number
        for source in sources:
            source_part[source] = number
    return part, source_part


def _connected(levelling: Levelling, pool: Pool) -> list[tuple[list[int], list[int]]]:
    """(sources, needs) of each piece of the pool that hangs together by open lanes."""
    beside: dict[tuple[str, int], list[tuple[str, int]]] = {("source", s): [] for s in pool.sources}
    beside |= {("need", n): [] for n in pool.needs}
    for edge in pool.edges:
        if levelling.cap[edge] > 0:
            source, need = ("source", levelling.tails[edge]), ("need", levelling.heads[edge])
            beside[source].append(need)
            beside[need].append(source)
    pieces = []
    seen: set[tuple[str, int]] = set()
    for start in beside:
        if start in seen:
            continue
        seen.add(start)
        piece = [start]
        for node in piece:
            fresh = [other for other in dict.fromkeys(beside[node]) if other not in seen]
            seen.update(fresh)
            piece.extend(fresh)
        pieces.append(([at for kind, at in piece if kind == "source"], [at for kind, at in piece if kind == "need"]))
    return pieces
