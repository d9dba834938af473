"""Many at once: no more is given out than there is, a key books once, one of two wins, nobody waits for ever.

Every thread has its own connection, and transactions really commit. ``gate`` holds a store's balance until all
threads wait for it, so that they really meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Barrier, Thread
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, connection

from qipan.kernel import clock, sealing
from qipan.kernel.errors import SameKeyOtherBody
from qipan.stock import errors, operations
from qipan.stock.models import Balance, Correction, Hold, HoldEnd, Movement, Posting
from qipan.stock.operations import calls
from tests.cast import key
from tests.stock.books import KEEPER, SECOND, Books, assert_in_order, at_once

THREADS = 16
Owner = Callable[[], psycopg.Connection]


@pytest.fixture
def books(committed_books: Books) -> Books:
    """Books that all threads see."""
    return committed_books


@pytest.fixture
def owner(books: Books, races: str) -> Owner:
    """Opens a connection of the owner to these books."""
    return lambda: psycopg.connect(races)


def through_the_gate(owner: Owner, calls: list[Callable[[], Any]], then: Callable[[], Any] | None = None) -> list[Any]:
    """Run the calls while every balance is locked, until all of them wait; do ``then``; let go; give their answers."""
    answers: list[Any] = []
    with owner() as lock, owner() as watch:
        watch.autocommit = True
        lock.execute("SELECT FROM stock_balance FOR UPDATE")
        threads = Thread(target=lambda: answers.extend(at_once(calls)))
        threads.start()
        try:
            _wait_until_all_wait(watch, len(calls))
            if then is not None:
                then()
        finally:
            lock.rollback()
            threads.join(60)
    assert not threads.is_alive()
    return answers


def _wait_until_all_wait(watch: psycopg.Connection, count: int) -> None:
    deadline = monotonic() + 60
    while watch.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted").fetchone() != (count,):
        assert monotonic() < deadline, "they never met"


def kinds(answers: list[Any]) -> Counter[str]:
    """How many answered what; what is no refusal is ``done``."""
    return Counter(type(a).__name__ if isinstance(a, Exception) else "done" for a in answers)


def test_a_call_outside_a_transaction_is_one_of_its_own(books: Books) -> None:
    """What is refused when it commits (there is no such material) leaves nothing behind, neither key nor session."""
    line = replace(books.line("opening", "outside", "plant", 1), item=999_999)
    with pytest.raises(IntegrityError):
        books.post(line, idem=key("one"))
    assert (Movement.objects.count(), Posting.objects.count(), Balance.objects.count()) == (0, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('qipan.actor', true)")
        assert cursor.fetchone() in [("",), (None,)]
    books.post(books.line("opening", "outside", "plant", 1), idem=key("one"))


class TestOneHotStock:
    """500 suits, and 16 who draw 7 at a time, as often as they can."""

    STOCK, DRAW, TIMES = 500, 7, 6

    def _draw(self, books: Books, verb: str) -> int:
        """Draw some times; returns how often there was enough."""
        done = 0
        for _time in range(self.TIMES):
            try:
                if verb == "post":
                    books.post(books.line("depart", "plant", "road_1", self.DRAW))
                else:
                    books.hold(books.held("plant", self.DRAW))
                done += 1
            except errors.StockInsufficient:
                pass
        return done

    def test_never_gives_out_more_than_there_is(self, books: Books) -> None:
        books.put("plant", self.STOCK)
        assert THREADS * self.TIMES * self.DRAW > self.STOCK
        answers = at_once([partial(self._draw, books, "post")] * THREADS)
        assert sum(answers) == self.STOCK // self.DRAW
        assert books.balance("plant") == (self.STOCK % self.DRAW, 0)
        assert_in_order()

    def test_never_promises_what_another_takes_away(self, books: Books) -> None:
        books.put("plant", self.STOCK)
        answers = at_once([partial(self._draw, books, verb) for verb in ("post", "hold") * (THREADS // 2)])
        onhand, held = books.balance("plant")
        assert sum(answers) == self.STOCK // self.DRAW
        assert onhand - held == self.STOCK % self.DRAW
        assert_in_order()

    def test_of_all_who_ask_for_the_last_one_gets_it(self, books: Books, owner: Owner) -> None:
        books.put("plant", 1)
        draws = [partial(books.post, books.line("depart", "plant", "road_1", 1)) for _ in range(THREADS)]
        answers = through_the_gate(owner, draws)
        assert kinds(answers) == {"done": 1, "StockInsufficient": THREADS - 1}
        assert (books.balance("plant"), books.balance("road_1")) == ((0, 0), (1, 0))

    @pytest.mark.parametrize("write", ["onhand = onhand - 1", "onhand = %(seen)s - 1"], ids=["subtract", "overwrite"])
    def test_reading_checking_and_writing_would(self, books: Books, owner: Owner, write: str) -> None:
        """The negative control: the same race on a copy of the balances, without the function and its locks."""
        books.put("plant", 1)
        with owner() as make:
            make.execute("DROP TABLE IF EXISTS naive; CREATE TABLE naive AS SELECT * FROM stock_balance")
        all_have_read = Barrier(THREADS)

        def draw() -> bool:
            with owner() as mine:
                (seen,) = mine.execute("SELECT onhand FROM naive").fetchone() or (0,)
                all_have_read.wait(60)
                if seen >= 1:
                    mine.execute(f"UPDATE naive SET {write}", {"seen": seen})
            return bool(seen)

        given_out = sum(at_once([draw] * THREADS))
        assert given_out == THREADS > 1


class TestOneKey:
    """A phone that asks again and again, on several lines at once."""

    def test_books_once(self, books: Books, owner: Owner) -> None:
        books.put("plant", 100)
        line = books.line("depart", "plant", "road_1", 5)
        answers = through_the_gate(owner, [partial(books.post, line, idem=key("receipt"))] * THREADS)
        assert kinds(answers) == {"done": THREADS}
        assert len({tuple(answer) for answer in answers}) == 1
        assert books.balance("road_1") == (5, 0)
        assert Movement.objects.filter(idem=key("receipt")).count() == 1

    def test_promises_once(self, books: Books, owner: Owner) -> None:
        books.put("plant", 100)
        answers = through_the_gate(owner, [partial(books.hold, books.held("plant", 5), idem=key("hold"))] * THREADS)
        assert len({tuple(answer) for answer in answers}) == Hold.objects.count() == 1
        assert books.balance("plant") == (100, 5)

    def test_counts_once(self, books: Books) -> None:
        books.put("plant", 100)
        count = partial(
            operations.count_stock, books.accounts["plant"], item=books.items["SUIT-GB"], counted=90, reason="wet",
            by=KEEPER, idem=key("count"), at=clock.now(),
        )  # fmt: skip
        assert at_once([count] * 8) == [-10] * 8
        (waiting,) = Correction.objects.all()
        confirm = partial(operations.confirm_correction, waiting.id, by=SECOND, idem=key("confirm"), at=clock.now())
        assert len(set(at_once([confirm] * 8))) == 1
        assert books.balance("plant") == (90, 0)

    def test_of_many_who_confirm_at_once_one_does(self, books: Books) -> None:
        books.put("plant", 100)
        operations.count_stock(
            books.accounts["plant"], item=books.items["SUIT-GB"], counted=90, reason="wet", by=KEEPER,
            idem=key("count"), at=clock.now(),
        )  # fmt: skip
        (waiting,) = Correction.objects.all()

        def confirm(who: int) -> str:
            try:
                by = replace(SECOND, id=who)
                operations.confirm_correction(waiting.id, by=by, idem=key("confirm", who), at=clock.now())
            except errors.CorrectionEnded:
                return "told"
            return "booked"

        answers = at_once([partial(confirm, who) for who in range(10, 18)])
        assert sorted(answers) == ["booked"] + ["told"] * 7
        assert books.balance("plant") == (90, 0)

    def test_of_two_bodies_one_is_booked(self, books: Books, owner: Owner) -> None:
        books.put("plant", 100)
        posts = [partial(books.post, books.line("depart", "plant", "road_1", qty), idem=key("x")) for qty in (5, 6)]
        answers = through_the_gate(owner, posts)
        assert kinds(answers) == {"done": 1, "SameKeyOtherBody": 1}
        assert any(isinstance(answer, SameKeyOtherBody) for answer in answers)
        assert books.balance("road_1")[0] in (5, 6)

    def test_is_free_again_when_the_first_was_refused(self, books: Books, owner: Owner) -> None:
        """All wait for the first; it is refused; the next tries in its stead."""
        books.put("plant", 1)
        answers = through_the_gate(
            owner, [partial(books.post, books.line("depart", "plant", "road_1", 2), idem=key("x"))] * 4
        )
        assert kinds(answers) == {"StockInsufficient": 4}
        assert not Posting.objects.filter(idem=key("x")).exists()

    def test_books_once_when_the_connection_breaks(self, books: Books, owner: Owner) -> None:
        """The server cuts the connection while the posting waits; it is tried again with the same key."""
        books.put("plant", 100)
        line = books.line("depart", "plant", "road_1", 5)
        (answer,) = through_the_gate(owner, [partial(books.post, line, idem=key("x"))], then=_cut_off)
        assert not isinstance(answer, Exception)
        assert (books.balance("road_1"), Movement.objects.filter(idem=key("x")).count()) == ((5, 0), 1)

    def test_says_unknown_and_never_failed_when_it_stays_broken(
        self, books: Books, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "TRIES", 1)
        books.put("plant", 100)
        line = books.line("depart", "plant", "road_1", 5)
        (answer,) = through_the_gate(owner, [partial(books.post, line, idem=key("x"))], then=_cut_off)
        assert isinstance(answer, errors.OutcomeUnknown)
        assert str(key("x")) in str(answer)
        monkeypatch.undo()
        books.post(line, idem=key("x"))
        assert books.balance("road_1") == (5, 0)


def _cut_off() -> None:
    """End the connections that wait for a lock; the web role may end its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")


