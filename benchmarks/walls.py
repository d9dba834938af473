"""What row-level security costs: the same readings and postings with the walls up and taken down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

from benchmarks.books import as_served
from benchmarks.race import Rate, in_order, rate_of, seconds_of
from benchmarks.readings import FILL, FROM_NOTHING

MOVEMENTS, STORES, POSTINGS, ROUNDS, POST_ROUNDS = 200_000, 2_000, 60, 15, 25


def measure() -> Iterator[Rate]:
    """The centre and a province read all stock; one and a thousand lines are posted."""
    from django.db import connection, connections

    from qipan.kernel import clock, grants, scope
    from qipan.kernel.access import Actor
    from qipan.stock import operations as stock

    stock.open_books(100000, clock_kind="driven")
    by = Actor(1, "benchmark")
    stores = [stock.Opening("store", f"wall/{n:05}", None, "420100") for n in range(STORES)]
    accounts = stock.open_accounts([stock.Opening("source", "wall/outside"), *stores], by=by)
    outside, first = accounts["wall/outside"], accounts["wall/00000"]
    at = clock.read_instant("2020-02-01T00:00")
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, [outside, first, STORES, at, at, 1, MOVEMENTS])
        cursor.execute("ANALYZE stock_movement; ANALYZE stock_account")

    def walls(word: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("; ".join(f"ALTER TABLE {table} {word} ROW LEVEL SECURITY" for table in grants.walled()))

    def read() -> int:
        with connection.cursor() as cursor:
            cursor.execute(FROM_NOTHING, {"at": at + timedelta(days=1)})
            return len(cursor.fetchall())

    def post(lines: int, times: int) -> Callable[[], None]:
        ways = [(1 + n % 20, outside, first + n % STORES) for n in range(lines)]
        batch = [stock.Transfer("opening", *way, 1, document="bench") for way in ways]

        def book() -> None:
            for _time in range(times):
                stock.post_batch(batch, by=by, idem=uuid4(), at=at)

        return book

    def seconds(word: str, patterns: str, work: Callable[[], object]) -> float:
        """Of the second time: taking walls down throws away the session's plans."""
        walls(word)
        with scope.entered(patterns):
            work()
            return seconds_of(work)

    works: list[tuple[str, Callable[[], object], int]] = [
        ("all stock from the movements", read, ROUNDS),
        (f"{POSTINGS} single postings", post(1, POSTINGS), POST_ROUNDS),
        ("a batch of 1,000", post(1000, 1), ROUNDS),
    ]
    size = f"{MOVEMENTS:,} movements, {STORES:,} stores"
    with as_served():
        for who, patterns in (("the centre", "%"), ("a province", "42%")):
            for name, work, rounds in works:
                pairs = []
                for number in range(rounds):
                    words = in_order(number, "ENABLE", "DISABLE")
                    one, other = (seconds(word, patterns, work) for word in words)
                    pairs.append(in_order(number, one, other))
                yield rate_of(f"{name}, {who}", "without the walls", pairs, size=size, aim=0.9)
    walls("ENABLE")
