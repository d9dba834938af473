"""Reads of what lies where: sums over movements as of any instant, and as it was known at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from qipan.kernel.figures import Cut
from qipan.stock.models import Snapshot
from qipan.stock.queries.ledger import KNOWN, rows_of

NOT_FREE = ("awaiting", "road", "seized")
"""Where what lies there cannot be promised to anybody."""


@dataclass(frozen=True)
class Holding:
    """What an account has of an item and lot, in grains."""

    account: int
    item: int
    lot: int
    onhand: int
    held: int
    is_simulated: bool = False
    where: str = ""  # reserve | plant | unit | awaiting | road | seized, in ``stock_rows`` alone

    @property
    def free(self) -> int:
        """What may still be promised: nothing of what is not released, on a road or seized."""
        return 0 if self.where in NOT_FREE else self.onhand - self.held


def free_now(accounts_: Iterable[int]) -> list[Holding]:
    """Present balances of these accounts that are not empty."""
    return _holdings("SELECT account_id, material_id, lot, onhand, held, false FROM stock_balance"
                     " WHERE account_id = ANY(%(accounts)s) AND onhand > 0 ORDER BY 1, 2, 3",
                     {"accounts": list(accounts_)})  # fmt: skip


def open_holds(document: str) -> dict[int, int]:
    """Grains by hold, of the holds placed for documents that begin so and neither departed, voided nor expired."""
    return dict(
        rows_of(
            "SELECT h.id, h.qty FROM stock_hold h WHERE starts_with(h.document, %(document)s)"
            " AND NOT EXISTS (SELECT FROM stock_holdend e WHERE e.hold_id = h.id)",
            {"document": document},
        )
    )


def overdue_holds(now: datetime) -> dict[int, list[int]]:
    """Open holds whose time is over, by tenant."""
    rows = rows_of(
        "SELECT h.tenant, h.id FROM stock_hold h WHERE h.expires_at <= %(now)s"
        " AND NOT EXISTS (SELECT FROM stock_holdend e WHERE e.hold_id = h.id) ORDER BY 1, 2",
        {"now": now},
    )
    found: dict[int, list[int]] = {}
    for tenant, hold in rows:
        found.setdefault(tenant, []).append(hold)
    return found


def expired_holds(ids: Iterable[int]) -> set[int]:
    """Which of these holds ended because their time was over."""
    sql = "SELECT hold_id FROM stock_holdend WHERE hold_id = ANY(%(ids)s) AND how = 'expired'"
    return {row[0] for row in rows_of(sql, {"ids": list(ids)})}


class HoldState(NamedTuple):
    """The holds of a document: until when they stand, how many are open, how many ended because that time came."""

    until: datetime | None
    open: int
    expired: int


def hold_state(document: str) -> HoldState:
    """How the holds of exactly this document stand. One query."""
    sql = """
        SELECT max(h.expires_at), count(*) FILTER (WHERE e.hold_id IS NULL),
               count(*) FILTER (WHERE e.how = 'expired')
          FROM stock_hold h LEFT JOIN stock_holdend e ON e.hold_id = h.id WHERE h.document = %(document)s"""
    return HoldState(*rows_of(sql, {"document": document})[0])


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
    columns = "account_id, material_id, lot, onhand, held, is_simulated"
    sql = f"{_books(known_at)} SELECT {columns} FROM books ORDER BY 1, 2, 3"
    return _holdings(sql, {"as_of": as_of, "known_at": known_at, "like": like, "kinds": list(kinds)})


class PlaceSum(NamedTuple):
    """What accounts of one kind have of an item at a place, in grains."""

    kind: str
    place: int
    region: str
    item: int
    onhand: int


def place_sums(cut: Cut, *, like: str = "%", kinds: Iterable[str] = ("store",)) -> list[PlaceSum]:
    """What is on hand by kind of account, place and item; accounts of no place are left out. One query.

    Args:
        cut: as-of, known-at and item; its place is not looked at.
        like: LIKE pattern on the account's region code.
    """
    only = "AND m.material_id = (SELECT id FROM catalogue_material WHERE code = %(item)s)" if cut.item else ""
    sql = f"""{_books(cut.known_at, only)}
        SELECT x.kind, x.place_id, x.region_code, b.material_id, sum(b.onhand)::bigint
          FROM books b JOIN stock_account x ON x.id = b.account_id
         WHERE x.place_id IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
    values = {
        "as_of": cut.as_of, "known_at": cut.known_at, "like": like, "kinds": list(kinds), "item": cut.item,
    }  # fmt: skip
    return [PlaceSum(*row) for row in rows_of(sql, values)]


