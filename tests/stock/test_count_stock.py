"""A count books the difference between what is there and what the books say, with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from qipan.kernel import clock, events
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed, Refused, SameKeyOtherBody
from qipan.stock import errors, operations, queries
from qipan.stock.models import Movement
from tests.cast import Cast, key
from tests.stock.books import KEEPER, Books, assert_in_order


@pytest.fixture(autouse=True)
def _stays_in_order(books: Books) -> Any:
    """100 suits in the plant to begin with; the books are in order afterwards."""
    books.put("plant", 100)
    yield
    assert_in_order()


def _count(books: Books, counted: int, *, account: str = "plant", idem: str = "count", by: Actor = KEEPER,
           item: str = "SUIT-GB", reason: str = "two cases found", **more: Any) -> int:  # fmt: skip
    return books.count(
        books.accounts[account], item=books.items[item], counted=counted, reason=reason, by=by, idem=key(idem),
        at=clock.now(), **more,
    )  # fmt: skip


@pytest.mark.parametrize(("counted", "difference"), [(110, 10), (90, -10), (0, -100), (100, 0)])
def test_books_the_difference(books: Books, counted: int, difference: int) -> None:
    assert _count(books, counted) == difference
    assert books.balance("plant") == (counted, 0)


def test_books_nothing_when_the_books_are_right(books: Books) -> None:
    before = Movement.objects.count()
    assert _count(books, 100) == 0
    assert Movement.objects.count() == before


def test_the_difference_comes_from_outside(books: Books) -> None:
    _count(books, 110)
    _count(books, 105, idem="later")
    rows = queries.movements(as_of=clock.now(), limit=2)
    assert [(row.kind, row.src, row.dst, row.qty) for row in rows] == [
        ("count", "plant", "outside/count", 5),
        ("count", "outside/count", "plant", 10),
    ]


def test_the_trail_says_what_was_counted_and_why(books: Books) -> None:
    _count(books, 110)
    (event,) = events.trail(f"account/{books.accounts['plant']}")
    assert event.key == "stock.counted"
    assert (event.detail["counted"], event.detail["difference"]) == (110, 10)
    assert event.detail["reason"] == "two cases found"


def test_a_count_without_a_difference_leaves_its_trail_too(books: Books) -> None:
    _count(books, 100)
    assert len(events.trail(f"account/{books.accounts['plant']}")) == 1


def test_counts_what_the_books_do_not_know(books: Books) -> None:
    assert _count(books, 7, account="hospital", item="GOG") == 7
    assert books.balance("hospital", item="GOG") == (7, 0)


def test_counts_one_lot(books: Books) -> None:
    lot = operations.open_lot(books.items["SUIT-GB"], by=KEEPER, number="A1", expires_on=None)
    books.put("plant", 20, lot=lot)
    assert _count(books, 15, lot=lot) == -5
    assert (books.balance("plant"), books.balance("plant", lot=lot)) == ((100, 0), (15, 0))


def test_twice_is_once(books: Books) -> None:
    """The answer is the first one's, even when the books have moved on."""
    assert _count(books, 110) == 10
    books.post(books.line("depart", "plant", "road_1", 50))
    assert _count(books, 110) == 10
    assert books.balance("plant") == (60, 0)


@pytest.mark.parametrize("change", [{"counted": 111}, {"reason": "other"}, {"account": "reserve"}, {"item": "GOG"}])
def test_refuses_the_key_for_another_count(books: Books, change: dict[str, Any]) -> None:
    _count(books, 110)
    with pytest.raises(SameKeyOtherBody):
        _count(books, **{"counted": 110, **change})
    assert books.balance("plant") == (110, 0)


def test_refuses_to_count_away_what_is_promised(books: Books) -> None:
    """Somebody was promised it: the promise is voided first, knowingly."""
    books.hold(books.held("plant", 60))
    with pytest.raises(errors.StockInsufficient):
        _count(books, 59)
    assert _count(books, 60, idem="other") == -40
    assert books.balance("plant") == (60, 60)


@pytest.mark.parametrize("counted", [-1, -101])
def test_refuses_less_than_nothing(books: Books, counted: int) -> None:
    with pytest.raises(Refused):
        _count(books, counted)
    assert (books.balance("plant"), events.trail(f"account/{books.accounts['plant']}")) == ((100, 0), [])


def test_refuses_who_may_not_count(books: Books) -> None:
    with pytest.raises(NotAllowed):
        _count(books, 110, by=replace(KEEPER, grants=(Grant(frozenset({"read"})),)))
    assert books.balance("plant") == (100, 0)


@pytest.mark.parametrize("account", ["road_1", "outside", "used"])
def test_counts_only_in_stores(books: Books, account: str) -> None:
    with pytest.raises(errors.AccountUnknown):
        _count(books, 1, account=account)


def test_refuses_a_store_that_does_not_exist(books: Books) -> None:
    with pytest.raises(errors.AccountUnknown):
        operations.count_stock(
            2**40, item=books.items["GOG"], counted=0, reason="x", by=KEEPER, idem=key("x"), at=clock.now()
        )


def test_is_seen_as_of_its_instant(books: Books) -> None:
    earlier = clock.now() - timedelta(hours=2)
    with clock.held_at(clock.now() + timedelta(hours=1)):
        _count(books, 110)
        held = queries.balances(as_of=clock.now())
    assert [h.onhand for h in held] == [110]
    assert queries.balances(as_of=earlier) == []


class TestWhoMay:
    """Every door calls this one: the screen, the API."""

    def _count(self, cast: Cast, store: str, by: Actor) -> int:
        return operations.count_stock(
            cast.accounts[store], item=cast.items["SUIT-GB"].id, counted=5, reason="found", by=by, idem=key(store),
            at=clock.now(),
        )  # fmt: skip

    def test_a_storekeeper_of_a_hospital_counts_its_store(self, cast: Cast) -> None:
        assert self._count(cast, "wuhan_a", cast.receiver) == 5

    @pytest.mark.parametrize("store", ["wuhan_b", "plant_a", "reserve"])
    def test_and_nobody_elses(self, cast: Cast, store: str) -> None:
        with pytest.raises(NotAllowed):
            self._count(cast, store, cast.receiver)

    def test_a_keeper_of_the_centre_counts_every_store(self, cast: Cast) -> None:
        assert self._count(cast, "wuhan_b", cast.keeper) == 5
