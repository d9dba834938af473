"""Least cost among the plans that deliver the same to everyone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Effort, Problem, check, solve
from qipan.engine.allocation.cheapest import cost_of
from tests.engine.oracles import cheapest_cost, large_problem, problems, received

SEVERAL = settings(max_examples=80, deadline=None, derandomize=True, database=None)
FEW = settings(SEVERAL, max_examples=25)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@SEVERAL
@given(problems())
def test_costs_the_least_of_all_plans_that_deliver_the_same(problem):
    plan = solve(problem)
    assert plan.cheapest
    if len(problem.edge_need) == 0:
        return
    least = cheapest_cost(problem, received(problem, plan.shipped))
    assert cost_of(problem, plan.shipped) == pytest.approx(least)


@FEW
@given(problems(), st.integers(0, 3))
def test_keeps_every_need_its_units_when_the_search_for_least_cost_is_cut_short(problem, exchanges):
    short, full = solve(problem, effort=Effort(exchanges=exchanges)), solve(problem)
    assert received(problem, short.shipped) == received(problem, full.shipped)
    assert cost_of(problem, short.shipped) >= cost_of(problem, full.shipped)
    assert check(problem, short).fair


def test_routes_by_the_cheaper_lane_without_changing_who_gets_what():
    problem = Problem(
        supply=whole(10, 10),
        need=whole(10, 10),
        edge_source=whole(0, 0, 1, 1),
        edge_need=whole(0, 1, 0, 1),
        edge_cost=whole(9, 1, 1, 9),
    )
    assert solve(problem).shipped.tolist() == [0, 10, 10, 0]


def test_costs_the_least_at_the_size_of_the_demo():
    problem = large_problem(11)
    plan = solve(problem)
    least = cheapest_cost(problem, received(problem, plan.shipped))
    assert cost_of(problem, plan.shipped) == pytest.approx(least, rel=1e-9)