def _books(known_at: datetime | None, only: str = "") -> str:
    """The CTE ``books``: one row per account, item and lot with onhand, held and whether a part is simulated.

    Parameters: as_of, known_at, kinds, like, and what the conditions ``only`` on ``m`` and ``x`` name.
    """
    wanted = f"x.kind = ANY(%(kinds)s) AND x.region_code LIKE %(like)s {only}"
    side = f"""
        SELECT x.id AS account_id, m.material_id, m.lot, {{sign}}m.qty AS qty, m.basis = 'simulated' AS is_simulated
          FROM since m JOIN stock_account x ON x.id = m.{{end}}_id WHERE {wanted}"""
    return f"""
        WITH {_since(known_at)},
        moved AS (
          SELECT x.id AS account_id, m.material_id, m.lot, m.onhand AS qty, m.is_simulated
            FROM stock_snapshotrow m JOIN stock_account x ON x.id = m.account_id
           WHERE m.snapshot_id = (SELECT id FROM base) AND {wanted}
          UNION ALL {side.format(sign="", end="dst")} UNION ALL {side.format(sign="-", end="src")}),
        held AS (
          SELECT h.account_id, h.material_id, h.lot, sum(h.qty) AS qty FROM stock_hold h
            LEFT JOIN stock_holdend e ON e.hold_id = h.id AND e.occurred_at <= %(as_of)s
                  AND (%(known_at)s::timestamptz IS NULL OR e.recorded_at <= %(known_at)s)
           WHERE h.occurred_at <= %(as_of)s AND e.hold_id IS NULL
             AND (%(known_at)s::timestamptz IS NULL OR h.recorded_at <= %(known_at)s) GROUP BY 1, 2, 3),
        books AS (
          SELECT account_id, material_id, lot, sum(v.qty)::bigint AS onhand,
                 coalesce(max(held.qty), 0)::bigint AS held, bool_or(v.is_simulated) AS is_simulated
            FROM moved v LEFT JOIN held USING (account_id, material_id, lot)
           GROUP BY 1, 2, 3 HAVING sum(v.qty) <> 0)"""


def _since(known_at: datetime | None) -> str:
    """The CTEs ``base`` (the newest snapshot not later than the cut) and ``since`` (the movements that it lacks).

    What it lacks happened after it, or came late (``stock_late``), or still waits for its seal.
    Without a snapshot everything happened after it. Parameters: as_of, known_at.
    """
    known, by_then = (f"AND {KNOWN}", "AND known_to <= %(known_at)s") if known_at else ("", "")
    waits = """
          UNION ALL SELECT m.* FROM kernel_waiting w JOIN stock_movement m ON m.id = w.ref
           WHERE w.kind = 'stock_movement' AND m.occurred_at <= (SELECT at FROM base)"""
    return f"""
        base AS (
          (SELECT id, at, n FROM stock_snapshot WHERE at <= %(as_of)s {by_then} ORDER BY at DESC, n DESC LIMIT 1)
          UNION ALL SELECT 0, '-infinity', 0 ORDER BY at DESC LIMIT 1),
        since AS NOT MATERIALIZED (
          SELECT m.* FROM stock_movement m
           WHERE m.occurred_at > (SELECT at FROM base) AND m.occurred_at <= %(as_of)s {known}
          UNION ALL SELECT m.* FROM stock_late l JOIN stock_movement m ON m.id = l.movement_id
           WHERE l.n > (SELECT n FROM base) AND l.occurred_at <= (SELECT at FROM base)
             {known} {"" if known_at else waits})"""


