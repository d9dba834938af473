"""Reads of movements: one by one, by account, and summed over roads and documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from qipan.kernel.figures import Cut
from qipan.stock.queries.ledger import KNOWN, rows_of


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
               sum(CASE WHEN m.basis = 'simulated' AND k.kind = 'depart' THEN m.qty * k.sign ELSE 0 END)::bigint
          FROM stock_movement m
          LEFT JOIN stock_movement o ON o.id = m.reverses_id
          CROSS JOIN LATERAL (SELECT coalesce(o.kind, m.kind) AS kind,
                                     CASE WHEN o.id IS NULL THEN 1 ELSE -1 END AS sign) k
          JOIN stock_account road ON road.kind = 'road' AND road.id IN (m.src_id, m.dst_id)
         WHERE m.occurred_at <= %(as_of)s AND road.region_code LIKE %(like)s
           AND k.kind IN ('depart', 'receive', 'loss', 'return') {known}
         GROUP BY 1, 2 ORDER BY 1, 2"""
    rows = rows_of(sql, {"as_of": as_of, "known_at": known_at, "like": like})
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
    return [(row[0], row[1], row[2]) for row in rows_of(sql, {"as_of": as_of, "like": like, "item": item})]


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
    return [(row[0], row[1], row[2]) for row in rows_of(sql, values)]


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
        conditions.append(
            "(s.kind = 'road' AND s.region_code LIKE %(like)s OR d.kind = 'road' AND d.region_code LIKE %(like)s)"
        )
    if document:
        conditions.append("m.document = %(document)s")
    if account is not None:
        conditions.append("%(account)s IN (m.src_id, m.dst_id)")
    sql = f"""
        SELECT m.id, m.kind, m.material_id, m.lot, m.qty, s.code, d.code, m.document, m.basis, m.occurred_at,
               m.recorded_at, m.reverses_id
          FROM stock_movement m
          JOIN stock_account s ON s.id = m.src_id JOIN stock_account d ON d.id = m.dst_id
         WHERE {" AND ".join(conditions)} ORDER BY m.occurred_at DESC, m.id DESC LIMIT %(limit)s"""
    values = {"as_of": as_of, "known_at": known_at, "item": item, "like": like, "document": document,
              "account": account, "limit": limit}  # fmt: skip
    return [MovementRow(*row) for row in rows_of(sql, values)]


@dataclass(frozen=True)
class Entry:
    """A movement as one account sees it: ``qty`` grains came in (> 0) or went out (< 0)."""

    id: int
    kind: str
    item: int
    lot: int
    qty: int
    src: int
    dst: int
    document: str
    basis: str
    actor: int
    occurred_at: datetime
    recorded_at: datetime
    reverses: int | None
    reversed_by: int | None


def entries(
    account: int,
    cut: Cut,
    *,
    item: int | None = None,
    movement: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Entry], int]:
    """The movements of one account by the cut, the newest first, and how many there are. One query."""
    known = f"AND {KNOWN}" if cut.known_at else ""
    sql = f"""
        SELECT m.id, m.kind, m.material_id, m.lot,
               CASE WHEN m.dst_id = %(account)s THEN m.qty ELSE -m.qty END,
               m.src_id, m.dst_id, m.document, m.basis, m.actor, m.occurred_at, m.recorded_at, m.reverses_id,
               r.id, count(*) OVER ()
          FROM stock_movement m
          LEFT JOIN stock_movement r ON r.reverses_id = m.id AND r.occurred_at <= %(as_of)s
         WHERE %(account)s IN (m.src_id, m.dst_id) AND m.occurred_at <= %(as_of)s {known}
           AND (%(item)s::bigint IS NULL OR m.material_id = %(item)s)
           AND (%(movement)s::bigint IS NULL OR m.id = %(movement)s)
         ORDER BY m.occurred_at DESC, m.id DESC LIMIT %(limit)s OFFSET %(offset)s"""
    values = {
        "account": account, "as_of": cut.as_of, "known_at": cut.known_at, "item": item, "movement": movement,
        "limit": limit, "offset": offset,
    }  # fmt: skip
    rows = rows_of(sql, values)
    return [Entry(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def document_sums(documents: Iterable[str], *, as_of: datetime | None = None) -> dict[tuple[str, str, int], int]:
    """Grains by (document, kind, item), reversals taken away, for progress of loads and batches."""
    sql = """
        SELECT m.document, coalesce(o.kind, m.kind), m.material_id,
               sum(m.qty * CASE WHEN o.id IS NULL THEN 1 ELSE -1 END)::bigint
          FROM stock_movement m LEFT JOIN stock_movement o ON o.id = m.reverses_id
         WHERE m.document = ANY(%(documents)s)
           AND m.occurred_at <= coalesce(%(as_of)s, 'infinity'::timestamptz)
         GROUP BY 1, 2, 3"""
    return {(row[0], row[1], row[2]): row[3] for row in rows_of(sql, {"documents": list(documents), "as_of": as_of})}


def last_recorded() -> datetime | None:
    """When the newest movement was recorded; None in empty books."""
    found = rows_of("SELECT max(recorded_at) FROM stock_movement", {})
    return found[0][0]
