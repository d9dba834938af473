"""A wrong movement is booked back, once, by another; the first stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from qipan.kernel import clock, events
from qipan.kernel.access import Grant
from qipan.kernel.errors import NotAllowed
from qipan.stock import errors, operations, queries
from qipan.stock.models import Movement
from tests.cast import Cast, key
from tests.stock.books import ACTIONS, KEEPER, STRANGER, Books, assert_in_order


@pytest.fixture
def departure(books: Books) -> int:
    """60 of 100 suits left the plant."""
    books.put("plant", 100)
    return books.post(books.line("depart", "plant", "road_1", 60))[0]


def test_books_it_back_and_points_at_it(books: Books, departure: int) -> None:
    first = Movement.objects.get(id=departure)
    back = Movement.objects.get(id=books.reverse(departure))
    assert (books.balance("plant"), books.balance("road_1")) == ((100, 0), (0, 0))
    assert (back.kind, back.reverses_id, back.qty) == ("reversal", departure, 60)
    assert (back.src_id, back.dst_id, back.document) == (first.dst_id, first.src_id, first.document)
    assert Movement.objects.filter(id=departure).values().get() == {
        field.attname: getattr(first, field.attname) for field in Movement._meta.fields
    }
    assert_in_order()


def test_says_why_in_the_trail(books: Books, departure: int) -> None:
    back = books.reverse(departure)
    (event,) = events.trail(f"movement/{departure}")
    said = {"reason": "typed twice", "movement": back, "proposed_by": "keeper"}
    assert (event.key, event.actor_name, event.detail) == ("stock.reversed", "second", said)


def test_takes_it_out_of_the_flows(books: Books, departure: int) -> None:
    assert [flow.shipped for flow in queries.flows(as_of=clock.now())] == [60]
    books.reverse(departure)
    assert [flow.shipped for flow in queries.flows(as_of=clock.now())] == [0]
    assert queries.routes(item=books.items["SUIT-GB"], since=clock.now() - timedelta(1), as_of=clock.now()) == []


def test_books_back_once(books: Books, departure: int) -> None:
    books.reverse(departure)
    with pytest.raises(errors.NotReversible):
        books.reverse(departure)
    assert books.balance("plant") == (100, 0)


def test_does_not_book_a_reversal_back(books: Books, departure: int) -> None:
    back = books.reverse(departure)
    with pytest.raises(errors.NotReversible):
        books.reverse(back)


def test_twice_is_once(books: Books, departure: int) -> None:
    assert books.reverse(departure, idem=key("back")) == books.reverse(departure, idem=key("back"))
    assert (books.balance("plant"), len(events.trail(f"movement/{departure}"))) == ((100, 0), 1)


def test_refuses_when_the_goods_have_gone_on(books: Books, departure: int) -> None:
    books.post(books.line("receive", "road_1", "hospital", 30))
    with pytest.raises(errors.StockInsufficient) as refusal:
        books.reverse(departure)
    assert (refusal.value.values["free"], refusal.value.values["asked"]) == (30, 60)
    assert events.trail(f"movement/{departure}") == []


def test_refuses_to_take_back_what_is_promised(books: Books) -> None:
    movement = books.put("plant", 100)
    books.hold(books.held("plant", 1))
    with pytest.raises(errors.StockInsufficient):
        books.reverse(movement)
    assert books.balance("plant") == (100, 1)


def test_goods_booked_back_are_free_and_the_promise_stays_ended(books: Books) -> None:
    books.put("plant", 100)
    (hold,) = books.hold(books.held("plant", 60))
    (movement,) = books.post(books.line("depart", "plant", "road_1", 60, hold=hold))
    books.reverse(movement)
    assert books.balance("plant") == (100, 0)
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold)
    assert_in_order()


def test_refuses_a_movement_that_does_not_exist(books: Books) -> None:
    with pytest.raises(errors.NotReversible):
        books.reverse(2**40)


def test_refuses_a_movement_of_other_books(books: Books, departure: int) -> None:
    operations.open_books(STRANGER.tenant)
    with pytest.raises(errors.NotReversible):
        operations.propose_reversal(departure, reason="mine", by=STRANGER, idem=uuid4(), at=clock.now())


def test_refuses_who_may_not(books: Books, departure: int) -> None:
    with pytest.raises(NotAllowed):
        counter = replace(KEEPER, grants=(Grant(frozenset({"stock.count"})),))
        operations.propose_reversal(departure, reason="x", by=counter, idem=uuid4(), at=clock.now())
    assert books.balance("road_1") == (60, 0)


def test_refuses_who_answers_for_another_region(books: Books, departure: int) -> None:
    somebody = replace(KEEPER, id=7, grants=(Grant(ACTIONS, region="140000"),))
    with pytest.raises(NotAllowed):
        operations.propose_reversal(departure, reason="x", by=somebody, idem=uuid4(), at=clock.now())


@pytest.mark.parametrize(
    "change", [{"qty": 59}, {"src": "plant", "dst": "road_1"}, {"dst": "reserve"}, {"item": "GOG"}, {"lot": 1}]
)
def test_goes_back_the_same_way_and_whole(books: Books, departure: int, change: dict[str, object]) -> None:
    books.put("road_1", 100, item="GOG")
    line = {"kind": "reversal", "src": "road_1", "dst": "plant", "qty": 60, "reverses": departure, **change}
    with pytest.raises(errors.NotReversible):
        books.post(books.line(**line))  # type: ignore[arg-type]


def test_is_not_booked_twice_in_one_batch(books: Books, departure: int) -> None:
    books.put("road_1", 100)
    line = books.line("reversal", "road_1", "plant", 60, reverses=departure)
    with pytest.raises(errors.NotReversible):
        books.post(line, line)
    assert books.balance("road_1") == (160, 0)


def test_a_keeper_of_the_centre_may(cast: Cast) -> None:
    cast.put("plant_a", "GOG", 5)
    (movement,) = Movement.objects.values_list("id", flat=True)
    cast.book_back(movement)
    assert queries.balances(as_of=clock.now()) == []
