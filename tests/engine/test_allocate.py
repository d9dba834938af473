"""The solver: never too much, tier by tier, worst-off first, whole units, then cheaply."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Effort, Problem, check, deliveries, solve
from tests.engine.oracles import (
    all_plans,
    exact_received,
    large_problem,
    level_of,
    levels_by_programs,
    merit,
    most_deliverable,
    problems,
    received,
    reordered,
    unit_by_unit,
    worst_first,
)

SEVERAL = settings(max_examples=80, deadline=None, derandomize=True, database=None)
FEW = settings(SEVERAL, max_examples=25)
GRAIN = 2e-6
"""A level is exact to a grain: 2**-30 units here, of a need of at least one unit with a weight of at least 0.001."""
TINY = problems(sources=3, needs=4, quantity=4, edges=6)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def one_source(supply: int, need: np.ndarray, **more: np.ndarray) -> Problem:
    """A single source that may serve every need."""
    count = len(need)
    ends = {"edge_source": np.zeros(count, int), "edge_need": np.arange(count)}
    return Problem(supply=whole(supply), need=need, **ends, **more)


@SEVERAL
@given(problems())
def test_never_gives_more_than_stock_lane_need_or_cap_allow(problem):
    shipped = solve(problem).shipped
    assert (shipped >= 0).all()
    drawn = np.zeros_like(problem.supply)
    np.add.at(drawn, problem.edge_source, shipped)
    assert (drawn <= problem.supply).all()
    assert (shipped[problem.edge_cap >= 0] <= problem.edge_cap[problem.edge_cap >= 0]).all()
    assert (np.array(received(problem, shipped)) <= problem.room).all()


@SEVERAL
@given(problems())
def test_leaves_nothing_over_that_someone_could_use(problem):
    plan = solve(problem)
    most = most_deliverable(problem, problem.room.tolist())
    assert plan.shipped.sum() == most
    assert sum(exact_received(problem, plan)) == most


@SEVERAL
@given(problems())
def test_is_always_certified(problem):
    certificate = check(problem, solve(problem))
    assert certificate.faults == ()
    assert certificate.feasible
    assert certificate.fair
    assert certificate.gap == 0


@SEVERAL
@given(TINY)
def test_agrees_with_trying_every_whole_plan(problem):
    got = tuple(received(problem, solve(problem).shipped))
    assert merit(problem, got) == min(merit(problem, vector) for vector in all_plans(problem))


@SEVERAL
@given(problems(sources=3, needs=4, quantity=4, edges=6, minimums=False), st.integers(1, 5))
def test_is_leximin_from_both_ends_where_all_needs_are_alike(problem, need):
    alike = {name: np.full_like(problem.need, value) for name, value in (("need", need), ("weight", 10**9))}
    problem = replace(problem, **alike, tier=problem.tier * 0)
    best = worst_first(problem, tuple(received(problem, solve(problem).shipped)))
    full = [vector for vector in all_plans(problem) if sum(vector) == solve(problem).shipped.sum()]
    assert best[0] == max(worst_first(problem, vector)[0] for vector in full)
    assert best[1] == min(worst_first(problem, vector)[1] for vector in full)


def test_gives_a_unit_to_the_needier_where_it_lifts_two_to_the_same_level():
    assert received(one_source(2, whole(4, 2)), solve(one_source(2, whole(4, 2))).shipped) == [1, 1]
    assert received(one_source(2, whole(2, 4)), solve(one_source(2, whole(2, 4))).shipped) == [1, 1]


@FEW
@given(problems(quantity=6))
def test_breaks_ties_as_giving_unit_by_unit_would(problem):
    assert received(problem, solve(problem).shipped) == unit_by_unit(problem)


@FEW
@given(problems(sources=3, needs=5, edges=10, quantity=30))
def test_reaches_the_levels_of_a_sequence_of_linear_programs(problem):
    levels = solve(problem).level
    assert levels == pytest.approx(levels_by_programs(problem), abs=1e-6)


@FEW
@given(problems(minimums=False), st.integers(0, 2))
def test_gives_a_tier_the_same_whether_or_not_later_tiers_exist(problem, last):
    kept = np.flatnonzero(problem.tier <= last)
    edges = np.flatnonzero(problem.tier[problem.edge_need] <= last)
    alone = Problem(
        supply=problem.supply,
        **{name: getattr(problem, name)[kept] for name in ("need", "covered", "weight", "tier", "cap")},
        **{name: getattr(problem, name)[edges] for name in ("edge_source", "edge_cap", "edge_cost")},
        edge_need=np.searchsorted(kept, problem.edge_need[edges]),
    )
    together = solve(problem)
    assert received(alone, solve(alone).shipped) == [received(problem, together.shipped)[j] for j in kept]
    assert solve(alone).level == pytest.approx(together.level[kept], abs=GRAIN)


@SEVERAL
@given(problems(), st.integers(0, 3), st.integers(1, 30))
def test_lowers_no_level_when_there_is_more_supply(problem, at, more):
    supply = problem.supply.copy()
    supply[at % len(supply)] += more
    before, after = solve(problem).level, solve(replace(problem, supply=supply)).level
    assert (after >= before - GRAIN).all()


@SEVERAL
@given(problems(), st.integers(0, 5), st.integers(1, 30))
def test_raises_no_other_level_when_one_need_is_raised(problem, at, more):
    need = problem.need.copy()
    at %= len(need)
    need[at] += more
    before, after = solve(problem).level, solve(replace(problem, need=need)).level
    assert (np.delete(after, at) <= np.delete(before, at) + GRAIN).all()


@SEVERAL
@given(problems(), st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order_of_needs_and_edges(problem, random):
    edge_order, need_order = list(range(len(problem.edge_need))), list(range(len(problem.need)))
    random.shuffle(edge_order)
    plan = solve(problem)
    by_edges = solve(reordered(problem, edge_order, need_order))
    assert by_edges.level.tolist() == plan.level.tolist()
    assert received(reordered(problem, edge_order, need_order), by_edges.shipped) == received(problem, plan.shipped)
    assert by_edges.part.tolist() == plan.part.tolist()
    random.shuffle(need_order)
    by_needs = solve(reordered(problem, edge_order, need_order))
    assert by_needs.level == pytest.approx(plan.level[need_order], abs=GRAIN)


@SEVERAL
@given(problems())
def test_says_who_gets_what_without_a_route_as_the_whole_plan_does(problem):
    assert deliveries(problem).tolist() == received(problem, solve(problem).shipped)


@SEVERAL
@given(problems())
def test_never_ships_less_than_the_floor_of_the_fractional_optimum(problem):
    plan = solve(problem)
    rows = zip(received(problem, plan.shipped), exact_received(problem, plan), strict=True)
    assert all(units >= exact // 1 for units, exact in rows)


@SEVERAL
@given(problems())
def test_states_one_level_for_needs_of_a_part_that_share_a_tier(problem):
    plan = solve(problem)
    levels, got = plan.level, exact_received(problem, plan)
    satisfied = max(plan.part.tolist())
    for j in range(len(got)):
        for k in range(j):
            same = plan.part[j] == plan.part[k] and problem.tier[j] == problem.tier[k]
            shares = all(got[i] > problem.minimum[i] and got[i] < problem.room[i] for i in (j, k))
            if same and shares and plan.part[j] not in (-1, satisfied):
                assert levels[j] == pytest.approx(levels[k], abs=GRAIN)


def test_lifts_the_worst_off_first():
    problem = one_source(30, whole(40, 40), covered=whole(0, 20))
    plan = solve(problem)
    assert received(problem, plan.shipped) == [25, 5]
    assert plan.level.tolist() == [25 / 40] * 2


def test_gives_nothing_to_one_who_stands_above_the_shared_level():
    problem = one_source(10, whole(40, 40), covered=whole(0, 20))
    assert received(problem, solve(problem).shipped) == [10, 0]


def test_counts_cover_above_the_need_as_a_level_above_one():
    problem = one_source(10, whole(40, 5), covered=whole(0, 20))
    plan = solve(problem)
    assert received(problem, plan.shipped) == [10, 0]
    assert plan.level.tolist() == [1 / 4, 4]


def test_gives_a_later_tier_nothing_that_an_earlier_one_could_use():
    problem = one_source(50, whole(40, 40), tier=whole(1, 0))
    assert received(problem, solve(problem).shipped) == [10, 40]


def test_gives_minimums_before_any_tier_is_levelled():
    problem = one_source(30, whole(40, 40), tier=whole(1, 0), minimum=whole(12, 0))
    assert received(problem, solve(problem).shipped) == [12, 18]


def test_levels_minimums_among_themselves_where_they_cannot_all_be_met():
    problem = one_source(9, whole(40, 20), tier=whole(1, 0), minimum=whole(30, 15))
    assert received(problem, solve(problem).shipped) == [6, 3]


def test_sends_less_to_a_need_of_less_weight():
    problem = one_source(30, whole(40, 40), weight=whole(2 * 10**9, 10**9))
    assert received(problem, solve(problem).shipped) == [20, 10]


def test_stops_at_the_cap():
    problem = one_source(60, whole(40, 40), cap=whole(7, -1))
    assert received(problem, solve(problem).shipped) == [7, 40]


def test_gives_everyone_the_same_where_all_are_alike():
    problem = one_source(1_000, np.full(100, 30))
    plan = solve(problem)
    assert plan.level == pytest.approx([1 / 3] * 100, abs=GRAIN)
    assert set(plan.part.tolist()) == {0}
    assert received(problem, plan.shipped) == [10] * 100


def test_gives_the_odd_units_to_the_lowest_indices_where_all_are_alike():
    problem = one_source(7, np.full(5, 3))
    assert received(problem, solve(problem).shipped) == [2, 2, 1, 1, 1]


def test_fills_every_lane_where_lanes_are_what_is_short():
    caps = np.arange(1, 13)
    problem = Problem(
        supply=np.full(3, 10**6),
        need=np.full(4, 1_000),
        edge_source=np.repeat(np.arange(3), 4),
        edge_need=np.tile(np.arange(4), 3),
        edge_cap=caps,
    )
    plan = solve(problem)
    assert plan.shipped.tolist() == caps.tolist()
    assert len(set(plan.part.tolist())) == 4
    assert set(plan.source_part.tolist()) == {-1}


def test_serves_unit_needs_beside_million_unit_ones_exactly():
    need = np.array([1] * 50 + [10**6] * 50)
    problem = one_source(25_000_013, need)
    plan = solve(problem)
    assert plan.level == pytest.approx([25_000_013 / 50_000_050] * 100, abs=GRAIN)
    got = received(problem, plan.shipped)
    assert sum(got) == 25_000_013
    assert check(problem, plan).gap == 0
    assert max(level_of(problem, j, got[j]) for j in range(100)) == Fraction(500_001, 10**6)


@pytest.mark.parametrize("supply", [0, 5])
def test_plans_nothing_where_there_are_no_edges(supply):
    none = np.empty(0, dtype=np.int64)
    problem = Problem(supply=whole(supply), need=whole(3, 4), edge_source=none, edge_need=none)
    plan = solve(problem)
    assert plan.shipped.tolist() == []
    assert plan.part.tolist() == [-1, -1]
    assert plan.reachable.tolist() == [False, False]
    assert check(problem, plan).fair


def test_plans_nothing_where_there_is_nobody():
    none = np.empty(0, dtype=np.int64)
    problem = Problem(supply=whole(5), need=none, edge_source=none, edge_need=none)
    plan = solve(problem)
    assert plan.level.tolist() == []
    assert check(problem, plan).fair


def test_reports_a_need_behind_empty_sources_or_closed_lanes_as_unreachable():
    problem = Problem(
        supply=whole(0, 9),
        need=whole(5, 5, 5),
        covered=whole(1, 0, 0),
        edge_source=whole(0, 1, 1),
        edge_need=whole(0, 1, 2),
        edge_cap=whole(-1, 0, -1),
    )
    plan = solve(problem)
    assert plan.reachable.tolist() == [False, False, True]
    assert plan.part.tolist() == [-1, -1, 0]
    assert plan.level.tolist() == [1 / 5, 0, 1]


def test_draws_stock_through_a_chain_of_needs_that_give_way():
    problem = Problem(
        supply=whole(10, 2),
        need=whole(4, 8, 10),
        edge_source=whole(0, 0, 1, 1),
        edge_need=whole(0, 1, 1, 2),
        edge_cost=whole(1, 9, 0, 9),
    )
    plan = solve(problem)
    assert plan.shipped.tolist() == [3, 7, 0, 2]
    assert check(problem, plan).fair


def test_states_the_fractional_flow_in_grains():
    plan = solve(one_source(10, whole(7, 7, 7)))
    assert plan.scale == 2**30
    assert plan.flow.sum() == 10 * plan.scale
    assert plan.flow == pytest.approx(np.full(3, 10 / 3 * plan.scale), abs=1)


def test_counts_in_coarser_grains_where_there_is_more():
    plan = solve(one_source(2**40, whole(2**40, 2**40)))
    assert plan.scale == 2**7
    assert plan.flow.tolist() == [2**39 * plan.scale] * 2


def test_refuses_a_limit_of_no_time():
    with pytest.raises(ValueError, match="must be above 0"):
        Effort.of_seconds(one_source(1, whole(1)), 0)


@SEVERAL
@given(problems(), st.integers(0, 2))
def test_says_so_and_leaves_nothing_over_when_the_search_for_levels_is_cut_short(problem, trials):
    plan, full = solve(problem, effort=Effort(trials=trials)), solve(problem)
    certificate = check(problem, plan)
    assert certificate.feasible
    assert plan.shipped.sum() == full.shipped.sum()
    assert plan.flow.sum() == full.flow.sum()
    assert "stock_stranded" not in {fault.kind for fault in certificate.faults}
    assert certificate.fair or not plan.finished


@pytest.mark.parametrize("lanes_capped", [0.0, 0.5, 1.0])
def test_solves_and_certifies_the_size_of_the_demo(lanes_capped):
    problem = large_problem(7, lanes_capped=lanes_capped)
    plan = solve(problem)
    certificate = check(problem, plan)
    assert certificate.faults == ()
    assert certificate.gap == 0
    assert plan.cheapest
    most = most_deliverable(problem, problem.room.tolist())
    assert plan.shipped.sum() == most
