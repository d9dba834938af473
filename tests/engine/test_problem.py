"""What the engine refuses, each with the field, the index and the bound."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from qipan.engine.allocation import Problem
from qipan.engine.errors import ProblemInconsistent

RIGHT = {
    "supply": [5, 6],
    "need": [4, 5, 6],
    "edge_source": [0, 1, 1],
    "edge_need": [0, 1, 2],
}


def refusal(**wrong: object) -> ProblemInconsistent:
    fields = {name: np.asarray(values) for name, values in {**RIGHT, **wrong}.items()}
    with pytest.raises(ProblemInconsistent) as caught:
        Problem(**fields)
    return caught.value


def test_fills_in_what_is_left_out():
    problem = Problem(**{name: np.array(values) for name, values in RIGHT.items()})
    assert problem.covered.tolist() == [0, 0, 0]
    assert problem.weight.tolist() == [10**9] * 3
    assert problem.tier.tolist() == [0, 0, 0]
    assert problem.minimum.tolist() == [0, 0, 0]
    assert problem.cap.tolist() == [-1] * 3
    assert problem.edge_cap.tolist() == [-1] * 3
    assert problem.edge_cost.tolist() == [0] * 3
    assert problem.edge_source.dtype == np.int32
    assert problem.supply.dtype == np.int64


def test_leaves_room_up_to_need_and_cap():
    problem = Problem(
        **{name: np.array(values) for name, values in RIGHT.items()},
        covered=np.array([1, 9, 0]),
        cap=np.array([-1, -1, 2]),
    )
    assert problem.room.tolist() == [3, 0, 2]


def test_keeps_its_own_copy_that_nobody_can_change():
    supply = np.array([5, 6])
    problem = Problem(**{**{name: np.array(values) for name, values in RIGHT.items()}, "supply": supply})
    supply[0] = 99
    assert problem.supply.tolist() == [5, 6]
    with pytest.raises(ValueError, match="read-only"):
        problem.supply[0] = 1
    with pytest.raises(FrozenInstanceError):
        problem.supply = supply


@pytest.mark.parametrize(
    ("field", "values", "index"),
    [
        ("supply", [5, -1], 1),
        ("need", [4, 0, 6], 1),
        ("covered", [0, 0, -3], 2),
        ("weight", [10**9, 0, 10**9], 1),
        ("weight", [10**9, 10**9, 10**12 + 1], 2),
        ("tier", [-1, 0, 0], 0),
        ("minimum", [0, -1, 0], 1),
        ("minimum", [0, 0, 7], 2),
        ("cap", [-2, 0, 0], 0),
        ("edge_source", [0, 2, 1], 1),
        ("edge_source", [-1, 1, 1], 0),
        ("edge_need", [0, 1, 3], 2),
        ("edge_need", [0, 2**32, 1], 1),
        ("edge_cap", [-1, -2, 0], 1),
        ("edge_cost", [0, 0, -1], 2),
        ("edge_cost", [0, 2**41, 0], 1),
        ("supply", [5, 2**53], 1),
    ],
)
def test_refuses_a_value_out_of_bounds_and_names_it(field, values, index):
    error = refusal(**{field: values})
    assert (error.field, error.index, error.value) == (field, index, values[index])
    assert str(error).startswith(f"{field}[{index}] is {values[index]}; it must be ")


def test_refuses_a_minimum_above_the_cap_and_says_the_room():
    error = refusal(minimum=[0, 3, 0], cap=[-1, 2, -1])
    assert (error.field, error.index) == ("minimum", 1)
    assert "<= 2" in error.bound


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("covered", [1, 2]),
        ("edge_need", [0, 1]),
        ("edge_cap", [1]),
        ("need", [[4, 5, 6]]),
        ("supply", 5),
    ],
)
def test_refuses_a_wrong_shape(field, values):
    assert refusal(**{field: values}).index == -1


def test_refuses_parts_of_a_unit():
    error = refusal(supply=[5.0, 6.5])
    assert error.field == "supply"
    assert "whole numbers" in str(error)


def test_refuses_unsigned_numbers_too_large_to_hold():
    assert refusal(supply=np.array([5, 2**63], dtype=np.uint64)).index == 1


def test_refuses_totals_whose_fractions_would_not_fit():
    assert refusal(covered=[2**51, 0, 0]).field == "covered"
    assert refusal(need=[2**49, 5, 6], weight=[10**12, 10**9 + 1, 10**9]).field == "weight"
