"""Reads of the ledger: sums over movements as of any instant, and as it was known at any instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from qipan.stock.models import Account, Lot, Tenant

KNOWN = "EXISTS (SELECT FROM stock_sealed z WHERE z.movement_id = m.id AND z.sealed_at <= %(known_at)s)"


@dataclass(frozen=True)
class Holding:
    """What an account has of an item and lot, in grains."""

    account: int
    item: int
    lot: int
    onhand: int
    held: int
    is_simulated: bool = False


@dataclass(frozen=True)
class AccountRow:
    """An account: its kind, place and region."""

    id: int
    kind: str
    code: str
    place_id: int | None
    region: str


@dataclass(frozen=True)
class MovementRow:
    """One movement, for people who follow a figure back to its rows."""

    id: int
    kind: str
    item: int
    lot: int
    qty: int
    src: str
    dst: str
    document: str
    basis: str
    occurred_at: datetime
    recorded_at: datetime
    reverses: int | None


@dataclass(frozen=True)
class Flow:
    """Sums between two regions' stores and roads, in grains."""

    item: int
    region: str
    shipped: int
    arrived: int
    lost: int
    simulated: int

    @property
    def in_transit(self) -> int:
        return self.shipped - self.arrived - self.lost


def is_driven(tenant: int) -> bool:
    """Whether the books are a replayed case's."""
    return Tenant.objects.filter(id=tenant, clock="driven").exists()


def accounts(*, codes: Iterable[str] | None = None, kinds: Iterable[str] = ()) -> dict[int, AccountRow]:
    """Accounts by id. One query."""
    rows = Account.objects.order_by("id")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    return {row.id: AccountRow(row.id, row.kind, row.code, row.place_id, row.region_code) for row in rows}


def account_of_place(place_id: int) -> int | None:
    """The store account of a place; None when none was opened."""
    return Account.objects.filter(place_id=place_id, kind="store").values_list("id", flat=True).first()


def lots(ids: Iterable[int]) -> dict[int, tuple[str, date | None]]:
    """Number and expiry by lot id."""
    return {row.id: (row.number, row.expires_on) for row in Lot.objects.filter(id__in=set(ids) - {0})}


def free_now(accounts_: Iterable[int]) -> list[Holding]:
    """Present balances of these accounts that are not empty."""
    return _holdings("SELECT account_id, material_id, lot, onhand, held, false FROM stock_balance"
                     " WHERE account_id = ANY(%(accounts)s) AND onhand > 0 ORDER BY 1, 2, 3",
                     {"accounts": list(accounts_)})  # fmt: skip


def balances(
    *, as_of: datetime, known_at: datetime | None = None, like: str = "%", kinds: Iterable[str] = ("store",)
) -> list[Holding]:
    """What was where at ``as_of``: one row per account, item and lot that is not zero.

    Args:
        as_of: movements that happened by then count.
        known_at: only movements known by then count; None = all known now.
        like: LIKE pattern on the account's region code.
        kinds: kinds of account.

    Returns:
        Holdings in grains; ``held`` = promised by holds placed and not ended by ``as_of``.
    """
    known = f"AND {KNOWN}" if known_at else ""
    sql = f"""
        WITH moved AS (
          SELECT x.id AS account_id, m.material_id, m.lot, m.qty AS qty, m.basis FROM stock_movement m
            JOIN stock_account x ON x.id = m.dst_id
           WHERE m.occurred_at <= %(as_of)s AND x.kind = ANY(%(kinds)s) AND x.region_code LIKE %(like)s {known}
          UNION ALL
          SELECT x.id, m.material_id, m.lot, -m.qty, m.basis FROM stock_movement m
            JOIN stock_account x ON x.id = m.src_id
           WHERE m.occurred_at <= %(as_of)s AND x.kind = ANY(%(kinds)s) AND x.region_code LIKE %(like)s {known}),
        held AS (
          SELECT h.account_id, h.material_id, h.lot, sum(h.qty) AS qty FROM stock_hold h
            LEFT JOIN stock_holdend e ON e.hold_id = h.id AND e.occurred_at <= %(as_of)s
           WHERE h.occurred_at <= %(as_of)s AND e.hold_id IS NULL
             AND (%(known_at)s::timestamptz IS NULL OR h.recorded_at <= %(known_at)s) GROUP BY 1, 2, 3)
        SELECT v.account_id, v.material_id, v.lot, sum(v.qty)::bigint, coalesce(max(held.qty), 0)::bigint,
               bool_or(v.basis = 'simulated')
          FROM moved v LEFT JOIN held USING (account_id, material_id, lot)
         GROUP BY 1, 2, 3 HAVING sum(v.qty) <> 0 ORDER BY 1, 2, 3"""
    return _holdings(sql, {"as_of": as_of, "known_at": known_at, "like": like, "kinds": list(kinds)})


