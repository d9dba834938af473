"""Days of the ledger as tables that a stock clerk can read; ``ledger_table`` says how."""

from __future__ import annotations

import pytest

from tests.stock.books import Books, assert_in_order
from tests.stock.ledger_table import play


def test_a_whole_load_goes_from_the_plant_to_the_hospital(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    SUIT-GB  outside  plant       8100  opening   stock of the day before
    09:00  h1    SUIT-GB  plant    hospital    8100  hold      batch 28, line 3
    ask    09:00 SUIT-GB  plant    onhand 8100  held 8100  free 0
    14:20  t1    SUIT-GB  plant    road_1      8100  depart    h1, left on time
    ask    14:20 SUIT-GB  plant    onhand 0     held 0
    ask    14:20 SUIT-GB  road_1   onhand 8100
    18:05  t2    SUIT-GB  road_1   hospital    8100  receive   counted at the door
    ask    24:00 SUIT-GB  hospital onhand 8100  held 0     free 8100
    ask    24:00 SUIT-GB  roads    shipped 8100  arrived 8100  lost 0  in_transit 0
    """,
    )
    assert_in_order()


def test_a_short_count_stays_on_the_road_until_somebody_explains_it(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    SUIT-GB  outside  plant       8100  opening   stock of the day before
    09:00  h1    SUIT-GB  plant    hospital    8100  hold      batch 28, line 3
    14:20  t1    SUIT-GB  plant    road_1      8100  depart    h1
    18:05  t2    SUIT-GB  road_1   hospital    6840  receive   first vehicle
    ask    18:05 SUIT-GB  roads    shipped 8100  arrived 6840  lost 0  in_transit 1260
    ask    18:05 SUIT-GB  road_1   onhand 1260
    18:30  t3    SUIT-GB  road_1   reserve     1261  receive   refused: StockInsufficient
    21:00  t4    SUIT-GB  road_1   hospital    1250  receive   second vehicle
    22:00  t5    SUIT-GB  road_1   used          10  loss      rain, protocol 7
    ask    24:00 SUIT-GB  roads    shipped 8100  arrived 8090  lost 10  in_transit 0
    ask    18:05 SUIT-GB  roads    shipped 8100  arrived 6840  lost 0   in_transit 1260
    """,
    )
    assert_in_order()


def test_a_wrong_receipt_is_booked_back_once(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    GOG      outside  plant        500  opening   stock of the day before
    10:00  t1    GOG      plant    road_1       500  depart    urgent
    13:00  t2    GOG      road_1   hospital     500  receive   typed for the wrong load
    ask    13:00 GOG      roads    shipped 500  arrived 500
    14:00  r1    GOG      -        -              -  reversal  t2, wrong load
    ask    14:00 GOG      roads    shipped 500  arrived 0    in_transit 500
    ask    14:00 GOG      hospital onhand 0
    14:05  r2    GOG      -        -              -  reversal  refused: NotReversible t2
    14:06  r3    GOG      -        -              -  reversal  refused: NotReversible r1
    ask    13:59 GOG      hospital onhand 500
    """,
    )
    assert_in_order()


def test_what_is_promised_cannot_be_promised_again(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    GOG      outside  reserve      100  opening   stock of the day before
    09:00  h1    GOG      reserve  hospital      70  hold      batch 1
    09:01  h2    GOG      reserve  hospital      31  hold      refused: StockInsufficient
    09:02  t1    GOG      reserve  road_1        31  depart    refused: StockInsufficient
    09:03  h3    GOG      reserve  hospital      30  hold      batch 2
    ask    09:03 GOG      reserve  onhand 100  held 100  free 0
    10:00  v1    GOG      -        -              -  void      h1, batch 1 was voided
    ask    10:00 GOG      reserve  onhand 100  held 30   free 70
    10:01  v2    GOG      -        -              -  void      refused: HoldNotOpen h1
    10:02  t2    GOG      reserve  road_1        70  depart    refused: HoldNotOpen h1
    10:03  t3    GOG      reserve  road_1        30  depart    h3
    10:04  t4    GOG      reserve  road_1        30  depart    refused: HoldNotOpen h3
    19:59  v3    GOG      -        -              -  expired   refused: HoldNotOpen h3
    ask    24:00 GOG      reserve  onhand 70   held 0    free 70
    ask    09:30 GOG      reserve  onhand 100  held 100  free 0
    """,
    )
    assert_in_order()


def test_a_promise_that_nobody_fetched_expires(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    GOG      outside  reserve      100  opening   stock of the day before
    09:00  h1    GOG      reserve  hospital      70  hold      until 20:00
    19:59  v1    GOG      -        -              -  expired   refused: HoldNotOpen h1
    20:00  v2    GOG      -        -              -  expired   h1, nobody came
    ask    19:59 GOG      reserve  free 30
    ask    20:00 GOG      reserve  free 100
    """,
    )
    assert_in_order()


def test_a_count_books_the_difference_and_its_reason(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    SUIT-GB  outside  reserve     1000  opening   stock of the day before
    09:00  h1    SUIT-GB  reserve  hospital     900  hold      batch 3
    10:00  c1    SUIT-GB  reserve  -            940  counted   one case was wet
    ask    10:00 SUIT-GB  reserve  onhand 940  held 900  free 40
    10:30  t1    SUIT-GB  reserve  road_1        41  depart    refused: StockInsufficient
    11:00  c2    SUIT-GB  reserve  -            899  counted   refused: StockInsufficient
    12:00  c3    SUIT-GB  reserve  -           1040  counted   two cases stood in the yard
    ask    12:00 SUIT-GB  reserve  onhand 1040  held 900  free 140
    ask    09:59 SUIT-GB  reserve  onhand 1000  held 900
    """,
    )
    assert_in_order()


def test_seized_and_returned_goods_are_always_somewhere(books: Books) -> None:
    play(
        books,
        """
    at     move  what     from     to        pieces  booked    because
    08:00  o1    GOG      outside  plant        300  opening   stock of the day before
    09:00  t1    GOG      plant    road_1       300  depart    first load
    10:00  t2    GOG      road_1   seized       100  loss      held at the county border
    11:00  t3    GOG      road_1   plant         50  return    vehicle broke down
    12:00  t4    GOG      road_1   hospital     150  receive   what arrived
    ask    12:00 GOG      seized   onhand 100
    ask    12:00 GOG      roads    shipped 300  arrived 150  lost 150  in_transit 0
    15:00  t5    GOG      seized   hospital     100  supply    released
    ask    24:00 GOG      hospital onhand 250
    ask    24:00 GOG      seized   onhand 0
    ask    24:00 GOG      plant    onhand 50
    """,
    )
    assert_in_order()


class TestTheTableItself:
    """A table that is wrong must fail: otherwise the tables above prove nothing."""

    HEAD = "at move what from to pieces booked because\n08:00 o1 GOG outside plant 5 opening -\n"

    def test_fails_on_a_wrong_answer(self, books: Books) -> None:
        with pytest.raises(AssertionError, match="ask 24:00 GOG plant onhand 6"):
            play(books, self.HEAD + "ask 24:00 GOG plant onhand 6")

    def test_fails_when_a_refusal_does_not_come(self, books: Books) -> None:
        with pytest.raises(pytest.fail.Exception):
            play(books, self.HEAD + "09:00 t1 GOG plant road_1 5 depart refused: StockInsufficient")

    def test_fails_without_its_header(self, books: Books) -> None:
        with pytest.raises(AssertionError, match="columns"):
            play(books, "08:00 o1 GOG outside plant 5 opening -")
