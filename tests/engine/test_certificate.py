"""The referee: passes what is right, and says what is wrong with every planted fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Problem, check, solve
from qipan.engine.allocation.check import KINDS
from qipan.engine.allocation.plan import delivered
from tests.engine.oracles import all_plans, large_problem, merit, problems

SEVERAL = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def kinds(problem: Problem, shipped: list[int]) -> set[str]:
    """What the referee says when these units are planted in an otherwise right plan."""
    certificate = check(problem, replace(solve(problem), shipped=np.array(shipped, dtype=np.int64)))
    assert not (certificate.feasible and certificate.fair)
    assert certificate.gap > 0
    found = {fault.kind for fault in certificate.faults}
    assert found <= set(KINDS)
    return found


def two_and_two(**more: np.ndarray) -> Problem:
    """Two sources of 6 and 4 that may both serve two needs of 10."""
    return Problem(
        supply=whole(6, 4),
        need=whole(10, 10),
        edge_source=whole(0, 0, 1, 1),
        edge_need=whole(0, 1, 0, 1),
        **more,
    )


@SEVERAL
@given(problems(sources=3, needs=4, quantity=3, edges=5), st.randoms(use_true_random=False))
def test_calls_a_whole_plan_fair_exactly_when_no_other_is_better(problem, random):
    plan = solve(problem)
    found = all_plans(problem)
    best = min(merit(problem, vector) for vector in found)
    for vector in random.sample(sorted(found), min(len(found), 25)):
        planted = replace(plan, shipped=np.array(found[vector], dtype=np.int64))
        certificate = check(problem, planted)
        assert certificate.feasible
        assert certificate.fair == (merit(problem, vector) == best)
        assert (certificate.gap == 0) == certificate.fair


@SEVERAL
@given(problems(needs=3), st.integers(0, 13), st.integers(0, 13), st.sampled_from([2, 1_000, 2**29, 2**30, 2**31]))
def test_refutes_a_fractional_plan_with_anything_moved(problem, give, take, grains):
    plan = solve(problem)
    ends = problem.edge_need
    assume(len(ends))
    give, take = give % len(ends), take % len(ends)
    assume(ends[give] != ends[take])
    flow = plan.flow.copy()
    flow[give] -= grains
    flow[take] += grains
    planted = replace(plan, flow=flow)
    certificate = check(problem, planted)
    assert not (certificate.feasible and certificate.fair)
    honest = replace(planted, level=problem.level_of(delivered(problem, flow), plan.scale))
    certificate = check(problem, honest)
    assert not (certificate.feasible and certificate.fair)


def test_passes_either_of_two_equally_fair_plans():
    problem = Problem(supply=whole(1), need=whole(2, 2), edge_source=whole(0, 0), edge_need=whole(0, 1))
    for shipped in ([1, 0], [0, 1]):
        assert check(problem, replace(solve(problem), shipped=whole(*shipped))).fair


def test_refutes_a_unit_that_lifts_the_richer_of_two_to_the_same_level():
    problem = Problem(supply=whole(2), need=whole(2, 4), edge_source=whole(0, 0), edge_need=whole(0, 1))
    assert kinds(problem, [0, 2]) == {"richer_before_needier"}


def test_refutes_a_moved_unit():
    certificate = check(two_and_two(), replace(solve(two_and_two()), shipped=whole(6, 0, 0, 4)))
    (fault,) = certificate.faults
    assert (fault.kind, fault.needs) == ("richer_before_needier", (0, 1))
    assert certificate.feasible
    assert not certificate.fair
    assert certificate.gap == pytest.approx(0.1)


def test_refutes_a_swapped_pair():
    assert kinds(two_and_two(covered=whole(0, 2)), [3, 3, 1, 3]) == {"richer_before_needier"}


def test_refutes_a_starved_tier():
    assert kinds(two_and_two(tier=whole(0, 1)), [6, 0, 3, 1]) == {"tier_starved"}


def test_refutes_a_starved_minimum():
    assert kinds(two_and_two(tier=whole(0, 1), minimum=whole(0, 2)), [6, 0, 4, 0]) == {"tier_starved"}


def test_refutes_a_stranded_unit():
    problem = two_and_two()
    certificate = check(problem, replace(solve(problem), shipped=whole(3, 2, 2, 2)))
    (fault,) = certificate.faults
    assert (fault.kind, fault.sources) == ("stock_stranded", (0,))
    assert certificate.gap >= 1


def test_refutes_a_unit_stranded_behind_a_need_that_could_give_way():
    problem = Problem(supply=whole(5, 5), need=whole(5, 9), edge_source=whole(0, 1, 1), edge_need=whole(0, 0, 1))
    assert "stock_stranded" in kinds(problem, [3, 2, 3])


@pytest.mark.parametrize(
    ("more", "shipped", "kind"),
    [
        ({"edge_cap": whole(2, -1, -1, -1)}, [3, 3, 2, 2], "over_lane"),
        ({"edge_cap": whole(0, -1, -1, -1)}, [1, 4, 4, 0], "over_lane"),
        ({"cap": whole(2, -1)}, [3, 3, 0, 4], "over_need"),
        ({"covered": whole(8, 0)}, [3, 3, 0, 4], "over_need"),
        ({"covered": whole(12, 0)}, [1, 5, 0, 4], "over_need"),
        ({}, [5, 2, 0, 4], "over_supply"),
        ({}, [7, 0, -2, 5], "negative"),
    ],
)
def test_refutes_a_broken_bound(more, shipped, kind):
    problem = two_and_two(**more)
    assert kind in kinds(problem, shipped)
    certificate = check(problem, replace(solve(problem), shipped=whole(*shipped)))
    assert not certificate.feasible
    assert certificate.gap > 0


@pytest.mark.parametrize("off", [0.5, -0.5, 1e-9, np.nan, np.inf])
def test_refutes_a_misstated_level(off):
    problem = two_and_two()
    plan = solve(problem)
    certificate = check(problem, replace(plan, level=plan.level + np.array([0, off])))
    (fault,) = certificate.faults
    assert (fault.kind, fault.needs) == ("level_misstated", (1,))
    assert certificate.gap == pytest.approx(abs(off) if np.isfinite(off) else 1.0)


def chain_of_two(**more: np.ndarray) -> Problem:
    """Ten units on the first day, none on the second; a need of 8 on each."""
    ends = {"edge_source": whole(0, 1), "edge_need": whole(0, 1)}
    return Problem(supply=whole(10, 0), need=whole(8, 8), **ends, **more)


def test_refutes_an_expired_lot():
    fresh, expired = chain_of_two(carries=whole(1, 0)), chain_of_two()
    certificate = check(expired, replace(solve(expired), shipped=whole(5, 5), shipped_carry=whole(5, 0)))
    assert "over_chain" in {fault.kind for fault in certificate.faults}
    assert not certificate.feasible
    assert check(fresh, replace(solve(fresh), shipped=whole(5, 5), shipped_carry=whole(5, 0))).faults == ()


@pytest.mark.parametrize(
    ("shipped", "carried", "kind"),
    [
        ([8, 2], [2, 0], "richer_before_needier"),
        ([2, 8], [8, 0], "richer_before_needier"),
        ([5, 4], [5, 0], "stock_stranded"),
        ([5, 5], [4, 0], "over_supply"),
        ([5, 5], [-1, 0], "negative"),
    ],
)
def test_refutes_stock_that_waits_wrongly(shipped, carried, kind):
    problem = chain_of_two(carries=whole(1, 0))
    planted = replace(solve(problem), shipped=whole(*shipped), shipped_carry=whole(*carried))
    assert kind in {fault.kind for fault in check(problem, planted).faults}


def test_refutes_misstated_reach():
    problem = two_and_two()
    plan = solve(problem)
    certificate = check(problem, replace(plan, reachable=np.array([True, False])))
    assert [fault.kind for fault in certificate.faults] == ["reach_misstated"]


def test_refutes_a_fractional_flow_beyond_a_source():
    problem = two_and_two()
    plan = solve(problem)
    certificate = check(problem, replace(plan, flow=plan.flow + whole(plan.scale, 0, 0, 0)))
    assert {"flow_over_supply", "level_misstated"} <= {fault.kind for fault in certificate.faults}
    assert not certificate.feasible


def test_refutes_part_of_a_unit_in_the_whole_plan():
    problem = two_and_two()
    certificate = check(problem, replace(solve(problem), shipped=np.array([2.5, 3.5, 2.5, 1.5])))
    assert [fault.kind for fault in certificate.faults] == ["shape_wrong"]


def test_refutes_the_plan_of_another_problem():
    other = Problem(supply=whole(1), need=whole(1), edge_source=whole(0), edge_need=whole(0))
    certificate = check(two_and_two(), solve(other))
    assert not certificate.feasible
    assert [fault.kind for fault in certificate.faults] == ["shape_wrong"]


@pytest.mark.parametrize("scale", [0, -1, 2**31])
def test_refutes_an_impossible_scale(scale):
    problem = two_and_two()
    certificate = check(problem, replace(solve(problem), scale=scale))
    assert [fault.kind for fault in certificate.faults] == ["shape_wrong"]


def test_refutes_amounts_beyond_all_stock_without_adding_them_up():
    problem = two_and_two()
    for name in ("flow", "shipped"):
        certificate = check(problem, replace(solve(problem), **{name: whole(2**62, 2**62, 2**62, 2**62)}))
        assert not certificate.feasible
        assert certificate.gap > 0


def test_says_in_words_where_the_fault_is():
    problem = two_and_two()
    certificate = check(problem, replace(solve(problem), shipped=whole(6, 0, 0, 4)))
    assert str(certificate.faults[0]).startswith("richer_before_needier: need 0, 1")


def test_seals_problem_and_plan_in_one_digest():
    problem = two_and_two()
    plan = solve(problem)
    digest = check(problem, plan).digest
    assert len(digest) == 64
    assert check(two_and_two(), solve(two_and_two())).digest == digest
    assert check(problem, replace(plan, shipped=plan.shipped + 1)).digest != digest
    assert check(two_and_two(tier=whole(0, 1)), plan).digest != digest


@pytest.mark.parametrize("seed", range(3))
def test_finds_one_unit_moved_at_the_size_of_the_demo(seed):
    problem = large_problem(seed)
    plan = solve(problem)
    draw = np.random.default_rng(seed)
    room = problem.room - np.bincount(problem.edge_need, plan.shipped, len(problem.need)).astype(np.int64)
    refuted = tried = 0
    while tried < 10:
        give, take = draw.integers(0, len(plan.shipped), 2)
        from_need, to_need = problem.edge_need[[give, take]]
        is_open = problem.edge_cap[take] < 0 or plan.shipped[take] < problem.edge_cap[take]
        same_source = problem.edge_source[give] == problem.edge_source[take]
        if not same_source or from_need == to_need or plan.shipped[give] < 1 or not is_open or room[to_need] < 1:
            continue
        tried += 1
        shipped = plan.shipped.copy()
        shipped[give] -= 1
        shipped[take] += 1
        certificate = check(problem, replace(plan, shipped=shipped))
        assert certificate.feasible
        refuted += not certificate.fair
    assert refuted == tried