class TestOneHold:
    """Two end the same promise: one wins, the other hears that it is no longer open."""

    @pytest.fixture
    def hold(self, books: Books) -> int:
        """60 of 100 promised; 20 more promised to somebody else."""
        books.put("plant", 100)
        return books.hold(books.held("plant", 60), books.held("plant", 20))[0]

    @pytest.mark.parametrize(
        "verbs",
        [("void", "void"), ("post", "post"), ("void", "post"), ("void", "post") * 4],
        ids=["void-void", "post-post", "void-post", "many"],
    )
    @pytest.mark.parametrize("held_beside", [0, 200], ids=["alone", "beside others"])
    def test_one_wins(self, books: Books, owner: Owner, hold: int, verbs: tuple[str, ...], held_beside: int) -> None:
        if held_beside:
            books.put("plant", held_beside)
            books.hold(books.held("plant", held_beside))
        ends = {
            "void": partial(books.void, hold),
            "post": partial(books.post, books.line("depart", "plant", "road_1", 60, hold=hold)),
        }
        answers = through_the_gate(owner, [ends[verb] for verb in verbs])
        assert kinds(answers) == {"done": 1, "HoldNotOpen": len(verbs) - 1}
        how = HoldEnd.objects.get(hold=hold).how
        gone = 60 if how == "posted" else 0
        assert books.balance("plant") == (100 + held_beside - gone, 20 + held_beside)
        assert_in_order()


