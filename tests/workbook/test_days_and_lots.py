"""Days, lots and expiry in a book: what a lot may serve, when goods may leave, what a source keeps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from qipan.kernel.errors import FileRefused
from qipan.workbook.planning import Answer
from qipan.workbook.rows import line_rows, need_rows, proof_words
from tests.workbook.books import answer_of, book_of, lane, need, policy, sent, supply, swap

DAY = date(2020, 1, 30)


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


def units(answer: Answer) -> list[int]:
    return [int(each.units) for each in answer.given]


class TestExpiry:
    """Cumulative levels: a lot serves only the days before it expires, over all days on which it leaves."""

    NEEDS = (need("h", quantity=50, Day=day(1)), need("h", quantity=150, Day=day(10)))

    @pytest.mark.parametrize("days", [(0,), (0, 1)])
    def test_is_counted_once_however_many_days_goods_are_ready(self, days: tuple[int, ...]) -> None:
        rows = [supply(quantity=100, Lot="L", ready=day(each), Expiry=day(2)) for each in days]
        answer = answer_of(Supply=rows, Need=list(self.NEEDS))
        assert (units(answer), answer.proof.is_fair) == ([50], True)

    def test_is_counted_once_on_a_lane_with_a_capacity(self) -> None:
        rows = [supply(quantity=200, Lot="L", ready=day(0), Expiry=day(2))]
        assert units(answer_of(Supply=rows, Need=list(self.NEEDS), Lanes=[lane(Capacity=60)])) == [50]

    def test_is_the_reason_that_is_given(self) -> None:
        rows = [supply(quantity=200, Lot="L", ready=day(0), Expiry=day(2))]
        answer = answer_of(Supply=rows, Need=list(self.NEEDS))
        assert answer.given[0].cause == "expires_first"
        assert "before they expire" in need_rows(answer)[0]["why"] or "失效" in need_rows(answer)[0]["why"]

    @pytest.mark.parametrize("later", [0, 1])
    def test_later_output_of_a_lot_does_not_bar_what_was_ready_before(self, later: int) -> None:
        rows = [supply(quantity=100, Lot="L", ready=day(0), Expiry=day(10))]
        rows += [supply(quantity=1, Lot="L", ready=day(5), Expiry=day(10))] * later
        rules = [*policy(Level="per day"), {"Setting": "Remaining shelf life", "Value": 7}]
        assert units(answer_of(Supply=rows, Need=[need("h", quantity=50, Day=day(6))], Policy=rules)) == [50]


class TestLeaving:
    @pytest.mark.parametrize("level", ["cumulative", "per day"])
    def test_goods_wait_for_a_permission_that_begins_later(self, level: str) -> None:
        answer = answer_of(
            Supply=[supply(item="b", ready=day(0))],
            Need=[need("h", item="a", quantity=50, Day=day(5))],
            Substitution=[swap("b", "a", **{"Valid from": day(2)})],
            Policy=policy(First_day=day(0), Level=level),
        )
        assert units(answer) == [50]
        assert [row["leaves"] for row in line_rows(answer)] == [day(2 if level == "cumulative" else 0)]

    def test_a_need_without_a_day_has_every_day_of_the_book(self) -> None:
        answer = answer_of(
            Supply=[supply(quantity=300, ready=day(0))],
            Need=[need("h"), need("g", Day=day(9))],
            Lanes=[lane(Capacity=10)],
        )
        assert units(answer) == [100, 100]

    def test_a_last_day_alone_does_not_say_when_goods_may_leave(self) -> None:
        sheets = {"Supply": [supply()], "Need": [need()], "Policy": policy(Last_day=day(10))}
        assert units(answer_of(**sheets)) == [100]
        with pytest.raises(FileRefused) as refusal:
            book_of(**sheets, Lanes=[lane(days=3)])
        assert [problem.code for problem in refusal.value.problems] == ["no_first_day"]
        sheets["Policy"] = policy(First_day=day(0), Last_day=day(10))
        assert units(answer_of(**sheets, Lanes=[lane(days=3)])) == [100]


class TestPlaces:
    """Two hospitals of one name, in two places, each with its own lane."""

    LANES = (lane("*", "W", Capacity=100), lane("*", "H", Capacity=10))

    @pytest.mark.parametrize("order", [1, -1])
    def test_have_lanes_of_their_own_in_any_order(self, order: int) -> None:
        rows = [need("PH", Place=place, item=item) for item in ("suit", "mask") for place in ("W", "H")][::order]
        answer = answer_of(
            Supply=[supply(quantity=300), supply(item="mask", quantity=300)], Need=rows, Lanes=list(self.LANES)
        )
        got = {place: sum(row["given"] for row in need_rows(answer) if row["place"] == place) for place in ("W", "H")}
        assert got == {"W": 100, "H": 10}


class TestAddedRows:
    """Rows of one unit that are planned together."""

    def test_a_row_without_a_cap_does_not_lift_the_cap_of_another(self) -> None:
        rows = [need("h", Day=day(1), Cap=10), need("h", Day=day(2))]
        assert units(answer_of(Supply=[supply(quantity=300)], Need=rows)) == [110]

    def test_a_cap_above_the_need_lends_nothing_to_another_row(self) -> None:
        rows = [need("h", quantity=10, Day=day(1), Cap=100), need("h", Day=day(2), Cap=5)]
        assert units(answer_of(Supply=[supply(quantity=300)], Need=rows)) == [15]


class TestFloors:
    def test_are_a_share_of_all_that_a_source_has_of_a_good(self) -> None:
        lots = [supply(quantity=1, Lot=f"L{number}") for number in range(100)]
        answer = answer_of(Supply=lots, Need=[need()], Policy=policy(Floor=10))
        assert (units(answer), sum(chain.kept for chain in answer.network.chains)) == ([90], 10)

    def test_keep_what_is_valid_longest(self) -> None:
        lots = [supply(quantity=50, Lot="soon", ready=day(0), Expiry=day(5)),
                supply(quantity=50, Lot="late", ready=day(0), Expiry=day(50))]  # fmt: skip
        answer = answer_of(Supply=lots, Need=[need(Day=day(1))], Policy=policy(Floor=50))
        assert {chain.lot: chain.kept for chain in answer.network.chains} == {"soon": 0, "late": 50}

    def test_a_cell_in_per_cent_is_asked_about(self) -> None:
        with pytest.raises(FileRefused) as refusal:
            book_of(Supply=[supply()], Need=[need()], Policy=policy(Floor=0.1))
        assert [problem.code for problem in refusal.value.problems] == ["not_percent"]


class TestSharedRows:
    def test_a_family_joined_and_in_steps_is_counted_once_as_not_certified(self) -> None:
        answer = answer_of(
            Supply=[supply(item="b", quantity=300)],
            Need=[need("h", item="a"), need("h", item="b")],
            Substitution=[swap("b", "a", Ratio=0.5)],
            Lanes=[lane(Capacity=100)],
        )
        assert (answer.proof.joined, answer.proof.stepped, answer.proof.certified) == (1, 1, 0)
        assert all("-1" not in words for _title, words in proof_words(answer))

    def test_an_earlier_tier_has_its_lot_before_a_later_one(self) -> None:
        """Only one lot of 40 can run out of 60; one that tier 1 can use runs before that of tier 2."""
        lots = [{"From": "p", "To": unit, "Minimum lot": 40} for unit in "AFC"]
        answer = answer_of(
            Supply=[supply("p", quantity=60), supply("q", quantity=1)],
            Need=[need("C", quantity=60, Tier=2), need("A", quantity=60, Tier=1), need("B", quantity=100, Tier=1),
                  need("F", quantity=60, Tier=1)],
            Lanes=[*lots, {"From": "q", "To": "B"}],
        )  # fmt: skip
        got = {each.sink.unit: int(each.units) for each in answer.given}
        assert (got["C"], got["A"] + got["F"], got["B"]) == (0, 60, 1)
        assert answer.proof.is_finished

    def test_a_lot_that_an_earlier_tier_does_not_fill_takes_goods_of_the_next(self) -> None:
        limits = {"Minimum lot": 100, "Capacity": 150}
        answer = answer_of(
            Supply=[supply("p", quantity=200), supply("p", "mask", quantity=200)],
            Need=[need("A", quantity=60, Tier=1), need("A", "mask", quantity=200, Tier=2), need("B", Tier=1),
                  need("B", "mask", quantity=200, Tier=2)],
            Lanes=[{"From": "p", "To": unit, **limits} for unit in "AB"],
        )  # fmt: skip
        assert answer.proof.is_finished
        assert sent(answer) == {("p", "A", "suit"): 60, ("p", "B", "suit"): 100, ("p", "A", "mask"): 90,
                                ("p", "B", "mask"): 50}  # fmt: skip

    @pytest.mark.parametrize("size", [10**4, 10**6, 400 * 10**6])
    def test_quantities_may_be_large(self, size: int) -> None:
        few = size // 100
        answer = answer_of(
            Supply=[supply("p", "mask", 2 * size), supply("p", "suit", 2 * few)],
            Need=[need("A", "mask", size), need("B", "mask", size), need("A", "suit", few), need("B", "suit", few)],
            Lanes=[lane("p", "A", Capacity=size // 2), lane("p", "B", Capacity=size // 4)],
        )
        assert answer.proof.is_finished
        levels = {each.sink.unit + each.sink.item: each.level for each in answer.given}
        assert levels["Amask"] == pytest.approx(0.5 / 1.01, abs=0.01)
        assert levels["Bsuit"] == pytest.approx(0.25 / 1.01, abs=0.01)
