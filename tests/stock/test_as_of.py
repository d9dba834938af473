"""What happened by an instant, and what we knew at one: a late report changes the first and never the second."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from qipan.kernel import clock, sealing
from qipan.kernel.figures import Cut
from qipan.kernel.models import Sealed, Tenant, Waiting
from qipan.stock import operations, queries
from qipan.stock.models import Movement
from tests.cast import key
from tests.stock.books import NATION, Books, assert_in_order, open_test_books


def at(text: str) -> datetime:
    """An instant of 29 January 2020."""
    return clock.read_instant(f"2020-01-29T{text}")


def _put(books: Books, qty: int, *, happened: str, recorded: str) -> None:
    """Book ``qty`` suits into the plant that came at one instant and were reported at another; and seal."""
    with clock.held_at(at(recorded)):
        books.put("plant", qty, at=at(happened))
    sealing.seal()


def _suits(as_of: str, known_at: str | None = None) -> int:
    rows = queries.balances(as_of=at(as_of), known_at=at(known_at) if known_at else None)
    return sum(row.onhand for row in rows)


def _held(as_of: str, known_at: str | None = None) -> int:
    return sum(r.held for r in queries.balances(as_of=at(as_of), known_at=at(known_at) if known_at else None))


def test_a_movement_counts_from_its_instant_on(books: Books) -> None:
    _put(books, 100, happened="10:00", recorded="10:00")
    assert (_suits("09:59"), _suits("10:00"), _suits("24:00")) == (0, 100, 100)


def test_a_late_report_changes_what_happened(books: Books) -> None:
    _put(books, 100, happened="10:00", recorded="10:00")
    assert _suits("12:00") == 100
    _put(books, 20, happened="11:00", recorded="20:00")
    assert (_suits("10:59"), _suits("12:00")) == (100, 120)


def test_a_late_report_does_not_change_what_we_knew(books: Books) -> None:
    _put(books, 100, happened="10:00", recorded="10:00")
    _put(books, 20, happened="11:00", recorded="20:00")
    assert _suits("12:00", known_at="12:00") == 100
    assert _suits("12:00", known_at="19:59") == 100
    assert _suits("12:00", known_at="20:00") == 120


def test_a_closed_cut_never_moves(books: Books) -> None:
    """Whatever is reported later, about whatever instant, the pack of 19:00 says what it said at 19:00."""
    cut, known = "19:00", "19:00"
    _put(books, 100, happened="10:00", recorded="10:00")
    pack = queries.balances(as_of=at(cut), known_at=at(known))
    flows = queries.flows(as_of=at(cut), known_at=at(known))
    with clock.held_at(at("21:00")):
        for hour in ("09:00", "12:00", "19:00", "20:00"):
            books.put("plant", 7, at=at(hour))
            books.post(books.line("depart", "plant", "road_1", 5), at=at(hour))
        movement = Movement.objects.order_by("id").first()
        assert movement is not None
        books.put("plant", 100, at=at("10:00"))
        books.reverse(movement.id, at=at("10:30"))
        books.count(books.accounts["plant"], item=books.items["SUIT-GB"], counted=3, idem=key("count"), at=at("11:00"))
    sealing.seal()
    assert queries.balances(as_of=at(cut), known_at=at(known)) == pack
    assert queries.flows(as_of=at(cut), known_at=at(known)) == flows
    assert queries.balances(as_of=at(cut)) != pack
    assert_in_order()


def test_an_earlier_cut_is_asked_with_todays_knowledge_or_with_that_days(books: Books) -> None:
    _put(books, 1, happened="08:00", recorded="09:00")
    _put(books, 2, happened="08:30", recorded="12:00")
    _put(books, 4, happened="11:00", recorded="11:30")
    table = {(a, k): _suits(a, k) for a in ("08:00", "10:00", "24:00") for k in ("08:30", "09:00", "11:30", "12:00")}
    assert table == {
        ("08:00", "08:30"): 0, ("08:00", "09:00"): 1, ("08:00", "11:30"): 1, ("08:00", "12:00"): 1,
        ("10:00", "08:30"): 0, ("10:00", "09:00"): 1, ("10:00", "11:30"): 1, ("10:00", "12:00"): 3,
        ("24:00", "08:30"): 0, ("24:00", "09:00"): 1, ("24:00", "11:30"): 5, ("24:00", "12:00"): 7,
    }  # fmt: skip


def test_what_is_not_sealed_is_not_known_yet(books: Books) -> None:
    with clock.held_at(at("10:00")):
        books.put("plant", 100)
    assert (_suits("24:00"), _suits("24:00", known_at="24:00")) == (100, 0)
    assert sealing.seal() == 1
    assert _suits("24:00", known_at="24:00") == 100


def test_every_reading_asks_for_the_same_knowledge(books: Books) -> None:
    _put(books, 100, happened="10:00", recorded="10:00")
    with clock.held_at(at("20:00")):
        books.post(books.line("depart", "plant", "road_1", 30), at=at("11:00"))
    sealing.seal()
    plant = books.accounts["plant"]
    for known, count, shipped in ((at("19:00"), 1, []), (at("20:00"), 2, [30]), (None, 2, [30])):
        cut = Cut(at("12:00"), known)
        assert len(queries.movements(as_of=cut.as_of, known_at=known)) == count
        assert queries.entries(plant, cut)[1] == count
        assert [f.shipped for f in queries.flows(as_of=cut.as_of, known_at=known)] == shipped
        rows = queries.stock_rows(queries.Asked(cut.as_of, known))
        assert sum(row.onhand for row in rows) == 100
        assert sum(s.rows for s in queries.stock_sums(queries.Asked(cut.as_of, known))) == len(rows) == count


def test_a_reversal_counts_from_its_own_instant_on(books: Books) -> None:
    with clock.held_at(at("10:00")):
        movement = books.put("plant", 100)
    with clock.held_at(at("20:00")):
        books.reverse(movement)
    sealing.seal()
    assert (_suits("19:59"), _suits("20:00")) == (100, 0)
    assert (_suits("24:00", known_at="19:59"), _suits("24:00", known_at="20:00")) == (100, 0)


class TestHolds:
    """What is promised is cut like what is there."""

    @pytest.fixture(autouse=True)
    def _promised(self, books: Books) -> None:
        """60 of 100 promised at 11:00, voided at 15:00, the voiding reported at 20:00."""
        _put(books, 100, happened="10:00", recorded="10:00")
        with clock.held_at(at("11:00")):
            (hold,) = books.hold(books.held("plant", 60))
        with clock.held_at(at("20:00")):
            books.void(hold, at=at("15:00"))

    def test_counts_between_promise_and_end(self) -> None:
        assert [_held(hour) for hour in ("10:59", "11:00", "14:59", "15:00", "24:00")] == [0, 60, 60, 0, 0]

    def test_is_known_from_its_recording_on(self) -> None:
        assert (_held("24:00", "10:59"), _held("24:00", "11:00")) == (0, 60)

    def test_its_end_is_known_from_its_recording_on(self) -> None:
        assert [_held("16:00", known) for known in ("15:00", "19:59", "20:00")] == [60, 60, 0]


class TestSealing:
    """The order in which movements became known."""

    def test_numbers_every_movement_once_and_in_order(self, books: Books) -> None:
        for recorded in ("10:00", "12:00", "11:00"):
            with clock.held_at(at(recorded)):
                books.put("plant", 1, at=at("09:00"))
        assert (sealing.seal(), sealing.seal(), Waiting.objects.count()) == (3, 0, 0)
        rows = list(Sealed.objects.order_by("n").values_list("n", "sealed_at"))
        assert [n for n, _sealed in rows] == [1, 2, 3]
        assert [sealed for _n, sealed in rows] == [at("10:00"), at("11:00"), at("12:00")]

    def test_later_movements_follow_and_the_first_keep_their_numbers(self, books: Books) -> None:
        _put(books, 1, happened="10:00", recorded="12:00")
        first = list(Sealed.objects.values_list())
        _put(books, 1, happened="09:00", recorded="11:00")
        assert list(Sealed.objects.filter(n=1).values_list()) == first
        assert Sealed.objects.count() == 2

    def test_is_not_needed_for_what_happened(self, books: Books) -> None:
        with clock.held_at(at("10:00")):
            books.put("plant", 100)
        assert _suits("10:00") == 100


class TestClocks:
    """Whose clock says when a movement was recorded."""

    def test_driven_books_take_the_clock_of_the_case(self, books: Books) -> None:
        _put(books, 1, happened="10:00", recorded="12:00")
        assert Movement.objects.get().recorded_at == at("12:00")

    def test_other_books_take_the_servers_whatever_the_caller_says(self, db: None) -> None:
        books = open_test_books("server")
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            begun = cursor.fetchone()[0]
        _put(books, 1, happened="10:00", recorded="12:00")
        row = Movement.objects.get()
        assert (row.occurred_at, row.recorded_at >= begun) == (at("10:00"), True)
        assert Sealed.objects.get().sealed_at >= row.recorded_at
        assert _suits("24:00", known_at="24:00") == 0

    def test_a_clock_is_never_changed_afterwards(self, books: Books) -> None:
        operations.open_books(NATION, clock_kind="server")
        assert Tenant.objects.get(id=NATION).clock == "driven"
        assert sealing.is_driven(NATION)

    def test_no_books_have_another_clock(self, db: None) -> None:
        operations.open_books(1, clock_kind="mine")
        assert Tenant.objects.count() == 0


def test_days_end_at_24_00(books: Books) -> None:
    with clock.held_at(at("23:00")):
        books.put("plant", 10)
        for hour, qty in (("23:59", 1), ("24:00", 2), ("24:00", 4)):
            books.post(books.line("depart", "plant", "road_1", qty), at=at(hour))
    days = queries.flow_days(item=books.items["SUIT-GB"], as_of=clock.now())
    assert [(day.isoformat(), shipped, arrived) for day, shipped, arrived in days] == [("2020-01-29", 7, 0)]
