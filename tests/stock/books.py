"""Small books to test the ledger on: stores, roads, seized goods and what is outside; no people, no places."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import connection, connections

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.stock import operations
from qipan.stock.models import Balance, Correction
from qipan.stock.operations import HoldLine, Transfer

NATION, ELSEWHERE = 100000, 140000
ACTIONS = frozenset({"stock.count", "stock.reverse", "stock.open"})
KEEPER = Actor(1, "keeper", grants=(Grant(ACTIONS),))
SECOND = Actor(3, "second", grants=(Grant(frozenset({"stock.confirm"})),))
STRANGER = Actor(2, "stranger", tenant=ELSEWHERE, grants=(Grant(ACTIONS),))
ACCOUNTS = (
    ("store", "plant"),
    ("store", "reserve"),
    ("store", "hospital"),
    ("road", "road_1"),
    ("road", "road_2"),
    ("seized", "seized"),
    ("source", "outside"),
    ("sink", "used"),
)
INSIDE = frozenset(code for kind, code in ACCOUNTS if kind in ("store", "road", "seized"))
STORES = tuple(code for kind, code in ACCOUNTS if kind == "store")


@dataclass(frozen=True)
class Books:
    """Accounts by a short name, and the shortest ways to book. Quantities are grains: a suit is one."""

    accounts: dict[str, int]
    items: dict[str, int]

    def line(self, kind: str, src: str, dst: str, qty: int, *, item: str = "SUIT-GB", **more: Any) -> Transfer:
        more = {"document": "test", **more}
        return Transfer(kind, self.items[item], self.accounts[src], self.accounts[dst], qty, **more)

    def post(self, *lines: Transfer, idem: UUID | None = None, at: datetime | None = None) -> list[int]:
        return operations.post_batch(lines, by=KEEPER, idem=idem or uuid4(), at=at or clock.now())

    def put(self, store: str, qty: int, *, at: datetime | None = None, **more: Any) -> int:
        return self.post(self.line("opening", "outside", store, qty, **more), at=at)[0]

    def held(self, store: str, qty: int, *, item: str = "SUIT-GB", **more: Any) -> HoldLine:
        return HoldLine(self.accounts[store], self.items[item], qty, **{"document": "test", **more})

    def hold(self, *lines: HoldLine, idem: UUID | None = None, at: datetime | None = None, **more: Any) -> list[int]:
        return operations.hold_batch(lines, by=KEEPER, idem=idem or uuid4(), at=at or clock.now(), **more)

    def void(self, *holds: int, idem: UUID | None = None, at: datetime | None = None, **more: Any) -> None:
        operations.void_holds(holds, by=KEEPER, idem=idem or uuid4(), at=at or clock.now(), **more)

    def reverse(self, movement: int, *, idem: UUID | None = None, at: datetime | None = None) -> int:
        """Propose it and have a second person confirm it; the movement's id."""
        key, when = idem or uuid4(), at or clock.now()
        asked = operations.propose_reversal(movement, reason="typed twice", by=KEEPER, idem=key, at=when)
        return operations.confirm_correction(asked, by=SECOND, idem=uuid5(key, "confirm"), at=when)

    def count(self, account: int, *, item: int, idem: UUID, at: datetime, **more: Any) -> int:
        """Count, and have a second person confirm what is missing; the difference."""
        asked = {"by": KEEPER, "reason": "shelf count", "lot": 0, **more}
        found = operations.count_stock(account, item=item, idem=idem, at=at, **asked)
        waiting = Correction.objects.filter(
            account_id=account, material_id=item, lot=asked["lot"], kind="write_off", end=None
        ).first()
        if waiting is not None:
            operations.confirm_correction(waiting.id, by=SECOND, idem=uuid5(idem, "confirm"), at=at)
        return found

    def balance(self, account: str, *, item: str = "SUIT-GB", lot: int = 0) -> tuple[int, int]:
        """On hand and held, as the table of balances says now."""
        row = Balance.objects.filter(account=self.accounts[account], material=self.items[item], lot=lot).first()
        return (row.onhand, row.held) if row else (0, 0)


def open_test_books(clock_kind: str = "driven") -> Books:
    """Books whose recording time is the held clock (``driven``), or the server's."""
    operations.open_books(NATION, clock_kind=clock_kind)
    wanted = [operations.Opening(kind, code, None, "420100") for kind, code in ACCOUNTS]
    accounts = operations.open_accounts(wanted, by=KEEPER)
    return Books(accounts, {row.code: row.id for row in catalogue.materials().values()})


def assert_in_order(rows_of: Callable[[str], list[Any]] | None = None) -> None:
    """The books are in order: balances equal the sums over movements and open holds, and nothing is negative.

    ``rows_of`` reads through another connection than the tests' own.
    """
    booked = """
        SELECT account, item, lot, sum(onhand)::bigint, sum(held)::bigint FROM (
          SELECT dst_id AS account, material_id AS item, lot, qty AS onhand, 0 AS held FROM stock_movement
          UNION ALL SELECT src_id, material_id, lot, -qty, 0 FROM stock_movement
          UNION ALL SELECT account_id, material_id, lot, 0, qty FROM stock_hold h
                     WHERE NOT EXISTS (SELECT FROM stock_holdend e WHERE e.hold_id = h.id)) t
        JOIN stock_account x ON x.id = account AND x.kind IN ('store', 'road', 'seized')
        GROUP BY 1, 2, 3"""
    kept = "SELECT account_id, material_id, lot, onhand, held FROM stock_balance"
    read = rows_of or _rows_of
    from_movements = {row[:3]: row[3:] for row in read(booked) if row[3:] != (0, 0)}
    from_table = {row[:3]: row[3:] for row in read(kept) if row[3:] != (0, 0)}
    assert from_table == from_movements
    assert all(0 <= held <= onhand for onhand, held in from_table.values())


def _rows_of(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls together, each in a thread with its own connection; an exception is an answer."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(60)
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
