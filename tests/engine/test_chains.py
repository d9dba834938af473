"""Stock that waits: a chain of sources is one store on one day after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Problem, check, solve, solve_many
from qipan.engine.allocation.cheapest import cost_of
from tests.engine.oracles import large_problem, levels_by_programs, problems, received

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


@st.composite
def capped_chains(draw: st.DrawFn) -> Problem:
    """Chains of any length whose lanes are capped, closed or open, with minimums, cover and tiers."""
    problem = draw(problems(sources=10, needs=6, edges=16))
    count = len(problem.supply)
    carries = np.array(draw(st.lists(st.sampled_from([0, 1, 1, 1]), min_size=count, max_size=count)))
    carries[-1] = 0
    return replace(problem, carries=carries)


@SEVERAL
@given(capped_chains())
def test_reaches_the_levels_of_linear_programs_and_is_certified(problem):
    plan = solve(problem)
    assert plan.level == pytest.approx(levels_by_programs(problem), abs=1e-6)
    certificate = check(problem, plan)
    assert (certificate.feasible, certificate.fair, certificate.gap) == (True, True, 0)


@SEVERAL
@given(capped_chains())
def test_draws_nothing_before_it_is_there_nor_after_its_chain_has_ended(problem):
    drawn = np.zeros(len(problem.supply), dtype=np.int64)
    np.add.at(drawn, problem.edge_source, solve(problem).shipped)
    there = 0
    for source in range(len(drawn)):
        carried = there if source and problem.carries[source - 1] else 0
        there = carried + int(problem.supply[source]) - int(drawn[source])
        assert there >= 0


@SEVERAL
@given(capped_chains(), st.integers(0, 9), st.integers(1, 30))
def test_more_stock_on_any_day_lowers_no_level(problem, at, more):
    supply = problem.supply.copy()
    supply[at % len(supply)] += more
    before, after = solve(problem).level, solve(replace(problem, supply=supply)).level
    assert (after >= before - 1e-9).all()


@SEVERAL
@given(capped_chains(), st.integers(0, 9))
def test_a_lot_that_expires_sooner_makes_nobody_low_better_off_than_before(problem, at):
    """Whoever it served loses, another may win; but worst-off first, the levels are no better than before."""
    problem = replace(problem, tier=problem.tier * 0, minimum=problem.minimum * 0)
    carries = problem.carries.copy()
    carries[at % len(carries)] = 0
    before, after = np.sort(solve(problem).level), np.sort(solve(replace(problem, carries=carries)).level)
    differing = np.flatnonzero(np.abs(before - after) > 1e-9)
    assert not len(differing) or after[differing[0]] < before[differing[0]]


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
