"""What was where at a cut, from a snapshot and what came since, beside the sum over all movements; and the sealer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

from benchmarks.race import Ratio, race

MOVEMENTS, DAYS, STORES, ROUNDS = 1_000_000, 60, 2_000, 7
FILL = """
    INSERT INTO stock_movement (tenant, kind, material_id, lot, src_id, dst_id, qty, basis, document, actor, idem,
                                line, occurred_at, recorded_at)
    SELECT 100000, 'opening', 1 + n %% 20, 0, %s, %s + n %% %s, 1 + n %% 7, 'recorded', 'bench', 1, gen_random_uuid(),
           1, %s - n %% 10000 * interval '1 second', %s - n %% 10000 * interval '1 second'
      FROM generate_series(%s, %s) AS t(n)"""
FROM_NOTHING = """
    SELECT a, i, l, sum(q)::bigint FROM (
      SELECT dst_id a, material_id i, lot l, qty q FROM stock_movement m WHERE occurred_at <= %(at)s
      UNION ALL SELECT src_id, material_id, lot, -qty FROM stock_movement m WHERE occurred_at <= %(at)s) t
      JOIN stock_account x ON x.id = a AND x.kind = 'store' GROUP BY 1, 2, 3 HAVING sum(q) <> 0"""


def measure() -> Iterator[Ratio]:
    """A million movements over sixty days, snapshots at every cut; a reading in the middle of a morning."""
    from django.db import connection, connections

    from qipan.kernel import clock, sealing
    from qipan.kernel.access import Actor
    from qipan.stock import operations as stock
    from qipan.stock import queries
    from qipan.stock.queries.ledger import KNOWN

    stock.open_books(100000, clock_kind="driven")
    by = Actor(1, "benchmark")
    stores = [stock.Opening("store", f"read/{n:05}", None, "420100") for n in range(STORES)]
    wanted = [stock.Opening("source", "read/outside"), *stores]
    accounts = stock.open_accounts(wanted, by=by)
    first, start = accounts["read/00000"], clock.read_instant("2020-01-20T00:00")
    cuts = clock.cuts_between(start, start + timedelta(days=DAYS))
    share = MOVEMENTS // len(cuts)
    for number, cut in enumerate(cuts):
        with connections["owner"].cursor() as cursor:
            low = number * share
            cursor.execute(FILL, [accounts["read/outside"], first, STORES, cut, cut, low, low + share - 1])
        sealing.seal()
        stock.keep_snapshot(cut)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "ANALYZE stock_movement; ANALYZE kernel_sealed; ANALYZE stock_snapshotrow; ANALYZE stock_snapshot"
        )
    at = start + timedelta(days=DAYS - 1, hours=10)

    def from_nothing() -> int:
        with connection.cursor() as cursor:
            cursor.execute(FROM_NOTHING, {"at": at})
            return len(cursor.fetchall())

    def known_from_nothing() -> int:
        with connection.cursor() as cursor:
            cursor.execute(FROM_NOTHING.replace("%(at)s", f"%(at)s AND {KNOWN}"), {"at": at, "known_at": at})
            return len(cursor.fetchall())

    size = f"{MOVEMENTS:,} movements, {STORES:,} stores × 20 items, three snapshots a day"
    yield race("all stock from the movements alone", from_nothing, "from the last snapshot",
               lambda: queries.balances(as_of=at), size=size, rounds=ROUNDS)  # fmt: skip
    yield race("the same as it was known then", known_from_nothing, "from the last snapshot",
               lambda: queries.balances(as_of=at, known_at=at), size=size, rounds=ROUNDS)  # fmt: skip
    line = stock.Transfer("opening", 1, accounts["read/outside"], first, 1, document="bench")

    def post() -> None:
        stock.post_batch([line] * 100, by=by, idem=uuid4(), at=at)

    yield race("posting 100 lines, sealed at once", lambda: (post(), sealing.seal()), "posting them", post,
               size=size, rounds=30)  # fmt: skip
