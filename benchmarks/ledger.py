"""Posting one line and a thousand, beside the least and beside the naive way; the sealer beside; one hot stock."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

from benchmarks.books import as_served
from benchmarks.race import Rate, in_order, race_rates, rate_of

LINES, STORES, ITEMS = 1000, 100, 10
SINGLE, SINGLE_ROUNDS, BATCH_ROUNDS, LOOP_ROUNDS = 20, 60, 25, 7
TURN_SECONDS, TURNS = 3.0, 10
THREADS, DRAWS, HOT, HOT_ROUNDS = 32, 12, 256, 5
TENANT, PLENTY = 100000, 1_000_000
COLUMNS = (
    "tenant, idem, line, kind, material_id, lot, src_id, dst_id, qty, basis, document, occurred_at, recorded_at, actor"
)


@dataclass(frozen=True)
class Books:
    """A hundred stores with plenty of ten items, and one ``hot`` store with none yet; accounts and items by id."""

    by: Any
    outside: int
    hot: int
    stores: list[int]
    items: list[int]

    def supply(self, number: int) -> Any:
        """The ``number``-th of all transfers from one store to the next."""
        from qipan.stock.operations import Transfer

        item, store = self.items[number % ITEMS], number // ITEMS % STORES
        return Transfer("supply", item, self.stores[store], self.stores[store - 1], 1, document="benchmark")

    def fill(self, account: int, item: int, qty: int) -> Any:
        from qipan.stock.operations import Transfer

        return Transfer("opening", item, self.outside, account, qty, document="benchmark")


def measure() -> Iterator[Rate]:
    """As ``qipan serve`` posts: nobody waits for a seal. Everything is committed, on a server that writes to disk."""
    from benchmarks import naive

    books = _open_books()
    naive.make_tables()
    try:
        with as_served():
            yield from _single(books)
            yield from _batch(books)
            yield _beside_the_sealer(books)
            yield _hot_stock(books)
    finally:
        naive.drop_tables()


def _open_books() -> Books:
    from qipan.catalogue import queries as catalogue
    from qipan.kernel import clock
    from qipan.kernel.access import Actor, Grant
    from qipan.stock import operations as stock

    stock.open_books(TENANT)
    by = Actor(1, "benchmark", grants=(Grant(frozenset({"stock.open"})),))
    wanted = [stock.Opening("store", f"bench/{n}", None, "420100") for n in range(STORES)]
    wanted += [stock.Opening("source", "bench/outside"), stock.Opening("store", "bench/hot", None, "420100")]
    accounts = stock.open_accounts(wanted, by=by)
    stores = [accounts[f"bench/{n}"] for n in range(STORES)]
    books = Books(by, accounts["bench/outside"], accounts["bench/hot"], stores, list(catalogue.materials())[:ITEMS])
    lines = [books.fill(store, item, PLENTY) for store in stores for item in books.items]
    lines += [books.fill(books.hot, item, 1) for item in books.items]
    stock.post_batch(lines, by=by, idem=uuid4(), at=clock.now())
    return books


def _single(books: Books) -> Iterator[Rate]:
    """One line in a transaction of its own; where both begin with the same number of rows."""
    from django.db import connections

    from benchmarks import naive

    numbers, size = itertools.count(), f"committed, {SINGLE} a turn"
    insert = f"INSERT INTO bench_movement ({COLUMNS}) VALUES ({', '.join(['%s'] * 14)})"
    owner = connections["owner"]
    owner.ensure_connection()
    with _like_movements(), owner.get_new_connection(owner.get_connection_params()) as bare:
        bare.autocommit = True

        def insert_one() -> None:
            bare.execute(insert, _row(books.supply(next(numbers)), uuid4(), 1))

        def one() -> None:
            _post(books, [books.supply(next(numbers))])

        def naive_one() -> None:
            _post(books, [books.supply(next(numbers))], naive.post_locking)

        yield race_rates("posting one line", _times(SINGLE, one), "a bare INSERT of the row",
                         _times(SINGLE, insert_one), size=size, rounds=SINGLE_ROUNDS, each=SINGLE, aim=0.5)  # fmt: skip
    yield race_rates("posting one line", _times(SINGLE, one), "a loop over Django's models", _times(SINGLE, naive_one),
                     size=size, rounds=SINGLE_ROUNDS // 2, each=SINGLE, aim=5)  # fmt: skip


def _batch(books: Books) -> Iterator[Rate]:
    from django.db import connections

    from benchmarks import naive

    lines = [books.supply(number) for number in range(LINES)]
    size = f"{LINES:,} lines, {ITEMS} items × {STORES} stores, committed"
    with _like_movements(), connections["owner"].cursor() as cursor:

        def copy() -> None:
            key = uuid4()
            with cursor.copy(f"COPY bench_movement ({COLUMNS}) FROM STDIN") as into:
                for number, line in enumerate(lines, 1):
                    into.write_row(_row(line, key, number))

        yield race_rates("posting a batch", lambda: _post(books, lines), "COPY of the same rows", copy,
                         size=size, rounds=BATCH_ROUNDS, aim=0.25)  # fmt: skip
    yield race_rates("posting a batch", lambda: _post(books, lines), "a loop over Django's models",
                     lambda: _post(books, lines, naive.post_locking),
                     size=size, rounds=LOOP_ROUNDS, aim=50)  # fmt: skip


def _beside_the_sealer(books: Books) -> Rate:
    """Turns of a few seconds with the worker running and stopped; what waits is sealed between the turns."""
    from qipan.kernel import sealing

    numbers = itertools.count()

    def seconds_of_one() -> float:
        start, booked = time.perf_counter(), 0
        while time.perf_counter() < start + TURN_SECONDS:
            _post(books, [books.supply(next(numbers))])
            booked += 1
        return (time.perf_counter() - start) / booked

    def turn(signals: int) -> float:
        os.kill(worker.pid, signal.SIGCONT)  # stopped in the middle of a seal it would keep the lock
        sealing.seal()
        os.kill(worker.pid, signals)
        return seconds_of_one()

    sealing.seal()
    worker = subprocess.Popen([sys.executable, "-m", "qipan", "worker"], env={**os.environ, "QIPAN_SEALER": "worker"})
    try:
        _wait_for_the_worker(books)
        pairs = []
        for number in range(TURNS):
            first, second = (turn(each) for each in in_order(number, signal.SIGCONT, signal.SIGSTOP))
            pairs.append(in_order(number, first, second))
    finally:
        os.kill(worker.pid, signal.SIGCONT)
        worker.terminate()
        worker.wait(20)
    size = f"one line after the other, {TURN_SECONDS:g} s a turn"
    return rate_of("posting with the sealer beside", "posting without it", pairs, size=size, aim=0.8)


def _hot_stock(books: Books) -> Rate:
    """Many draw on one stock at once, a third more than there is: exactly what was there is given out."""
    from benchmarks import naive
    from benchmarks.naive import NaiveBalance
    from qipan.stock import errors
    from qipan.stock.models import Balance

    item, pairs = books.items[0], []
    for number in range(HOT_ROUNDS):
        _post(books, [books.fill(books.hot, item, HOT - _left(Balance, books.hot, item))])
        NaiveBalance.objects.filter(account=books.hot, material=item).update(onhand=HOT)
        ways = (None, errors.StockInsufficient), (naive.post_serializable, naive.Short)
        first, second = (_seconds_to_empty(books, way, refusal) for way, refusal in in_order(number, *ways))
        pairs.append(in_order(number, first, second))
        if _left(Balance, books.hot, item) or _left(NaiveBalance, books.hot, item):
            raise AssertionError("the hot stock is not empty")
    size = f"{THREADS} threads, {THREADS * DRAWS} draws, {HOT} there, exact"
    return rate_of("drawing on one hot stock", "SERIALIZABLE with retries", pairs, size=size, each=HOT)


def _seconds_to_empty(books: Books, way: Callable[..., object] | None, refusal: type[Exception]) -> float:
    """Seconds until every thread has drawn as often as it may; raises when not exactly HOT were given out."""
    from django.db import connection, connections

    start, given = Barrier(THREADS + 1), []

    def draw(thread: int) -> None:
        from qipan.stock.operations import Transfer

        connection.ensure_connection()
        start.wait(60)
        try:
            for number in range(DRAWS):
                store = books.stores[(thread * DRAWS + number) % STORES]
                line = Transfer("supply", books.items[0], books.hot, store, 1, document="benchmark")
                try:
                    _post(books, [line], way)
                except refusal:
                    continue
                given.append(line)
        finally:
            connections.close_all()

    threads = [Thread(target=draw, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    start.wait(60)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if len(given) != HOT:
        raise AssertionError(f"{len(given)} were given out of {HOT}")
    return time.perf_counter() - began


def _post(books: Books, lines: list[Any], way: Callable[..., object] | None = None) -> None:
    from qipan.kernel import clock
    from qipan.stock import operations as stock

    (way or stock.post_batch)(lines, by=books.by, idem=uuid4(), at=clock.now())


def _row(line: Any, key: Any, number: int) -> tuple[Any, ...]:
    """A line as its row, in the order of COLUMNS."""
    from qipan.kernel import clock

    now = clock.now()
    goods = (line.kind, line.item, line.lot, line.src, line.dst, line.qty, line.basis, line.document)
    return (TENANT, key, number, *goods, now, now, 1)


def _left(model: Any, account: int, item: int) -> int:
    return int(model.objects.get(account=account, material=item, lot=0).onhand)


def _times(count: int, work: Callable[[], None]) -> Callable[[], None]:
    def several() -> None:
        for _time in range(count):
            work()

    return several


@contextmanager
def _like_movements() -> Iterator[None]:
    """A table with the indexes and checks of the movements, and as many rows."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE bench_movement (LIKE stock_movement INCLUDING ALL)")
        cursor.execute(f"INSERT INTO bench_movement ({COLUMNS}) SELECT {COLUMNS} FROM stock_movement")
        try:
            yield
        finally:
            cursor.execute("DROP TABLE bench_movement")


def _wait_for_the_worker(books: Books) -> None:
    """Until it has sealed a line that nobody else seals."""
    from qipan.kernel import clock, sealing

    _post(books, [books.supply(0)])
    deadline = time.monotonic() + 60
    while sealing.waiting_since(clock.real_now()):
        if time.monotonic() > deadline:
            raise TimeoutError("the worker does not seal")
        time.sleep(0.1)
