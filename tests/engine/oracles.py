"""Slow and simple answers that the engine is compared with; nothing here is shared with the engine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from qipan.engine.allocation import Plan, Problem
from qipan.engine.allocation.problem import IntArray


def received(problem: Problem, amounts: IntArray) -> list[int]:
    """Units per need."""
    got = [0] * len(problem.need)
    for need, units in zip(problem.edge_need.tolist(), amounts.tolist(), strict=True):
        got[need] += units
    return got


def exact_received(problem: Problem, plan: Plan) -> list[Fraction]:
    """Units per need in the fractional optimum."""
    return [Fraction(grains, plan.scale) for grains in received(problem, plan.flow)]


def level_of(problem: Problem, need: int, units: int) -> Fraction:
    held = int(problem.covered[need]) + units
    return Fraction(10**9 * held, int(problem.weight[need]) * int(problem.need[need]))


def all_plans(problem: Problem) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Every deliverable whole vector of a tiny problem, with one flow that delivers it."""
    states = {(tuple(problem.supply.tolist()), tuple(problem.room.tolist())): ()}
    rows = zip(problem.edge_source.tolist(), problem.edge_need.tolist(), problem.edge_cap.tolist(), strict=True)
    for source, need, cap in rows:
        grown: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, ...]] = {}
        for (stock, room), flow in states.items():
            most = min(stock[source], room[need], cap if cap >= 0 else stock[source])
            for units in range(most + 1):
                less = (*stock[:source], stock[source] - units, *stock[source + 1 :])
                left = (*room[:need], room[need] - units, *room[need + 1 :])
                grown.setdefault((less, left), (*flow, units))
        states = grown
    whole = problem.room.tolist()
    return {
        tuple(most - rest for most, rest in zip(whole, left, strict=True)): flow for (_, left), flow in states.items()
    }


def merit(problem: Problem, vector: tuple[int, ...]) -> tuple[object, ...]:
    """Turn by turn: most units first, then the unit that lifts highest as low as can be, then the next.

    Of two units that lift to one level, the one that lifts from higher up counts as the higher.
    """
    minimum, tier = problem.minimum.tolist(), problem.tier.tolist()
    below = [min(units, least) for units, least in zip(vector, minimum, strict=True)]
    needs = range(len(vector))
    found: list[object] = [-sum(below), _lifts(problem, [(j, 0, below[j]) for j in needs])]
    for turn in sorted(set(tier)):
        members = [j for j in needs if tier[j] == turn]
        found.append(-sum(vector[j] for j in members))
        found.append(_lifts(problem, [(j, below[j], vector[j]) for j in members]))
    return tuple(found)


def _lifts(problem: Problem, steps: list[tuple[int, int, int]]) -> list[tuple[Fraction, Fraction]]:
    """(level after, level before) of every unit between two amounts of each need, highest first."""
    units = [(j, unit) for j, first, last in steps for unit in range(first, last)]
    return sorted(((level_of(problem, j, u + 1), level_of(problem, j, u)) for j, u in units), reverse=True)


def worst_first(problem: Problem, vector: tuple[int, ...]) -> tuple[list[Fraction], list[Fraction]]:
    """Levels from the lowest up, and from the highest down."""
    levels = sorted(level_of(problem, j, units) for j, units in enumerate(vector))
    return levels, levels[::-1]


def unit_by_unit(problem: Problem) -> list[int]:
    """The plan that gives one unit at a time to the first need, in order, that can still get one."""
    got = [0] * len(problem.need)
    closed: set[int] = set()
    room, minimum = problem.room.tolist(), problem.minimum.tolist()
    span = (problem.weight * problem.need).tolist()
    while True:
        waiting = [j for j in range(len(got)) if j not in closed and got[j] < room[j]]
        if not waiting:
            return got
        first = min(
            waiting,
            key=lambda j: (
                0 if got[j] < minimum[j] else 1 + int(problem.tier[j]),
                level_of(problem, j, got[j] + 1),
                span[j],
                j,
            ),
        )
        got[first] += 1
        if most_deliverable(problem, got) < sum(got):
            got[first] -= 1
            closed.add(first)