@dataclass(frozen=True)
class Asked:
    """Which rows of the books a screen asks for: the cut, and what it is narrowed to.

    ``places`` gives the kind of every place that counts; accounts of other places are left out when
    ``is_narrowed``.
    """

    as_of: datetime
    known_at: datetime | None = None
    like: str = "%"
    item: int | None = None
    account: int | None = None
    places: Mapping[int, str] = field(default_factory=dict)
    is_narrowed: bool = False

    def sql(self) -> tuple[str, dict[str, Any]]:
        """The CTEs ``books`` and ``placed`` (books with ``where`` and region), and their values."""
        only = "AND m.material_id = %(item)s " if self.item is not None else ""
        only += "AND x.id = %(account)s " if self.account is not None else ""
        only += "AND x.place_id = ANY(%(place_ids)s) " if self.is_narrowed else ""
        placed = f"""{_books(self.known_at, only)}, placed AS (
          SELECT b.*, x.region_code,
                 CASE WHEN x.kind = 'store' THEN coalesce(p.kind, 'unit') ELSE x.kind END AS place_kind
            FROM books b JOIN stock_account x ON x.id = b.account_id
            LEFT JOIN unnest(%(place_ids)s::bigint[], %(place_kinds)s::text[]) AS p(id, kind)
              ON p.id = x.place_id)"""
        values = {
            "as_of": self.as_of, "known_at": self.known_at, "like": self.like,
            "kinds": ["store", "awaiting", "road", "seized"], "item": self.item, "account": self.account,
            "place_ids": list(self.places), "place_kinds": list(self.places.values()),
        }  # fmt: skip
        return placed, values


@dataclass(frozen=True)
class StockSum:
    """What lies in one kind of place of one item, in grains, and in how many rows."""

    where: str
    item: int
    rows: int
    onhand: int
    held: int
    is_simulated: bool

    @property
    def free(self) -> int:
        return 0 if self.where in NOT_FREE else self.onhand - self.held


def stock_rows(
    asked: Asked, *, where: str = "", items: Iterable[int] = (), limit: int | None = 50, offset: int = 0
) -> list[Holding]:
    """Rows account × item × lot: stores by region, then roads; items in the order of ``items``. One query.

    Args:
        where: only this kind of place (reserve, plant, unit, awaiting, road, seized); "" = all.
        limit: rows at most; None = all, for a workbook.
    """
    placed, values = asked.sql()
    sql = f"""{placed}
        SELECT account_id, material_id, lot, onhand, held, is_simulated, place_kind FROM placed
         WHERE %(where)s IN ('', place_kind)
         ORDER BY place_kind = 'road', region_code, account_id,
                  array_position(%(items)s::bigint[], material_id), lot
         LIMIT %(limit)s OFFSET %(offset)s"""
    return _holdings(sql, {**values, "where": where, "items": list(items), "limit": limit, "offset": offset})


def stock_sums(asked: Asked) -> list[StockSum]:
    """Sums by kind of place and item. One query."""
    placed, values = asked.sql()
    sql = f"""{placed}
        SELECT place_kind, material_id, count(*), sum(onhand)::bigint, sum(held)::bigint,
               bool_or(is_simulated)
          FROM placed GROUP BY 1, 2 ORDER BY 1, 2"""
    return [StockSum(*row) for row in rows_of(sql, values)]


def has_snapshot(at: datetime) -> bool:
    """Whether what was where at this instant is kept."""
    return Snapshot.objects.filter(at=at).exists()


def total_by_kind() -> dict[tuple[int, int], int]:
    """Onhand of every account recomputed from movements, by (account, item): for checks of conservation."""
    sql = """SELECT a, i, sum(q)::bigint FROM (
               SELECT dst_id a, material_id i, qty q FROM stock_movement
               UNION ALL SELECT src_id, material_id, -qty FROM stock_movement) t GROUP BY 1, 2"""
    return {(row[0], row[1]): row[2] for row in rows_of(sql, {})}


def _holdings(sql: str, values: dict[str, Any]) -> list[Holding]:
    return [Holding(*row) for row in rows_of(sql, values)]
