"""Posting 1,000 movements in one call, beside COPY of the same rows into a table with the same indexes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from benchmarks.race import Ratio, race

LINES, STORES, ROUNDS = 1000, 100, 15
COLUMNS = (
    "tenant, idem, line, kind, material_id, lot, src_id, dst_id, qty, basis, document, occurred_at, recorded_at, actor"
)


def measure() -> Iterator[Ratio]:
    """Both commit. Posting also checks rights, keeps balances, refuses overselling and answers a key once."""
    from django.db import connections

    from qipan.catalogue import queries as catalogue
    from qipan.kernel import clock
    from qipan.kernel.access import Actor, Grant
    from qipan.stock import operations as stock

    stock.open_books(100000)
    by = Actor(1, "benchmark", grants=(Grant(frozenset({"stock.open"})),))
    accounts = stock.open_accounts(
        [
            stock.Opening("source", "bench/outside"),
            *(stock.Opening("store", f"bench/{n}", None, "420100") for n in range(STORES)),
        ],
        by=by,
    )
    outside, items = accounts["bench/outside"], list(catalogue.materials())[: LINES // STORES]
    transfers = [
        stock.Transfer("opening", item, outside, accounts[f"bench/{n}"], 100, document="benchmark")
        for item in items for n in range(STORES)
    ]  # fmt: skip

    def post() -> None:
        stock.post_batch(transfers, by=by, idem=uuid4(), at=clock.now())

    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE bench_movement (LIKE stock_movement INCLUDING ALL)")

        def copy() -> None:
            now, key = clock.now(), uuid4()
            with cursor.copy(f"COPY bench_movement ({COLUMNS}) FROM STDIN") as into:
                for line, row in enumerate(transfers):
                    goods = (row.kind, row.item, 0, row.src, row.dst, row.qty)
                    into.write_row((100000, key, line, *goods, "recorded", "benchmark", now, now, 1))

        size = f"{LINES:,} lines, {len(items)} items × {STORES} stores, committed"
        yield race("posting a batch of movements", post, "COPY of the same rows", copy, size=size, rounds=ROUNDS)
        cursor.execute("DROP TABLE bench_movement")