def flows(*, as_of: datetime, known_at: datetime | None = None, like: str = "%", by_region: bool = False) -> list[Flow]:
    """Shipped, arrived and lost on the roads that lead into regions like ``like``, summed from movements.

    Shipped = departures onto a road; arrived = receipts off a road; a reversal takes away what it reverses.

    Returns:
        One row per item (and destination region when ``by_region``), in grains.
    """
    known = f"AND {KNOWN}" if known_at else ""
    region = "road.region_code" if by_region else "''"
    sql = f"""
        SELECT m.material_id, {region},
               sum(CASE WHEN k.kind = 'depart' THEN m.qty * k.sign ELSE 0 END)::bigint,
               sum(CASE WHEN k.kind = 'receive' THEN m.qty * k.sign ELSE 0 END)::bigint,
               sum(CASE WHEN k.kind IN ('loss', 'return') THEN m.qty * k.sign ELSE 0 END)::bigint,
               sum(CASE WHEN m.basis = 'simulated' THEN m.qty ELSE 0 END)::bigint
          FROM stock_movement m
          LEFT JOIN stock_movement o ON o.id = m.reverses_id
          CROSS JOIN LATERAL (SELECT coalesce(o.kind, m.kind) AS kind,
                                     CASE WHEN o.id IS NULL THEN 1 ELSE -1 END AS sign) k
          JOIN stock_account road ON road.kind = 'road' AND road.id IN (m.src_id, m.dst_id)
         WHERE m.occurred_at <= %(as_of)s AND road.region_code LIKE %(like)s
           AND k.kind IN ('depart', 'receive', 'loss', 'return') {known}
         GROUP BY 1, 2 ORDER BY 1, 2"""
    rows = _rows(sql, {"as_of": as_of, "known_at": known_at, "like": like})
    return [Flow(*row) for row in rows]


def flow_days(*, item: int, as_of: datetime, like: str = "%") -> list[tuple[date, int, int]]:
    """Departures and receipts per business day of China Standard Time, in grains, by day."""
    sql = """
        SELECT ((m.occurred_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date AS day,
               sum(CASE WHEN k.kind = 'depart' THEN m.qty * k.sign ELSE 0 END)::bigint,
               sum(CASE WHEN k.kind = 'receive' THEN m.qty * k.sign ELSE 0 END)::bigint
          FROM stock_movement m
          LEFT JOIN stock_movement o ON o.id = m.reverses_id
          CROSS JOIN LATERAL (SELECT coalesce(o.kind, m.kind) AS kind,
                                     CASE WHEN o.id IS NULL THEN 1 ELSE -1 END AS sign) k
          JOIN stock_account road ON road.kind = 'road' AND road.id IN (m.src_id, m.dst_id)
         WHERE m.occurred_at <= %(as_of)s AND road.region_code LIKE %(like)s AND m.material_id = %(item)s
           AND k.kind IN ('depart', 'receive') GROUP BY 1 ORDER BY 1"""
    return [(row[0], row[1], row[2]) for row in _rows(sql, {"as_of": as_of, "like": like, "item": item})]


