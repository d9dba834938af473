"""The explanation: one cause for each number, and what one more unit would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Problem, Reason, explain, solve
from qipan.engine.allocation.explain import CAUSES
from tests.engine.oracles import problems, received

SEVERAL = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def reason_of(problem: Problem, need: int) -> Reason:
    return explain(problem, solve(problem), need)


def pool(supply: int, *needs: int, **more: np.ndarray) -> Problem:
    """One source that may serve every need."""
    return Problem(
        supply=whole(supply),
        need=whole(*needs),
        edge_source=np.zeros(len(needs), dtype=np.int64),
        edge_need=np.arange(len(needs)),
        **more,
    )


def test_says_that_sharers_stand_at_one_level_because_sources_are_empty():
    reason = reason_of(pool(30, 40, 10, 10), 0)
    assert reason.cause == "shared_level"
    assert (reason.delivered, reason.need, reason.covered, reason.tier) == (20, 40, 0, 0)
    assert reason.level == reason.level_shipped == 0.5
    assert reason.sharers == (0, 1, 2)
    assert (reason.part_supply, reason.part_need) == (30, 60)
    assert reason.sources_emptied == (0,)
    assert reason.lanes_full == ()


def test_says_met_where_all_that_was_lacking_is_sent():
    reason = reason_of(pool(30, 10, covered=whole(4)), 0)
    assert (reason.cause, reason.delivered, reason.sharers) == ("met", 6, ())
    assert (reason.next_unit_to, reason.units_until_this) == (None, None)


def test_says_nothing_short_where_cover_already_suffices():
    assert reason_of(pool(30, 10, 10, covered=whole(11, 0)), 0).cause == "nothing_short"


def test_says_capped_where_only_the_cap_holds_it_down():
    assert reason_of(pool(30, 10, 10, cap=whole(4, -1)), 0).cause == "capped"


def test_says_unreachable_and_names_the_sources_without_stock():
    problem = Problem(
        supply=whole(0, 9),
        need=whole(5, 5),
        edge_source=whole(0, 1, 1),
        edge_need=whole(0, 0, 1),
        edge_cap=whole(-1, 0, -1),
    )
    reason = reason_of(problem, 0)
    assert (reason.cause, reason.sources_emptied, reason.lanes_full) == ("unreachable", (0,), (1,))
    assert (reason.sharers, reason.part_supply, reason.part_need) == ((0,), 0, 5)


def test_says_lane_full_and_names_the_lane():
    reason = reason_of(pool(100, 40, 10, edge_cap=whole(7, -1)), 0)
    assert (reason.cause, reason.lanes_full, reason.sources_emptied) == ("lane_full", (0,), ())
    assert (reason.next_unit_to, reason.units_until_this) == (0, None)


def test_names_full_lanes_beside_emptied_sources():
    problem = Problem(
        supply=whole(10, 50),
        need=whole(40, 40, 20),
        edge_source=whole(0, 0, 1, 1),
        edge_need=whole(0, 1, 1, 2),
        edge_cap=whole(-1, -1, 4, -1),
    )
    reason = reason_of(problem, 0)
    assert (reason.cause, reason.sharers) == ("shared_level", (0, 1))
    assert (reason.sources_emptied, reason.lanes_full, reason.part_supply) == ((0,), (2,), 14)


def test_says_that_an_earlier_tier_takes_everything():
    reason = reason_of(pool(30, 40, 40, tier=whole(1, 0)), 0)
    assert (reason.cause, reason.delivered, reason.sources_emptied) == ("earlier_tier_first", 0, (0,))
    assert reason.next_unit_to == 1
    assert reason.units_until_this == 11


def test_says_that_minimums_take_everything():
    assert reason_of(pool(10, 40, 40, minimum=whole(0, 20)), 0).cause == "minimum_first"


def test_says_above_level_where_needier_ones_take_everything():
    reason = reason_of(pool(10, 40, 40, covered=whole(20, 0)), 0)
    assert (reason.cause, reason.delivered, reason.level) == ("above_level", 0, 0.5)
    assert (reason.next_unit_to, reason.units_until_this) == (1, 11)


def test_tells_who_gets_the_next_unit_and_when_this_need_does():
    problem = pool(30, 40, 10, 10)
    assert [reason_of(problem, need).next_unit_to for need in range(3)] == [0, 0, 0]
    assert [reason_of(problem, need).units_until_this for need in range(3)] == [1, 4, 5]


@pytest.mark.parametrize("need_index", [-1, 3])
def test_refuses_a_need_that_does_not_exist(need_index):
    problem = pool(30, 40, 10, 10)
    with pytest.raises(IndexError, match=r"must be in 0\.\.2"):
        explain(problem, solve(problem), need_index)


@SEVERAL
@given(problems())
def test_gives_every_need_one_known_cause_that_fits_its_numbers(problem):
    plan = solve(problem)
    got, room = received(problem, plan.shipped), problem.room.tolist()
    for need in range(len(got)):
        reason = explain(problem, plan, need)
        assert reason.cause in CAUSES
        assert reason.delivered == got[need]
        is_full = got[need] >= room[need]
        assert (reason.cause in ("met", "capped", "nothing_short")) == is_full
        assert (need in reason.sharers) == (not is_full)
        if not is_full:
            assert (reason.cause == "unreachable") == (not plan.reachable[need])
            assert reason.part_supply == sum(got[j] for j in reason.sharers)
        if reason.cause in ("unreachable", "lane_full"):
            assert reason.units_until_this is None or reason.cause == "unreachable"


@SEVERAL
@given(problems())
def test_empties_every_source_and_fills_every_lane_it_names(problem):
    plan = solve(problem)
    drawn = np.bincount(problem.edge_source, plan.shipped, len(problem.supply))
    for need in range(len(problem.need)):
        reason = explain(problem, plan, need)
        assert all(drawn[source] == problem.supply[source] for source in reason.sources_emptied)
        assert all(plan.shipped[edge] == problem.edge_cap[edge] for edge in reason.lanes_full)


@SEVERAL
@given(problems())
def test_sends_one_more_unit_at_an_emptied_source_to_the_need_it_names(problem):
    plan = solve(problem)
    before = received(problem, plan.shipped)
    gained_from: list[set[int]] = []
    for source in range(len(problem.supply)):
        supply = problem.supply.copy()
        supply[source] += 1
        fuller = replace(problem, supply=supply)
        after = received(fuller, solve(fuller).shipped)
        gained_from.append({j for j, units in enumerate(after) if units > before[j]})
    for need in range(len(before)):
        reason = explain(problem, plan, need)
        if reason.sources_emptied and plan.reachable[need]:
            assert reason.next_unit_to in set().union(*(gained_from[u] for u in reason.sources_emptied))


@SEVERAL
@given(problems(sources=1, edges=0), st.integers(0, 5))
def test_gives_this_need_its_next_unit_after_as_many_as_it_says(problem, at):
    count = len(problem.need)
    need = at % count
    empty = np.empty(0, dtype=np.int64)
    lanes = {
        "edge_source": np.zeros(count, int),
        "edge_need": np.arange(count),
        "edge_cap": empty,
        "edge_cost": empty,
    }
    problem = replace(problem, **lanes)
    reason = reason_of(problem, need)
    if reason.units_until_this is None or reason.cause == "unreachable":
        return
    for short, gains in ((1, 0), (0, 1)):
        fuller = replace(problem, supply=problem.supply + reason.units_until_this - short)
        assert received(fuller, solve(fuller).shipped)[need] == reason.delivered + gains