def test_of_two_who_book_one_movement_back_one_wins(books: Books, owner: Owner) -> None:
    books.put("plant", 500)
    (movement,) = books.post(books.line("depart", "plant", "road_1", 60))
    books.put("road_1", 500)
    answers = through_the_gate(owner, [partial(books.reverse, movement) for _ in range(4)])
    assert kinds(answers) == {"done": 1, "NotReversible": 3}
    assert (books.balance("plant"), books.balance("road_1")) == ((500, 0), (500, 0))
    assert_in_order()


def test_batches_that_touch_the_same_accounts_in_opposite_order_do_not_lock_each_other_out(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a second try: a deadlock would come out as "unknown"."""
    monkeypatch.setattr(calls, "TRIES", 1)
    lines = [
        books.line("supply", src, dst, 1, item=item)
        for src, dst in (("outside", "plant"), ("outside", "reserve"), ("outside", "hospital"), ("outside", "road_1"))
        for item in ("GOG", "SUIT-GB", "SHIELD")
    ]

    def work(order: int) -> None:
        for _time in range(6):
            books.post(*lines[::order])

    answers = at_once([partial(work, order) for order in (1, -1) * 4])
    assert kinds(answers) == {"done": 8}
    assert books.balance("hospital", item="SHIELD") == (48, 0)
    assert_in_order()


def test_taking_the_same_locks_in_opposite_order_would(books: Books, owner: Owner) -> None:
    """The negative control: two who update two balances each, one forwards and one backwards."""
    books.put("plant", 1)
    books.put("reserve", 1)
    both_have_one = Barrier(2)

    def work(first: str, second: str) -> None:
        with owner() as mine:
            for name in (first, second):
                mine.execute("UPDATE stock_balance SET held = held WHERE account_id = %s", [books.accounts[name]])
                if name == first:
                    both_have_one.wait(60)

    answers = at_once([partial(work, "plant", "reserve"), partial(work, "reserve", "plant")])
    assert kinds(answers) == {"done": 1, "DeadlockDetected": 1}


def test_an_account_and_a_lot_are_opened_once(books: Books) -> None:
    def open_both() -> tuple[int, int]:
        account = operations.open_accounts([operations.Opening("store", "fresh", None, "420000")], by=KEEPER)["fresh"]
        return account, operations.open_lot(books.items["GOG"], by=KEEPER, number="L1", expires_on=None)

    assert len(set(at_once([open_both] * 8))) == 1


def test_sealers_at_once_number_every_movement_once(books: Books) -> None:
    for _time in range(3):
        books.post(*[books.line("opening", "outside", "plant", 1)] * 5)
    puts: list[Callable[[], Any]] = [partial(books.put, "plant", 1, item="GOG") for _ in range(4)]
    at_once([*puts, *[sealing.seal] * 4])
    sealing.seal()
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(n ORDER BY n), count(DISTINCT (kind, ref)) FROM kernel_sealed")
        assert cursor.fetchone() == (list(range(1, 20)), 19)


def test_the_gate_really_makes_them_meet(books: Books, owner: Owner) -> None:
    """Nothing is booked before the gate is opened."""
    books.put("plant", 100)
    seen: list[UUID] = []

    def look() -> None:
        with owner() as found:
            seen.extend(row[0] for row in found.execute("SELECT idem FROM stock_posting"))

    through_the_gate(owner, [partial(books.put, "plant", 1) for _ in range(4)], then=look)
    assert (len(seen), books.balance("plant")) == (1, (104, 0))