def routes(*, item: int, since: datetime, as_of: datetime, like: str = "%") -> list[tuple[str, str, int]]:
    """Departures between two instants as (source region, destination region, grains), the largest first."""
    sql = """
        SELECT s.region_code, road.region_code, sum(m.qty)::bigint FROM stock_movement m
          JOIN stock_account s ON s.id = m.src_id
          JOIN stock_account road ON road.id = m.dst_id AND road.kind = 'road'
          LEFT JOIN stock_movement r ON r.reverses_id = m.id AND r.occurred_at <= %(as_of)s
         WHERE m.kind = 'depart' AND m.occurred_at > %(since)s AND m.occurred_at <= %(as_of)s
           AND m.material_id = %(item)s AND road.region_code LIKE %(like)s AND r.id IS NULL
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
    values = {"item": item, "since": since, "as_of": as_of, "like": like}
    return [(row[0], row[1], row[2]) for row in _rows(sql, values)]


def movements(
    *, as_of: datetime, known_at: datetime | None = None, item: int | None = None, like: str = "%",
    on_roads: bool = False, document: str = "", account: int | None = None, limit: int = 200,
) -> list[MovementRow]:  # fmt: skip
    """The movements behind a figure, the newest first, at most ``limit``."""
    conditions = ["m.occurred_at <= %(as_of)s"]
    if known_at:
        conditions.append(KNOWN)
    if item is not None:
        conditions.append("m.material_id = %(item)s")
    if on_roads:
        conditions.append("(s.kind = 'road' AND s.region_code LIKE %(like)s OR d.kind = 'road' AND d.region_code LIKE %(like)s)")
    if document:
        conditions.append("m.document = %(document)s")
    if account is not None:
        conditions.append("%(account)s IN (m.src_id, m.dst_id)")
    sql = f"""
        SELECT m.id, m.kind, m.material_id, m.lot, m.qty, s.code, d.code, m.document, m.basis, m.occurred_at,
               m.recorded_at, m.reverses_id
          FROM stock_movement m JOIN stock_account s ON s.id = m.src_id JOIN stock_account d ON d.id = m.dst_id
         WHERE {" AND ".join(conditions)} ORDER BY m.occurred_at DESC, m.id DESC LIMIT %(limit)s"""
    values = {"as_of": as_of, "known_at": known_at, "item": item, "like": like, "document": document,
              "account": account, "limit": limit}  # fmt: skip
    return [MovementRow(*row) for row in _rows(sql, values)]


def document_sums(documents: Iterable[str], *, as_of: datetime | None = None) -> dict[tuple[str, str, int], int]:
    """Grains by (document, kind, item), reversals taken away, for progress of loads and batches."""
    sql = """
        SELECT m.document, coalesce(o.kind, m.kind), m.material_id,
               sum(m.qty * CASE WHEN o.id IS NULL THEN 1 ELSE -1 END)::bigint
          FROM stock_movement m LEFT JOIN stock_movement o ON o.id = m.reverses_id
         WHERE m.document = ANY(%(documents)s) AND m.occurred_at <= coalesce(%(as_of)s, 'infinity'::timestamptz)
         GROUP BY 1, 2, 3"""
    return {(row[0], row[1], row[2]): row[3] for row in _rows(sql, {"documents": list(documents), "as_of": as_of})}


def total_by_kind() -> dict[tuple[int, int], int]:
    """Onhand of every account recomputed from movements, by (account, item): for checks of conservation."""
    sql = """SELECT a, i, sum(q)::bigint FROM (
               SELECT dst_id a, material_id i, qty q FROM stock_movement
               UNION ALL SELECT src_id, material_id, -qty FROM stock_movement) t GROUP BY 1, 2"""
    return {(row[0], row[1]): row[2] for row in _rows(sql, {})}


def last_recorded() -> datetime | None:
    """When the newest movement was recorded; None in empty books."""
    found = _rows("SELECT max(recorded_at) FROM stock_movement", {})
    return found[0][0]


def _holdings(sql: str, values: dict[str, Any]) -> list[Holding]:
    return [Holding(*row) for row in _rows(sql, values)]


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
