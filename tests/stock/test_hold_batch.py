"""Quantities are promised all or not at all, once for a key; a promise ends once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from qipan.kernel import clock
from qipan.kernel.errors import SameKeyOtherBody
from qipan.stock import errors, operations
from qipan.stock.models import Hold, HoldEnd
from tests.cast import key
from tests.stock.books import STRANGER, Books, assert_in_order


@pytest.fixture(autouse=True)
def _stays_in_order(books: Books) -> Any:
    """100 suits in the plant to begin with; the books are in order afterwards."""
    books.put("plant", 100)
    yield
    assert_in_order()


def test_promises_quantities_out_of_stores(books: Books) -> None:
    books.put("reserve", 5)
    holds = books.hold(books.held("plant", 60), books.held("reserve", 5), books.held("plant", 40))
    assert [Hold.objects.get(id=each).qty for each in holds] == [60, 5, 40]
    assert (books.balance("plant"), books.balance("reserve")) == ((100, 100), (5, 5))


def test_promises_all_or_nothing(books: Books) -> None:
    with pytest.raises(errors.StockInsufficient):
        books.hold(books.held("plant", 60), books.held("reserve", 1), books.held("plant", 40))
    assert (books.balance("plant"), Hold.objects.count()) == ((100, 0), 0)


def test_names_what_is_missing_where(books: Books) -> None:
    books.hold(books.held("plant", 70))
    with pytest.raises(errors.StockInsufficient) as refusal:
        books.hold(books.held("plant", 20), books.held("plant", 11))
    values = refusal.value.values
    assert (values["account_id"], values["free"], values["asked"]) == (books.accounts["plant"], 30, 31)
    with translation.override("en"):
        sentence = str(refusal.value)
    assert all(word in sentence for word in ("plant", "30", "31"))


def test_twice_is_once(books: Books) -> None:
    assert books.hold(books.held("plant", 60), idem=key("hold")) == books.hold(
        books.held("plant", 60), idem=key("hold")
    )
    assert books.balance("plant") == (100, 60)


@pytest.mark.parametrize("change", [{"qty": 59}, {"document": "other"}, {"lot": 1}, {"account": -1}, {"item": -1}])
def test_refuses_the_key_for_another_body(books: Books, change: dict[str, Any]) -> None:
    line = books.held("plant", 60)
    books.hold(line, idem=key("hold"))
    with pytest.raises(SameKeyOtherBody):
        books.hold(replace(line, **change), idem=key("hold"))
    with pytest.raises(SameKeyOtherBody):
        books.hold(line, idem=key("hold"), expires_at=clock.now())
    assert books.balance("plant") == (100, 60)


@pytest.mark.parametrize("qty", [0, -1])
def test_refuses_to_promise_nothing(books: Books, qty: int) -> None:
    books.hold(books.held("plant", 10))
    with pytest.raises(Exception, match="hold_qty"):
        books.hold(books.held("plant", qty))
    assert books.balance("plant") == (100, 10)


@pytest.mark.parametrize("account", ["road_1", "outside", "used"])
def test_promises_only_out_of_stores(books: Books, account: str) -> None:
    with pytest.raises(errors.AccountUnknown):
        books.hold(books.held(account, 1))


def test_refuses_a_store_of_other_books(books: Books) -> None:
    operations.open_books(STRANGER.tenant)
    with pytest.raises(errors.AccountUnknown):
        operations.hold_batch([books.held("plant", 1)], by=STRANGER, idem=uuid4(), at=clock.now())


def test_a_voided_promise_is_free_again(books: Books) -> None:
    first, second = books.hold(books.held("plant", 60), books.held("plant", 10))
    books.void(first)
    assert books.balance("plant") == (100, 10)
    books.void(second)
    assert books.balance("plant") == (100, 0)


def test_a_promise_ends_once(books: Books) -> None:
    first, second = books.hold(books.held("plant", 60), books.held("plant", 10))
    books.void(first)
    with pytest.raises(errors.HoldNotOpen):
        books.void(first)
    with pytest.raises(errors.HoldNotOpen):
        books.void(first, second)
    assert books.balance("plant") == (100, 10)


def test_a_promise_named_twice_ends_not_at_all(books: Books) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold, hold)
    assert books.balance("plant") == (100, 60)


def test_a_promise_that_was_kept_is_not_voided(books: Books) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    books.post(books.line("depart", "plant", "road_1", 60, hold=hold))
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold)
    assert HoldEnd.objects.get().how == "posted"


def test_voiding_twice_with_one_key_is_once(books: Books) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    for _twice in range(2):
        books.void(hold, idem=key("void"))
    assert (books.balance("plant"), HoldEnd.objects.count()) == ((100, 0), 1)


def test_refuses_to_void_a_promise_of_other_books(books: Books) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    operations.open_books(STRANGER.tenant)
    with pytest.raises(errors.HoldNotOpen):
        operations.void_holds([hold], by=STRANGER, idem=uuid4(), at=clock.now())
    assert books.balance("plant") == (100, 60)


def test_a_promise_expires_when_its_time_has_come_and_not_before(books: Books) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    (hold,) = books.hold(books.held("plant", 60), expires_at=tomorrow)
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold, how="expired")
    books.void(hold, how="expired", at=tomorrow)
    assert (books.balance("plant"), HoldEnd.objects.get().how) == ((100, 0), "expired")


def test_a_promise_without_an_end_does_not_expire(books: Books) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold, how="expired")


@pytest.mark.parametrize("how", ["posted", "lost", ""])
def test_a_promise_is_voided_or_expires_and_nothing_else(books: Books, how: str) -> None:
    (hold,) = books.hold(books.held("plant", 60))
    with pytest.raises(errors.HoldNotOpen):
        books.void(hold, how=how)
