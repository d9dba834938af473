"""A book planned: every rule of its sheets holds, and the answer says what was in the way."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.allocation import solve_many
from qipan.workbook.planning import Answer, plan_book
from tests.workbook.books import answer_of, book_of, lane, need, policy, sent, supply, swap

DAY = date(2020, 1, 30)


def day(offset: int) -> str:
    return (DAY + timedelta(days=offset)).isoformat()


def units(answer: Answer) -> list[int]:
    return [int(each.units) for each in answer.given]


def test_two_sheets_and_three_columns_are_enough() -> None:
    answer = answer_of(Supply=[supply(quantity=90)], Need=[need("a"), need("b")])
    assert units(answer) == [45, 45]
    assert [line.leaves for line in answer.lines] == [None, None]
    assert {each.cause for each in answer.given} == {"shared_level"}


def test_tiers_minimums_caps_cover_and_weights() -> None:
    answer = answer_of(
        Supply=[supply(quantity=200)],
        Need=[need("a", Tier=1, Cap=60), need("b", Tier=1, Covered=40), need("c", Tier=2, Minimum=20),
              need("d", Tier=2, Weight=3)],
    )  # fmt: skip
    assert units(answer) == [60, 60, 20, 60]
    assert [each.cause for each in answer.given[:2]] == ["capped", "met"]


def test_a_standard_that_a_row_names_serves_only_what_the_row_permits() -> None:
    answer = answer_of(
        Supply=[supply("import", quantity=80, Standard="EN"), supply("plant", quantity=20, Standard="GB")],
        Need=[need("icu", Zone="ICU"), need("clinic", Zone="clinic")],
        Substitution=[swap("EN", "suit", Zones="clinic")],
    )
    assert sent(answer) == {("import", "clinic", "suit"): 80, ("plant", "icu", "suit"): 20}
    assert answer.given[0].obstacles == {"not_permitted": 80}


def test_two_masks_for_one_are_counted_as_one() -> None:
    answer = answer_of(
        Supply=[supply("store", "N95", 30), supply("store", "surgical", 41)],
        Need=[need("a", "N95", 60)],
        Substitution=[swap("surgical", "N95", Ratio=2)],
    )
    assert sent(answer) == {("store", "a", "N95"): 30, ("store", "a", "surgical"): 41}
    assert answer.given[0].units == 30 + Fraction(41, 2)
    assert answer.proof.stepped == 1


def test_whole_units_of_the_dearer_good_never_split() -> None:
    answer = answer_of(
        Supply=[supply("store", "N95", 5), supply("store", "surgical", 3)],
        Need=[need("a", "surgical", 7), need("b", "surgical", 7), need("c", "N95", 3)],
        Substitution=[swap("surgical", "N95", Ratio=2)],
    )
    assert all(line.units == int(line.units) for line in answer.lines)
    by_item = {item: sum(u for (_s, _u, i), u in sent(answer).items() if i == item) for item in ("N95", "surgical")}
    assert by_item["N95"] <= 5 and by_item["surgical"] <= 3


def test_what_comes_too_late_or_expires_is_not_sent_and_said() -> None:
    answer = answer_of(
        Supply=[supply("late", ready=day(3)), supply("old", Expiry=day(1)), supply("good", quantity=10)],
        Need=[need(Day=day(4))],
        Lanes=[lane(days=2)],
        Policy=policy(First_day=day(0), Last_day=day(4)),
    )
    assert sent(answer) == {("good", "hospital", "suit"): 10}
    assert answer.given[0].obstacles == {"expires": 100, "too_late": 100}


def test_remaining_shelf_life_is_kept() -> None:
    rows: dict[str, Any] = {"Supply": [supply(Expiry=day(5))], "Need": [need(Day=day(4))], "Lanes": [lane(days=2)]}
    assert units(answer_of(**rows, Policy=policy(First_day=day(0), Remaining_shelf_life=3))) == [100]
    assert units(answer_of(**rows, Policy=policy(First_day=day(0), Remaining_shelf_life=4))) == [0]


def test_a_unit_without_a_lane_is_unreachable_and_the_rest_is_not_held_back() -> None:
    answer = answer_of(
        Supply=[supply()], Need=[need("a"), need("b", Place="town")], Lanes=[lane("plant", "town")],
    )  # fmt: skip
    assert units(answer) == [0, 100]
    assert (answer.given[0].cause, answer.given[0].obstacles) == ("unreachable", {"no_lane": 100})


def test_the_most_particular_lane_holds() -> None:
    answer = answer_of(
        Supply=[supply("near"), supply("far")], Need=[need("a", Place="town", quantity=200, Day=day(2))],
        Lanes=[lane(days=9), lane("*", "town", days=5), lane("near", "*", days=1)],
        Policy=policy(First_day=day(0)),
    )  # fmt: skip
    assert sent(answer) == {("near", "a", "suit"): 100}


def test_cumulative_levels_see_all_days_and_daily_levels_each_day() -> None:
    """Day 1 has plenty and day 2 nothing. Counted each day for itself, stock is kept so that both days stand alike;
    together, two units share all days alike."""
    rows: dict[str, Any] = {
        "Supply": [supply(quantity=60, ready=day(0))],
        "Need": [need("a", quantity=50, Day=day(0)), need("a", quantity=50, Day=day(1)), need("b", Day=day(1))],
    }
    daily = answer_of(**rows, Policy=policy(Level="per day"))
    assert units(daily) == [15, 15, 30]
    together = answer_of(**rows, Policy=policy(Level="cumulative"))
    assert units(together) == [30, 30]


def test_stock_waits_for_a_later_day_but_is_never_drawn_before_it_is_there() -> None:
    answer = answer_of(
        Supply=[supply(quantity=30, ready=day(0)), supply(quantity=50, ready=day(2))],
        Need=[need("a", quantity=100, Day=day(0)), need("b", quantity=100, Day=day(2))],
        Policy=policy(Level="per day"),
    )
    assert units(answer) == [30, 50]
    assert sorted((line.leaves, line.units) for line in answer.lines) == [
        (DAY, 30), (DAY + timedelta(days=2), 50)
    ]  # fmt: skip


def test_a_floor_stays_at_its_source() -> None:
    book = [{"Setting": "Floor", "Value": 25, "For": "own"}, {"Setting": "Floor", "Value": 10}]
    answer = answer_of(Supply=[supply("own"), supply("other")], Need=[need(quantity=500)], Policy=book)
    assert sent(answer) == {("own", "hospital", "suit"): 75, ("other", "hospital", "suit"): 90}


def test_one_lorry_for_all_goods_on_each_day() -> None:
    """Ten a day for two days: twenty units of two goods, each good to the same level."""
    answer = answer_of(
        Supply=[supply(item="suit"), supply(item="mask")],
        Need=[need(item="suit", quantity=20, Day=day(1)), need(item="mask", quantity=20, Day=day(1))],
        Lanes=[lane("plant", "hospital", Capacity=10)],
        Policy=policy(First_day=day(0)),
    )
    assert units(answer) == [10, 10]
    assert {each.cause for each in answer.given} == {"row_full"}
    assert {row.day for row in answer.rows} == {DAY, DAY + timedelta(days=1)}
    assert answer.proof.joined == 2


def test_a_bulky_good_takes_more_of_the_lorry() -> None:
    answer = answer_of(
        Supply=[supply(item="suit", Load=0.5), supply(item="bed", Load=5)],
        Need=[need(item="suit", quantity=10), need(item="bed", quantity=10)],
        Lanes=[lane("plant", "hospital", Capacity=11)],
    )
    assert units(answer) == [2, 2]


def test_a_lorry_does_not_leave_for_less_than_its_least_lot() -> None:
    rows: dict[str, Any] = {"Supply": [supply(quantity=12)], "Need": [need("a", quantity=10), need("b", quantity=10)]}
    answer = answer_of(**rows, Lanes=[{**lane(), "Minimum lot": 10}])
    assert sorted(units(answer)) == [0, 10] or sorted(units(answer)) == [0, 12]


def test_the_nearer_source_is_taken_where_coordinates_are_given() -> None:
    answer = answer_of(
        Supply=[supply("far", Longitude=121.5, Latitude=31.2), supply("near", Longitude=114.3, Latitude=30.6)],
        Need=[need(Longitude=114.3, Latitude=30.5)],
    )
    assert sent(answer) == {("near", "hospital", "suit"): 100}


def test_a_need_nobody_has_stock_for_is_reported() -> None:
    answer = answer_of(Supply=[supply()], Need=[need(), need("b", "boots")])
    assert [each.cause for each in answer.given] == ["met", "unreachable"]
    assert answer.given[1].obstacles == {}


def test_families_may_be_solved_side_by_side() -> None:
    rows: dict[str, Any] = {
        "Supply": [supply(item=f"i{n}", quantity=50 + n) for n in range(6)],
        "Need": [need(f"u{u}", f"i{n}", 40 + u) for n in range(6) for u in range(3)],
    }
    book = book_of(**rows)
    assert units(plan_book(book, solver=partial(solve_many, threads=4))) == units(plan_book(book))


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Small books with every rule at once."""
    few = st.integers(0, 4)
    items, sources, places = ["a", "b"], ["s1", "s2"], ["p1", "p2"]
    supplies = [
        supply(draw(st.sampled_from(sources)), draw(st.sampled_from(items)), draw(st.integers(0, 30)),
               ready=day(draw(few)), Standard=draw(st.sampled_from(["", "X"])), Expiry=day(5 + draw(few)),
               Load=draw(st.sampled_from([1, 2])))
        for _ in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    needs = [
        need(f"u{draw(st.integers(1, 3))}", draw(st.sampled_from(items)), draw(st.integers(1, 30)),
             Day=day(4 + draw(few)), Zone=draw(st.sampled_from(["z1", "z2"])), Tier=draw(st.integers(1, 2)),
             Place=draw(st.sampled_from(places)))
        for _ in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    lanes = [lane("*", "p1", draw(few), Capacity=draw(st.sampled_from([None, 7]))), lane("*", "p2", draw(few))]
    named = {row["Place"] for row in needs}
    rules = [swap("X", "a", Zones="z1"), swap("b", "a", Ratio=draw(st.sampled_from([1, 2])))]
    goods = {row["item"] for row in [*supplies, *needs]} | {row["Standard"] for row in supplies}
    return {
        "Supply": supplies,
        "Need": needs,
        "Lanes": [row for row in lanes if row["To"] in named],
        "Substitution": [row for row in rules if row["From"] in goods and row["To"] in goods],
        "Policy": policy(First_day=day(0), Last_day=day(9), Level=draw(st.sampled_from(["per day", "cumulative"])),
                         Floor=draw(st.sampled_from([0, 30]))),
    }  # fmt: skip


@given(books())
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_no_rule_of_the_book_is_ever_broken(rows: dict[str, Any]) -> None:
    """Held against the rows of the book themselves, not against the network made of them."""
    answer = answer_of(**rows)
    lead = {row["To"]: row["Days"] for row in rows["Lanes"]}
    capacity = {row["To"]: row["Capacity"] for row in rows["Lanes"] if row.get("Capacity")}
    floor = next(row["Value"] for row in rows["Policy"] if row["Setting"] == "Floor")
    is_daily = any(row["Value"] == "per day" for row in rows["Policy"])
    loads: dict[tuple[str, str, date], float] = {}
    for line in answer.lines:
        sink = answer.network.sinks[line.sink]
        assert line.leaves is not None and line.arrives is not None
        assert line.arrives == line.leaves + timedelta(days=lead[sink.place])
        assert line.arrives <= DAY + timedelta(days=sink.deadline or 0)
        assert line.chain.expiry is None or line.arrives <= line.chain.expiry
        if is_daily and line.chain.expiry:
            assert DAY + timedelta(days=sink.deadline or 0) <= line.chain.expiry
        governed = line.chain.standard == "X" and any(row["From"] == "X" for row in rows["Substitution"])
        if line.chain.item == sink.item and governed:
            assert (sink.item, sink.zone) == ("a", "z1")
        if line.chain.item != sink.item:
            assert (line.chain.item, sink.item) == ("b", "a") or (governed and sink.zone == "z1")
        if sink.place in capacity:
            key = (line.chain.source, sink.unit, line.leaves)
            loads[key] = loads.get(key, 0) + float(line.chain.load) * line.units
    assert all(load <= 7 for load in loads.values())
    for chain in answer.network.chains:
        own = [line for line in answer.lines if line.chain is chain]
        for upto in range(10):
            until = DAY + timedelta(days=upto)
            there = sum(
                row["quantity"] for row in rows["Supply"]
                if (row["source"], row["item"], row["Standard"], row["Expiry"], row["Load"])
                == (chain.source, chain.item, chain.standard, str(chain.expiry), chain.load)
                and row["ready"] <= str(until)
            )  # fmt: skip
            assert sum(line.units for line in own if line.leaves and line.leaves <= until) <= there
        whole = sum(chain.stock.values()) + chain.kept
        assert sum(line.units for line in own) <= whole - whole * floor / 100
    for each in answer.given:
        assert 0 <= each.units <= max(0, each.sink.need - each.sink.covered)
    assert answer.proof.is_feasible and answer.proof.is_fair


@pytest.mark.parametrize("most", [5])
def test_more_ways_than_can_be_held_are_refused(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    from qipan.kernel.errors import FileRefused
    from qipan.workbook import families

    monkeypatch.setattr(families, "WAYS_MAX", most)
    with pytest.raises(FileRefused) as refused:
        answer_of(Supply=[supply(f"s{n}") for n in range(3)], Need=[need(f"u{n}") for n in range(2)])
    assert [p.code for p in refused.value.problems] == ["too_many_ways"]
