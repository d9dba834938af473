"""Movements are posted all or not at all, once for a key, and never out of what is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import translation

from qipan.kernel import clock
from qipan.kernel.errors import SameKeyOtherBody
from qipan.stock import errors, operations
from qipan.stock.models import Movement, Posting
from tests.cast import key
from tests.stock.books import KEEPER, STRANGER, Books, assert_in_order


@pytest.fixture(autouse=True)
def _stays_in_order(books: Books) -> Any:
    """Whatever a test books or is refused, the books are in order afterwards."""
    yield
    assert_in_order()


def test_moves_a_quantity_from_one_account_to_another(books: Books) -> None:
    books.put("plant", 100)
    (movement,) = books.post(books.line("depart", "plant", "road_1", 60))
    assert (books.balance("plant"), books.balance("road_1")) == ((40, 0), (60, 0))
    row = Movement.objects.get(id=movement)
    assert (row.kind, row.qty, row.actor, row.tenant, row.basis) == ("depart", 60, KEEPER.id, KEEPER.tenant, "recorded")
    assert row.occurred_at == row.recorded_at == clock.now()


def test_gives_the_movements_in_the_order_of_the_lines(books: Books) -> None:
    lines = [books.line("opening", "outside", "plant", qty) for qty in (3, 1, 2)]
    ids = books.post(*lines)
    assert [Movement.objects.get(id=each).qty for each in ids] == [3, 1, 2]


def test_a_batch_may_pass_goods_on(books: Books) -> None:
    """What comes in with one line may go out with another: only the sum counts."""
    books.post(
        books.line("depart", "plant", "road_1", 100),
        books.line("opening", "outside", "plant", 100),
    )
    assert (books.balance("plant"), books.balance("road_1")) == ((0, 0), (100, 0))


def test_posts_all_or_nothing(books: Books) -> None:
    books.put("plant", 100)
    before = Movement.objects.count()
    with pytest.raises(errors.StockInsufficient):
        books.post(
            books.line("depart", "plant", "road_1", 100),
            books.line("depart", "reserve", "road_1", 1),
            idem=key("all"),
        )
    assert (books.balance("plant"), books.balance("road_1"), Movement.objects.count()) == ((100, 0), (0, 0), before)
    assert not Posting.objects.filter(idem=key("all")).exists()


def test_the_key_of_a_refused_batch_may_be_used_again(books: Books) -> None:
    line = books.line("depart", "plant", "road_1", 10)
    with pytest.raises(errors.StockInsufficient):
        books.post(line, idem=key("again"))
    books.put("plant", 10)
    books.post(line, idem=key("again"))
    assert books.balance("road_1") == (10, 0)


def test_names_what_is_missing_where(books: Books) -> None:
    books.put("plant", 100)
    books.hold(books.held("plant", 70))
    with pytest.raises(errors.StockInsufficient) as refusal:
        books.post(books.line("depart", "plant", "road_1", 20), books.line("depart", "plant", "road_2", 11))
    values = refusal.value.values
    assert (values["account_id"], values["free"], values["asked"]) == (books.accounts["plant"], 30, 31)
    with translation.override("en"):
        sentence = str(refusal.value)
    assert all(word in sentence for word in ("plant", "30", "31"))


def test_tells_what_is_missing_in_the_unit_of_the_material(books: Books) -> None:
    books.put("plant", 1500, item="DIS-84")
    with pytest.raises(errors.StockInsufficient) as refusal:
        books.post(books.line("depart", "plant", "road_1", 2500, item="DIS-84"))
    assert (refusal.value.values["free"], refusal.value.values["asked"]) == (1.5, 2.5)


def test_what_is_held_is_not_free(books: Books) -> None:
    books.put("plant", 100)
    books.hold(books.held("plant", 70))
    with pytest.raises(errors.StockInsufficient):
        books.post(books.line("depart", "plant", "road_1", 31))
    books.post(books.line("depart", "plant", "road_1", 30))
    assert books.balance("plant") == (70, 70)


def test_lots_and_items_are_kept_apart(books: Books) -> None:
    lot = operations.open_lot(books.items["SUIT-GB"], by=KEEPER, number="A1", expires_on=None)
    books.put("plant", 10, lot=lot)
    for other in (
        books.line("depart", "plant", "road_1", 1),
        books.line("depart", "plant", "road_1", 1, item="GOG", lot=lot),
    ):
        with pytest.raises(errors.StockInsufficient):
            books.post(other)
    books.post(books.line("depart", "plant", "road_1", 10, lot=lot))
    assert (books.balance("road_1", lot=lot), books.balance("road_1")) == ((10, 0), (0, 0))


def test_what_is_outside_has_no_balance_and_no_bottom(books: Books) -> None:
    books.post(books.line("use", "outside", "used", 10**12))
    assert (books.balance("outside"), books.balance("used")) == ((0, 0), (0, 0))


def test_twice_is_once(books: Books) -> None:
    line = books.line("opening", "outside", "plant", 100)
    first = books.post(line, line, idem=key("put"))
    assert books.post(line, line, idem=key("put")) == first
    assert books.balance("plant") == (200, 0)


def test_twice_is_once_even_when_the_goods_have_gone_on(books: Books) -> None:
    books.put("plant", 10)
    line = books.line("depart", "plant", "road_1", 10)
    assert books.post(line, idem=key("go")) == books.post(line, idem=key("go"))
    assert books.balance("road_1") == (10, 0)


@pytest.mark.parametrize(
    "change", [{"qty": 101}, {"lot": 1}, {"document": "other"}, {"basis": "simulated"}, {"kind": "output"}, {"dst": -1}]
)
def test_refuses_the_key_for_another_body(books: Books, change: dict[str, Any]) -> None:
    line = books.line("opening", "outside", "plant", 100)
    books.post(line, idem=key("put"))
    with pytest.raises(SameKeyOtherBody):
        books.post(replace(line, **change), idem=key("put"))
    assert books.balance("plant") == (100, 0)


def test_refuses_the_key_for_another_time_person_or_number_of_lines(books: Books) -> None:
    line = books.line("opening", "outside", "plant", 100)
    books.post(line, idem=key("put"))
    with pytest.raises(SameKeyOtherBody):
        books.post(line, idem=key("put"), at=clock.read_instant("2020-02-01T08:00"))
    with pytest.raises(SameKeyOtherBody):
        books.post(line, line, idem=key("put"))
    with pytest.raises(SameKeyOtherBody):
        operations.post_batch([line], by=replace(KEEPER, id=9), idem=key("put"), at=clock.now())
    assert books.balance("plant") == (100, 0)


def test_refuses_the_key_of_a_hold(books: Books) -> None:
    books.put("plant", 100)
    books.hold(books.held("plant", 10), idem=key("one"))
    with pytest.raises(SameKeyOtherBody):
        books.post(books.line("depart", "plant", "road_1", 10), idem=key("one"))


@pytest.mark.parametrize("change", [{"qty": 0}, {"qty": -5}, {"kind": "theft"}, {"basis": "rumour"}])
def test_refuses_what_is_no_movement(books: Books, change: dict[str, Any]) -> None:
    """The database itself refuses what no operation should ask."""
    books.put("plant", 100)
    line = replace(books.line("depart", "plant", "road_1", 10), **change)
    with pytest.raises((IntegrityError, errors.StockInsufficient)):
        books.post(line)
    assert (books.balance("plant"), books.balance("road_1")) == ((100, 0), (0, 0))


def test_refuses_a_movement_that_goes_nowhere(books: Books) -> None:
    books.put("plant", 100)
    with pytest.raises(IntegrityError):
        books.post(books.line("depart", "plant", "plant", 10))


def test_refuses_more_than_can_be_counted(books: Books) -> None:
    with pytest.raises(DataError):
        books.post(*[books.line("opening", "outside", "plant", 2**62)] * 3)
    assert books.balance("plant") == (0, 0)


def test_refuses_an_account_that_does_not_exist(books: Books) -> None:
    with pytest.raises(errors.AccountUnknown):
        books.post(replace(books.line("opening", "outside", "plant", 1), dst=2**40))


def test_a_hold_is_posted_once_and_whole(books: Books) -> None:
    books.put("plant", 100)
    (hold,) = books.hold(books.held("plant", 60))
    with pytest.raises(errors.HoldNotOpen):
        books.post(books.line("depart", "plant", "road_1", 59, hold=hold))
    books.post(books.line("depart", "plant", "road_1", 60, hold=hold))
    assert (books.balance("plant"), books.balance("road_1")) == ((40, 0), (60, 0))
    with pytest.raises(errors.HoldNotOpen):
        books.post(books.line("depart", "plant", "road_1", 60, hold=hold))


def test_a_hold_is_not_posted_twice_in_one_batch(books: Books) -> None:
    books.put("plant", 1000)
    (hold, _other) = books.hold(books.held("plant", 60), books.held("plant", 60))
    line = books.line("depart", "plant", "road_1", 60, hold=hold)
    with pytest.raises(errors.HoldNotOpen):
        books.post(line, line)
    assert books.balance("plant") == (1000, 120)


@pytest.mark.parametrize("change", [{"src": "reserve"}, {"item": "GOG"}, {"lot": 1}])
def test_a_hold_is_posted_out_of_its_own_store_item_and_lot(books: Books, change: dict[str, Any]) -> None:
    for item in ("SUIT-GB", "GOG"):
        for store in ("plant", "reserve"):
            books.put(store, 100, item=item)
    (hold,) = books.hold(books.held("plant", 60))
    line = {"kind": "depart", "src": "plant", "dst": "road_1", "qty": 60, **change}
    with pytest.raises(errors.HoldNotOpen):
        books.post(books.line(**line, hold=hold))
    assert books.balance("plant") == (100, 60)


def test_a_voided_hold_is_not_posted(books: Books) -> None:
    books.put("plant", 100)
    (hold,) = books.hold(books.held("plant", 60))
    books.void(hold)
    with pytest.raises(errors.HoldNotOpen):
        books.post(books.line("depart", "plant", "road_1", 60, hold=hold))


class TestLongCalls:
    """From 20 lines on the database plans a call by itself: it books and refuses as a short one does."""

    @pytest.mark.parametrize("lines", [1, 19, 20, 60])
    def test_books_every_line(self, books: Books, lines: int) -> None:
        books.put("plant", lines)
        books.post(*[books.line("depart", "plant", "road_1", 1, document=str(n)) for n in range(lines)])
        assert (books.balance("plant"), books.balance("road_1")) == ((0, 0), (lines, 0))

    @pytest.mark.parametrize("lines", [1, 60])
    def test_refuses_one_too_many(self, books: Books, lines: int) -> None:
        books.put("plant", lines)
        asked = [books.line("depart", "plant", "road_1", 1) for _ in range(lines + 1)]
        with pytest.raises(errors.StockInsufficient, match="plant"):
            books.post(*asked)

    @pytest.mark.parametrize("others", [0, 60])
    def test_a_hold_and_a_movement_stand_once_in_a_call(self, books: Books, others: int) -> None:
        more = [books.line("opening", "outside", "reserve", 1) for _ in range(others)]
        movement = books.put("plant", 20)
        (hold,) = books.hold(books.held("plant", 5))
        with pytest.raises(errors.HoldNotOpen):
            books.post(*[books.line("depart", "plant", "road_1", 5, hold=hold)] * 2, *more)
        back = books.line("reversal", "plant", "outside", 20, reverses=movement)
        books.void(hold)
        with pytest.raises(errors.NotReversible):
            books.post(*[back] * 2, *more)
        books.post(back, *more)

    @pytest.mark.parametrize("lines", [1, 60])
    def test_how_it_plans_ends_with_the_call(self, books: Books, lines: int) -> None:
        books.post(*[books.line("opening", "outside", "plant", 1)] * lines)
        names = ("plan_cache_mode", "enable_hashjoin", "enable_mergejoin", "search_path")
        with connection.cursor() as cursor:
            cursor.execute("SELECT setting = boot_val FROM pg_settings WHERE name = ANY(%s)", [list(names)])
            assert cursor.fetchall() == [(True,)] * len(names)


class TestOtherBooks:
    """Another province's books are out of reach."""

    def test_refuses_accounts_of_another_tenant(self, books: Books) -> None:
        operations.open_books(STRANGER.tenant)
        with pytest.raises(errors.AccountUnknown):
            operations.post_batch(
                [books.line("opening", "outside", "plant", 5)], by=STRANGER, idem=uuid4(), at=clock.now()
            )
        assert books.balance("plant") == (0, 0)

    def test_refuses_one_account_of_another_tenant_among_ones_own(self, books: Books) -> None:
        operations.open_books(STRANGER.tenant)
        own = operations.open_accounts([operations.Opening("store", "elsewhere", None, "140000")], by=STRANGER)[
            "elsewhere"
        ]
        line = replace(books.line("opening", "outside", "plant", 5), dst=own)
        for by in (STRANGER, KEEPER):
            with pytest.raises(errors.AccountUnknown):
                operations.post_batch([line], by=by, idem=uuid4(), at=clock.now())

    def test_refuses_a_tenant_without_books(self, books: Books) -> None:
        with pytest.raises(errors.LedgerRefused):
            operations.post_batch(
                [books.line("opening", "outside", "plant", 5)], by=STRANGER, idem=uuid4(), at=clock.now()
            )

    @pytest.mark.parametrize(
        ("tenant", "actor"),
        [("140000", "1"), ("100000", "2"), ("", "1"), ("100000", "")],
        ids=["tenant", "person", "no tenant", "no person"],
    )
    def test_refuses_a_session_of_somebody_else(self, books: Books, tenant: str, actor: str) -> None:
        """The function compares with the session's own settings: SECURITY DEFINER alone would not."""
        plant = books.accounts["plant"]
        sql = "SELECT stock_hold_out(100000, 1, %s, now(), now(), %s, %s, %s, %s, %s, NULL)"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('qipan.tenant', %s, true), set_config('qipan.actor', %s, true)", [tenant, actor]
            )
            with pytest.raises(Exception, match="session_differs"), transaction.atomic():
                cursor.execute(sql, [uuid4(), [plant], [books.items["GOG"]], [0], [1], ["test"]])
