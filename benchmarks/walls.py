"""What row-level security costs: the same readings and postings with the walls up and taken down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

from benchmarks.race import Ratio, race
from benchmarks.readings import FILL, FROM_NOTHING

MOVEMENTS, STORES, POSTINGS, ROUNDS = 200_000, 2_000, 40, 9


def measure() -> Iterator[Ratio]:
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

    def read(word: str, patterns: str) -> Callable[[], int]:
        def ask() -> int:
            walls(word)
            with scope.entered(patterns), connection.cursor() as cursor:
                cursor.execute(FROM_NOTHING, {"at": at + timedelta(days=1)})
                return len(cursor.fetchall())

        return ask

    def post(word: str, patterns: str, lines: int, times: int) -> Callable[[], None]:
        ways = [(1 + n % 20, outside, first + n % STORES) for n in range(lines)]
        batch = [stock.Transfer("opening", *way, 1, document="bench") for way in ways]

        def book() -> None:
            walls(word)
            with scope.entered(patterns):
                for _time in range(times):
                    stock.post_batch(batch, by=by, idem=uuid4(), at=at)

        return book

    size = f"{MOVEMENTS:,} movements, {STORES:,} stores"
    for who, patterns in (("the centre", "%"), ("a province", "42%")):
        yield race(f"all stock from the movements, read by {who}", read("ENABLE", patterns), "without the walls",
                   read("DISABLE", patterns), size=size, rounds=ROUNDS)  # fmt: skip
        yield race(f"{POSTINGS} single postings by {who}", post("ENABLE", patterns, 1, POSTINGS), "without the walls",
                   post("DISABLE", patterns, 1, POSTINGS), size=size, rounds=ROUNDS)  # fmt: skip
        yield race(f"a batch of 1,000 by {who}", post("ENABLE", patterns, 1000, 1), "without the walls",
                   post("DISABLE", patterns, 1000, 1), size=size, rounds=ROUNDS)  # fmt: skip
    walls("ENABLE")