def most_deliverable(problem: Problem, room: list[int]) -> int:
    """Plain maximum flow with these rooms, by scipy."""
    sources, needs = len(problem.supply), len(problem.need)
    start, end = 0, sources + needs + 1
    cap = np.where(problem.edge_cap < 0, problem.supply[problem.edge_source], problem.edge_cap)
    tails = np.concatenate([np.zeros(sources, int), problem.edge_source + 1, np.arange(needs) + sources + 1])
    heads = np.concatenate([np.arange(sources) + 1, problem.edge_need + sources + 1, np.full(needs, end)])
    caps = np.concatenate([problem.supply, cap, room])
    graph = csr_matrix((caps.astype(np.int32), (tails, heads)), shape=(end + 1, end + 1))
    return int(maximum_flow(graph, start, end).flow_value)


def chain_so_far(problem: Problem) -> np.ndarray:
    """(nU, nU) 1 where the column's source is the row's or earlier in its chain: what is drawn so far must be there."""
    upto = np.eye(len(problem.supply))
    for source in range(1, len(problem.supply)):
        if problem.carries[source - 1]:
            upto[source] += upto[source - 1]
    return upto


def cheapest_cost(problem: Problem, got: list[int]) -> float:
    """Least cost of delivering exactly this, by HiGHS."""
    edges = np.arange(len(problem.edge_need))
    ones = np.ones(len(edges))
    from_source = csr_matrix((ones, (problem.edge_source, edges)), shape=(len(problem.supply), len(edges)))
    to_need = csr_matrix((ones, (problem.edge_need, edges)), shape=(len(problem.need), len(edges)))
    bounds = [(0, None if cap < 0 else cap) for cap in problem.edge_cap.tolist()]
    found = linprog(problem.edge_cost, A_ub=from_source, b_ub=problem.supply, A_eq=to_need, b_eq=got, bounds=bounds)
    return float(found.fun)


Rows = tuple[np.ndarray, np.ndarray]
"""Further rows over the edges: (rows, edges) loads and their (rows,) limits."""


def levels_by_programs(problem: Problem, shared: Rows | None = None) -> list[float]:
    """Turn-wise leximin levels by a sequence of linear programs: lift, fix who cannot rise, repeat."""
    shared = shared or (np.zeros((0, len(problem.edge_need))), np.zeros(0))
    needs = len(problem.need)
    span = problem.weight / 10**9 * problem.need
    floor, top = np.zeros(needs), problem.minimum.astype(float)
    reached = _lexi(problem, shared, span, floor, top, range(needs))
    for turn in sorted(set(problem.tier.tolist())):
        members = [j for j in range(needs) if problem.tier[j] == turn]
        floor = np.array(reached)
        top = np.array(reached)
        top[members] = problem.room[members]
        reached = _lexi(problem, shared, span, floor, top, members)
    return [(float(problem.covered[j]) + reached[j]) / float(span[j]) for j in range(needs)]


def _lexi(problem: Problem, shared: Rows, span: np.ndarray, floor: np.ndarray, top: np.ndarray, members) -> list[float]:
    """Deliveries between floor and top that are leximin over the members."""
    edges, needs = len(problem.edge_need), len(problem.need)
    low, high = floor.copy(), np.maximum(floor, top)
    loose = {j for j in members if high[j] > low[j]}
    while loose:
        rows = sorted(loose)
        level = _program(problem, shared, span, low, high, rows, goal=edges + needs)
        stuck = []
        for j in rows:
            reachable = _program(problem, shared, span, low, high, rows, goal=edges + j, level=level)
            least = max(low[j], level * span[j] - problem.covered[j])
            if reachable <= least + 1e-7 * max(1.0, least):
                stuck.append((j, min(least, high[j])))
        if not stuck:
            raise AssertionError("the sequence of programs stands still")
        for j, value in stuck:
            low[j] = high[j] = value
            loose.discard(j)
    return low.tolist()


