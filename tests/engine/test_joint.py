"""Problems that share rows: exact where no row is broken, leximin by programs where one is, every bound kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import Effort, Problem, Shared, check_jointly, solve, solve_jointly
from qipan.engine.allocation.shared import joined
from qipan.engine.errors import ProblemInconsistent
from tests.engine import oracles

TOLERANCE = 1e-6


def two(supply: int = 100, need: int = 100) -> Problem:
    """One store with enough for two units."""
    ends = {"edge_source": np.array([0, 0]), "edge_need": np.array([0, 1])}
    return Problem(supply=np.array([supply]), need=np.array([need, need]), **ends)


def row(*pairs: tuple[int, int, int], limit: int = -1, lot: int = 0) -> Shared:
    """A shared row of (problem, edge, load)."""
    problem, edge, load = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return Shared(problem=problem.astype(np.int32), edge=edge.astype(np.int32), load=load, limit=limit, lot=lot)


def ones(problems: list[Problem]) -> list[np.ndarray]:
    return [np.ones(len(p.edge_need), np.int64) for p in problems]


@st.composite
def coupled(draw: st.DrawFn) -> tuple[list[Problem], list[Shared]]:
    """Two or three small problems and up to three capacities over their edges."""
    found = [p for p in draw(st.lists(oracles.problems(needs=4, edges=7), min_size=2, max_size=3)) if len(p.edge_need)]
    assume(len(found) > 1)
    places = [(p, e) for p, problem in enumerate(found) for e in range(len(problem.edge_need))]
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        members = draw(st.lists(st.sampled_from(places), min_size=1, max_size=6, unique=True))
        loads = draw(st.lists(st.integers(1, 5), min_size=len(members), max_size=len(members)))
        triples = [(p, e, load) for (p, e), load in zip(members, loads, strict=True)]
        rows.append(row(*triples, limit=draw(st.integers(0, 60))))
    return found, rows


@given(coupled())
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_levels_of_what_is_joined_are_those_of_independent_programs(case: tuple[list[Problem], list[Shared]]) -> None:
    problems, shared = case
    found = solve_jointly(problems, shared)

    inside = [p for p, group in enumerate(found.joined) if group >= 0]
    rows = [each for each in shared if set(each.problem.tolist()) <= set(inside)]
    if inside:
        whole = joined([problems[p] for p in inside])
        firsts = dict(zip(inside, np.cumsum([0] + [len(problems[p].edge_need) for p in inside]), strict=False))
        loads = np.zeros((len(rows), len(whole.edge_need)))
        for at, each in enumerate(rows):
            loads[at, [firsts[p] + e for p, e in zip(each.problem.tolist(), each.edge.tolist(), strict=True)]] = (
                each.load
            )
        expected = oracles.levels_by_programs(whole, (loads, np.array([each.limit for each in rows], dtype=float)))
        assert np.concatenate([found.level[p] for p in inside]) == pytest.approx(expected, abs=TOLERANCE, rel=TOLERANCE)
    for p, group in enumerate(found.joined):
        if group < 0:
            assert (found.shipped[p] == solve(problems[p]).shipped).all()
    assert check_jointly(problems, shared, found.shipped, ones(problems)) == []
    assert found.finished


@given(coupled())
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_rows_that_bind_nothing_change_nothing(case: tuple[list[Problem], list[Shared]]) -> None:
    problems, shared = case
    wide = [replace(each, limit=10**9) for each in shared]
    found = solve_jointly(problems, wide)
    assert found.bound == () and set(found.joined) == {-1}
    for problem, shipped in zip(problems, found.shipped, strict=True):
        assert (shipped == solve(problem).shipped).all()


@given(coupled(), st.lists(st.integers(1, 12), min_size=3, max_size=3))
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_least_lots_and_steps_are_kept(case: tuple[list[Problem], list[Shared]], lots: list[int]) -> None:
    problems, shared = case
    rows = [replace(each, lot=min(lot, each.limit)) for each, lot in zip(shared, lots, strict=False)]
    steps = [np.where(np.arange(len(p.edge_need)) % 2, 3, 1) for p in problems]
    found = solve_jointly(problems, rows, steps=steps)
    assert found.finished
    assert check_jointly(problems, rows, found.shipped, steps) == []


def test_a_lorry_for_two_goods_is_shared_fairly_and_named() -> None:
    """Both goods would fill the lorry to the first unit; the second has one of its own."""
    problems = [two(200), two(200)]
    shared = [row((0, 0, 1), (1, 0, 1), limit=120), row((0, 1, 1), (1, 1, 1), limit=500)]
    found = solve_jointly(problems, shared)
    assert [units.tolist() for units in found.shipped] == [[60, 100], [60, 100]]
    assert found.bound == (0,)
    assert found.joined == [0, 0]


def test_only_what_a_broken_row_touches_is_joined() -> None:
    problems = [two(200), two(200), two(150)]
    shared = [row((0, 0, 1), (1, 0, 1), limit=120), row((1, 1, 1), (2, 1, 1), limit=500)]
    found = solve_jointly(problems, shared)
    assert found.joined == [0, 0, -1]
    assert (found.shipped[2] == solve(problems[2]).shipped).all()


def test_a_row_broken_only_by_the_answer_to_another_counts_too() -> None:
    """What cannot go by the first lorry goes by the second, until that is full as well."""
    ends = {"edge_source": np.array([0, 1]), "edge_need": np.array([0, 0])}
    problem = Problem(supply=np.array([100, 100]), need=np.array([100]), **ends, edge_cost=np.array([0, 1]))
    shared = [row((0, 0, 1), limit=30), row((0, 1, 1), limit=40)]
    found = solve_jointly([problem], shared)
    assert found.shipped[0].tolist() == [30, 40]
    assert found.bound == (0, 1)


def test_a_load_that_is_not_worth_the_way_does_not_run() -> None:
    """Twelve units for two clinics, and no lorry leaves with fewer than ten."""
    problem = two(12, 10)
    found = solve_jointly([problem], [row((0, 0, 1), lot=10), row((0, 1, 1), lot=10)])
    assert sorted(found.shipped[0].tolist()) == [0, 10]
    assert found.bound


def test_a_later_tier_never_takes_a_lorry_from_an_earlier_one() -> None:
    first = replace(two(100, 50), tier=np.array([0, 0]))
    second = replace(two(100, 50), tier=np.array([1, 1]))
    found = solve_jointly([second, first], [row((0, 0, 1), (1, 0, 1), limit=60)])
    assert found.shipped[1].tolist() == [50, 50]
    assert found.shipped[0].tolist() == [10, 50]


def test_a_search_that_is_cut_short_says_so_and_keeps_every_bound() -> None:
    problems, shared = [two(200), two(200)], [row((0, 0, 1), (1, 0, 1), limit=120)]
    found = solve_jointly(problems, shared, effort=Effort(exchanges=1))
    assert not found.finished
    assert check_jointly(problems, shared, found.shipped, ones(problems)) == []
    assert sum(units.sum() for units in found.shipped) == 320


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ([[61, 100], [60, 100]], "over_row"),
        ([[-1, 100], [60, 100]], "negative"),
        ([[60, 101], [60, 100]], "over_need"),
        ([[100, 100], [0, 3]], "under_lot"),
        ([[60, 100], [60, 100]], "over_step"),
    ],
)
def test_a_plan_that_breaks_a_bound_is_found_out(planted: list[list[int]], kind: str) -> None:
    problems = [two(200), two(200)]
    shared = [row((0, 0, 1), (1, 0, 1), limit=120), row((1, 1, 1), lot=4)]
    steps = ones(problems)
    if kind == "over_step":
        steps[0] = np.array([1, 7])
    found = check_jointly(problems, shared, [np.array(units) for units in planted], steps)
    assert [fault.kind for fault in found] == [kind]


def test_stock_drawn_before_it_is_there_is_found_out() -> None:
    ends = {"edge_source": np.array([0, 1]), "edge_need": np.array([0, 0])}
    problem = Problem(supply=np.array([5, 5]), need=np.array([10]), **ends, carries=np.array([1, 0]))
    assert check_jointly([problem], [], [np.array([4, 6])], ones([problem])) == []
    found = check_jointly([problem], [], [np.array([6, 4])], ones([problem]))
    assert [(fault.kind, fault.sources, fault.amount) for fault in found] == [("over_supply", (0,), 1)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row((2, 0, 1)), "shared[0].problem[0] is 2; it must be in 0..1"),
        (row((0, 5, 1)), "shared[0].edge[0] is 5; it must be in 0..1"),
        (row((0, 0, 0)), "shared[0].load[0] is 0"),
        (row((0, 0, 1), limit=-2), "shared[0].limit[0] is -2"),
        (row((0, 0, 1), limit=4, lot=5), "shared[0].lot is 5; it must be <= limit, 4"),
        (row((0, 0, 1), (0, 0, 1)), "shared[0].edge is named twice"),
    ],
)
def test_a_row_that_points_nowhere_is_refused(wrong: Shared, words: str) -> None:
    with pytest.raises(ProblemInconsistent) as refused:
        solve_jointly([two(), two()], [wrong])
    assert words in str(refused.value)
