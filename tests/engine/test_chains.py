"""Stock that waits: a chain of sources is one store on one day after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Problem, check, solve, solve_many
from qipan.engine.allocation.cheapest import cost_of
from tests.engine.oracles import large_problem, problems, received

SEVERAL = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@st.composite
def chained(draw: st.DrawFn) -> Problem:
    """Problems whose sources form chains, without capped lanes (an open lane may carry anything)."""
    problem = draw(problems(sources=6))
    count = len(problem.supply)
    carries = np.array(draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)))
    carries[-1] = 0
    return replace(problem, carries=carries, edge_cap=np.where(problem.edge_cap == 0, 0, -1))


def unchained(problem: Problem) -> Problem:
    """The same without chains: a lane from a source is a lane from every source before it in its chain."""
    rows = []
    for at, source in enumerate(problem.edge_source.tolist()):
        earlier = source
        while True:
            rows.append((earlier, at))
            if earlier == 0 or not problem.carries[earlier - 1]:
                break
            earlier -= 1
    edges = np.array([at for _, at in rows], dtype=np.int64)
    ends = {name: getattr(problem, name)[edges] for name in ("edge_need", "edge_cap", "edge_cost")}
    sources = np.array([source for source, _ in rows], dtype=np.int64)
    return replace(problem, edge_source=sources, **ends, carries=problem.carries * 0)


@SEVERAL
@given(chained())
def test_plans_stock_that_waits_as_if_each_day_had_lanes_of_its_own(problem):
    plan, other = solve(problem), solve(unchained(problem))
    assert check(problem, plan).faults == ()
    assert received(problem, plan.shipped) == received(unchained(problem), other.shipped)
    assert plan.level.tolist() == other.level.tolist()
    assert plan.reachable.tolist() == other.reachable.tolist()
    assert cost_of(problem, plan.shipped) == cost_of(unchained(problem), other.shipped)


def test_keeps_early_stock_for_a_later_need_and_never_the_other_way_round():
    chain = {"edge_source": whole(0, 1), "edge_need": whole(0, 1), "carries": whole(1, 0)}
    early = solve(Problem(supply=whole(10, 0), need=whole(8, 8), **chain))
    assert (early.shipped.tolist(), early.shipped_carry.tolist()) == ([5, 5], [5, 0])
    late = solve(Problem(supply=whole(0, 10), need=whole(8, 8), **chain))
    assert (late.shipped.tolist(), late.reachable.tolist()) == ([0, 8], [False, True])


def test_carries_nothing_past_the_end_of_a_chain():
    ended = Problem(supply=whole(10, 0), need=whole(8, 8), edge_source=whole(0, 1), edge_need=whole(0, 1))
    assert solve(ended).shipped.tolist() == [8, 0]


def test_gives_the_same_plans_with_any_number_of_threads():
    several = [large_problem(seed, sources=20, needs=60, edges=400) for seed in range(6)]
    alone, together = solve_many(several), solve_many(several, threads=4)
    for one, other in zip(alone, together, strict=True):
        assert one.flow.tolist() == other.flow.tolist()
        assert one.shipped.tolist() == other.shipped.tolist()