def _program(problem, shared, span, low, high, rows, *, goal: int, level: float | None = None) -> float:
    """Maximize the common level (the last variable) or one delivery at a given level."""
    edges, needs = len(problem.edge_need), len(problem.need)
    columns = edges + needs + 1
    balance = np.zeros((needs, columns))
    balance[problem.edge_need, np.arange(edges)] = 1
    balance[np.arange(needs), edges + np.arange(needs)] = -1
    upto = chain_so_far(problem)
    from_source = np.zeros((len(problem.supply), columns))
    from_source[problem.edge_source, np.arange(edges)] = 1
    from_source = upto @ from_source
    loads, limits = shared
    bounded = np.hstack([loads, np.zeros((len(limits), needs + 1))])
    lift = np.zeros((len(rows), columns))
    lift[np.arange(len(rows)), edges + np.array(rows)] = -1
    lift[:, -1] = span[rows]
    cost = np.zeros(columns)
    cost[goal] = -1
    slack = 1e-10
    bounds = [(0, None if cap < 0 else cap) for cap in problem.edge_cap.tolist()]
    bounds += [(low[j] - slack, high[j] + slack) for j in range(needs)]
    bounds += [(0, None)] if level is None else [(level - slack, level - slack)]
    found = linprog(
        cost,
        A_ub=np.vstack([from_source, lift, bounded]),
        b_ub=np.concatenate([upto @ problem.supply, problem.covered[rows], limits]),
        A_eq=balance,
        b_eq=np.zeros(needs),
        bounds=bounds,
    )
    assert found.status == 0, found.message
    return float(-found.fun)


def reordered(problem: Problem, edge_order: list[int], need_order: list[int]) -> Problem:
    """The same problem with its needs and edges listed in another order."""
    place = np.empty(len(need_order), dtype=np.int64)
    place[need_order] = np.arange(len(need_order))
    by_need = ("need", "covered", "weight", "tier", "minimum", "cap")
    by_edge = ("edge_source", "edge_cap", "edge_cost")
    moved = {name: getattr(problem, name)[need_order] for name in by_need}
    moved |= {name: getattr(problem, name)[edge_order] for name in by_edge}
    return replace(problem, **moved, edge_need=place[problem.edge_need[edge_order]])


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    sources: int = 4,
    needs: int = 6,
    quantity: int = 40,
    edges: int = 14,
    minimums: bool = True,
) -> Problem:
    """Problems of every awkward kind: empty sources, closed lanes, parallel lanes, cover above need, caps."""
    source_count, need_count = draw(st.integers(1, sources)), draw(st.integers(1, needs))
    edge_count = draw(st.integers(0, edges))
    amount = st.integers(0, quantity)

    def column(element: st.SearchStrategy[int], count: int) -> IntArray:
        return np.array(draw(st.lists(element, min_size=count, max_size=count)), dtype=np.int64)

    need = column(st.integers(1, quantity), need_count)
    covered = column(st.just(0) | amount, need_count)
    cap = column(st.just(-1) | amount, need_count)
    lacking = np.maximum(need - covered, 0)
    room = np.where(cap < 0, lacking, np.minimum(cap, lacking))
    share = column(st.just(0) | st.integers(0, 100) if minimums else st.just(0), need_count)
    return Problem(
        supply=column(amount, source_count),
        need=need,
        covered=covered,
        weight=column(st.just(1000) | st.integers(1, 3000), need_count) * 10**6,
        tier=column(st.integers(0, 2), need_count),
        minimum=room * share // 100,
        cap=cap,
        edge_source=column(st.integers(0, source_count - 1), edge_count),
        edge_need=column(st.integers(0, need_count - 1), edge_count),
        edge_cap=column(st.just(-1) | amount, edge_count),
        edge_cost=column(st.integers(0, 9), edge_count),
    )


def large_problem(
    seed: int, *, sources: int = 40, needs: int = 400, edges: int = 8_000, lanes_capped: float = 0.5
) -> Problem:
    """The demo's size: quantities up to a million, three tiers, weights, cover, minimums, capped lanes."""
    draw = np.random.default_rng(seed)
    need = draw.integers(1, 10**6, needs)
    need[::7] = 1
    pairs = draw.choice(sources * needs, edges, replace=False)
    covered = np.where(draw.random(needs) < 0.3, draw.integers(0, 5 * 10**5, needs), 0)
    lane = draw.integers(0, 10**6 * needs // edges, edges)
    return Problem(
        supply=draw.integers(0, int(need.sum() // sources), sources),
        need=need,
        covered=covered,
        weight=draw.integers(500, 2000, needs) * 10**6,
        tier=draw.integers(0, 3, needs),
        minimum=np.where(draw.random(needs) < 0.1, np.maximum(0, need - covered) // 5, 0),
        edge_source=pairs // needs,
        edge_need=pairs % needs,
        edge_cap=np.where(draw.random(edges) < lanes_capped, lane, -1),
        edge_cost=draw.integers(0, 2_000, edges),
    )
