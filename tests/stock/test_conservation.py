"""Every unit is at exactly one place at every instant, whatever people book.

Random bookings are done on the ledger and on a model in plain Python (``model``): the ledger accepts what the model
accepts, refuses what it refuses, and says the same about the present and about any past instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qipan.kernel import clock, sealing
from qipan.stock import errors, queries
from tests.stock.books import ACCOUNTS, STORES, Books, assert_in_order, open_test_books
from tests.stock.model import Line, Model

FEW = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
START = clock.read_instant("2020-01-29T00:00")
CODES = [code for _kind, code in ACCOUNTS]
ITEMS = ("SUIT-GB", "GOG")
EMPTY = {"outside", "used"}

hours = st.integers(0, 47)
few = st.integers(1, 30)
sides = st.sampled_from([(src, dst) for src in CODES for dst in CODES if src != dst and {src, dst} != EMPTY])
line = st.tuples(sides, st.sampled_from(ITEMS), few)
promise = st.tuples(st.sampled_from(STORES), st.sampled_from(ITEMS), few)
pick = st.integers(0, 99)
step = st.one_of(
    st.tuples(st.just("post"), st.lists(line, min_size=1, max_size=4), hours),
    st.tuples(st.just("hold"), st.lists(promise, min_size=1, max_size=3), hours),
    st.tuples(st.just("depart"), pick, hours),
    st.tuples(st.just("void"), pick, hours),
    st.tuples(st.just("reverse"), pick, hours),
    st.tuples(st.just("count"), st.sampled_from(STORES), st.sampled_from(ITEMS), st.integers(0, 60), hours),
)  # fmt: skip
day = st.lists(step, min_size=12, max_size=30)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


class Pair:
    """The ledger and the model, booked alike."""

    def __init__(self, books: Books) -> None:
        self.books, self.model = books, Model()
        self._lines([Line("outside", store, item, 60, 0) for store in STORES for item in ITEMS])

    def book(self, verb: str, *words: Any) -> None:
        getattr(self, f"_{verb}")(*words)

    def _post(self, lines: list[tuple[tuple[str, str], str, int]], hour: int) -> None:
        self._lines([Line(src, dst, item, qty, hour) for (src, dst), item, qty in lines])

    def _depart(self, which: int, hour: int) -> None:
        if still_open := self.model.open_holds():
            hold = still_open[which % len(still_open)]
            (store, item), qty, _at = self.model.holds[hold]
            self._lines([Line(store, "road_1", item, qty, hour, hold=hold)], kind="depart")

    def _lines(self, lines: list[Line], kind: str = "supply") -> None:
        transfers = [self.books.line(kind, e.src, e.dst, e.qty, item=e.item, hold=e.hold) for e in lines]
        if self.model.may_post(lines):
            self.model.post(self.books.post(*transfers, at=at(lines[0].at)), lines)
        else:
            with pytest.raises(errors.StockInsufficient):
                self.books.post(*transfers, at=at(lines[0].at))

    def _hold(self, lines: list[tuple[str, str, int]], hour: int) -> None:
        asked = [((store, item), qty) for store, item, qty in lines]
        rows = [self.books.held(store, qty, item=item) for store, item, qty in lines]
        if self.model.may_hold(asked):
            for number, (key, qty) in zip(self.books.hold(*rows, at=at(hour)), asked, strict=True):
                self.model.holds[number] = (key, qty, hour)
        else:
            with pytest.raises(errors.StockInsufficient):
                self.books.hold(*rows, at=at(hour))

    def _void(self, which: int, hour: int) -> None:
        if still_open := self.model.open_holds():
            hold = still_open[which % len(still_open)]
            self.books.void(hold, at=at(hour))
            self.model.ended[hold] = hour

    def _reverse(self, which: int, hour: int) -> None:
        if not (found := self.model.reversible()):
            return
        first = found[which % len(found)]
        was = self.model.movements[first]
        back = Line(was.dst, was.src, was.item, was.qty, hour, reverses=first)
        if self.model.may_post([back]):
            self.model.post([self.books.reverse(first, at=at(hour))], [back])
        else:
            with pytest.raises(errors.StockInsufficient):
                self.books.reverse(first, at=at(hour))

    def _count(self, store: str, item: str, counted: int, hour: int) -> None:
        difference = counted - self.model.onhand()[store, item]
        line = Line("outside", store, item, difference, hour)
        if difference < 0:
            line = Line(store, "outside", item, -difference, hour)
        is_fine = self.model.may_post([line])
        try:
            assert is_fine == (difference == self._counted(store, item, counted, hour))
        except errors.StockInsufficient:
            assert not is_fine
            return
        if difference:
            self.model.post([max(queries.movements(as_of=at(99), limit=10_000), key=lambda m: m.id).id], [line])

    def _counted(self, store: str, item: str, counted: int, hour: int) -> int:
        return self.books.count(
            self.books.accounts[store], item=self.books.items[item], counted=counted, idem=uuid4(), at=at(hour)
        )

    def check(self, hour: int | None = None) -> None:
        """The ledger's reading at an instant (or now) is the model's."""
        names = {account: code for code, account in self.books.accounts.items()}
        items = {item: code for code, item in self.books.items.items()}
        rows = queries.balances(as_of=at(99 if hour is None else hour), kinds=("store", "road", "seized"))
        found = {(names[row.account], items[row.item]): (row.onhand, row.held) for row in rows}
        assert found == self.model.balances(hour)

    def check_conservation(self) -> None:
        """What is at one place is at no other: all places together, outside too, come to nothing."""
        sums: Counter[int] = Counter()
        for (_account, item), qty in queries.total_by_kind().items():
            sums[item] += qty
        assert set(sums.values()) <= {0}


@FEW
@given(steps=day, cuts=st.lists(hours, min_size=3, max_size=3))
def test_the_ledger_does_what_the_model_does(books: Books, steps: list[tuple[Any, ...]], cuts: list[int]) -> None:
    with transaction.atomic():
        pair = Pair(books)
        for verb, *words in steps:
            pair.book(verb, *words)
            assert_in_order()
        pair.check()
        pair.check_conservation()
        for cut in cuts:
            pair.check(cut)
        transaction.set_rollback(True)


@FEW
@given(steps=day, later=day, cut=hours)
def test_a_cut_that_was_known_never_moves(
    books: Books, steps: list[tuple[Any, ...]], later: list[tuple[Any, ...]], cut: int
) -> None:
    def read() -> list[queries.Holding]:
        rows = queries.balances(as_of=at(cut), known_at=at(48), kinds=("store", "road", "seized"))
        return [row for row in rows if row.onhand or row.held]

    with transaction.atomic():
        pair = Pair(books)
        with clock.held_at(at(48)):
            for verb, *words in steps:
                pair.book(verb, *words)
        sealing.seal()
        first = read()
        with clock.held_at(at(49)):
            for verb, *words in later:
                pair.book(verb, *words)
        sealing.seal()
        assert read() == first
        transaction.set_rollback(True)


TAMPERINGS = (
    "UPDATE stock_balance SET onhand = onhand + 1",
    "UPDATE stock_balance SET held = held + 1",
    "UPDATE stock_movement SET qty = qty + 1",
    "DELETE FROM kernel_waiting; DELETE FROM stock_movement",
    "DELETE FROM stock_hold",
    "DELETE FROM stock_balance",
    "INSERT INTO stock_balance (account_id, material_id, lot, onhand, held)"
    " SELECT id, (SELECT min(id) FROM catalogue_material), 5, 1, 0 FROM stock_account WHERE kind = 'road'",
)


def test_the_check_itself_sees_what_was_tampered_with(committed: None, owner_url: Callable[[str], str]) -> None:
    """The negative control: as the owner, who can, change one thing behind the functions' back."""
    books = open_test_books()
    books.put("plant", 10)
    books.hold(books.held("plant", 5))
    with psycopg.connect(owner_url("qipan_committed")) as owner:
        for tampering in TAMPERINGS:
            assert_in_order(lambda sql: owner.execute(sql).fetchall())
            with owner.transaction(force_rollback=True):
                owner.execute(tampering)
                with pytest.raises(AssertionError):
                    assert_in_order(lambda sql: owner.execute(sql).fetchall())
