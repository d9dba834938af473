"""A post allows its actions at its place and for its class of item; each post stands for itself."""

from __future__ import annotations

import pytest

from qipan.kernel.access import NATION, Actor, Grant, is_within, prefix_of
from qipan.kernel.errors import NotAllowed

COUNT = frozenset({"stock.count"})


@pytest.mark.parametrize(
    ("place", "prefix"),
    [("", ""), (NATION, ""), ("420000", "42"), ("420100", "4201"), ("420106", "420106"), ("429004", "429004")],
)
def test_a_division_is_a_prefix_of_the_codes_inside_it(place: str, prefix: str) -> None:
    assert prefix_of(place) == prefix


@pytest.mark.parametrize(
    ("code", "place", "is_inside"),
    [
        ("420106", "420100", True), ("420106", "420000", True), ("420106", NATION, True), ("420106", "", True),
        ("420106", "420107", False), ("420100", "420106", False), ("610100", "420000", False), ("", "420000", False),
    ],
)  # fmt: skip
def test_what_lies_in_what(code: str, place: str, is_inside: bool) -> None:
    assert is_within(code, place) is is_inside


def test_a_class_of_item_bounds_a_post() -> None:
    by = Actor(1, "masks", grants=(Grant(COUNT, region="420000", item_class="PPE-RESP"),))
    assert by.may("stock.count", region="420100", classes={"PPE-RESP", "PPE"})
    assert not by.may("stock.count", region="420100", classes={"PPE-BODY", "PPE"})
    assert by.may("stock.count")


def test_what_one_does_as_a_stand_in_for_somebody_can_be_left_out() -> None:
    by = Actor(1, "stand-in", grants=(Grant(COUNT, stands_in_for=7),))
    assert by.may("stock.count", not_for=8)
    assert not by.may("stock.count", not_for=7)


def test_a_refusal_names_the_person_the_action_and_the_place() -> None:
    by = Actor(1, "somebody", grants=(Grant(COUNT, region="420000"),))
    with pytest.raises(NotAllowed) as refused:
        by.require("stock.count", region="610000")
    assert "somebody" in str(refused.value) and "610000" in str(refused.value)


def test_home_is_the_widest_division_one_reads() -> None:
    grants = (Grant(COUNT, unit=3, reads="610102"), Grant(COUNT, region="420000", reads="420000"))
    assert Actor(1, "two posts", grants=grants).home == "420000"
    assert Actor(1, "nobody").home == ""
    assert not Actor(1, "nobody").reads("")
