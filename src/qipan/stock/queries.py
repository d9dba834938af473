"""Reads of the ledger: sums over movements as of any instant, and as it was known at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
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
    where: str = ""  # reserve | plant | unit | road | seized, in ``stock_rows`` alone

    @property
    def free(self) -> int:
        return self.onhand - self.held


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
    columns = "account_id, material_id, lot, onhand, held, is_simulated"
    sql = f"{_books(known_at)} SELECT {columns} FROM books ORDER BY 1, 2, 3"
    return _holdings(sql, {"as_of": as_of, "known_at": known_at, "like": like, "kinds": list(kinds)})


def _books(known_at: datetime | None, only: str = "") -> str:
    """The CTE ``books``: one row per account, item and lot with onhand, held and whether a part is simulated.

    Parameters: as_of, known_at, kinds, like, and what the conditions ``only`` on ``m`` and ``x`` name.
    """
    known = f"AND {KNOWN}" if known_at else ""
    side = f"""
        SELECT x.id AS account_id, m.material_id, m.lot, {{sign}}m.qty AS qty, m.basis FROM stock_movement m
          JOIN stock_account x ON x.id = m.{{end}}_id
         WHERE m.occurred_at <= %(as_of)s AND x.kind = ANY(%(kinds)s) AND x.region_code LIKE %(like)s
           {known} {only}"""
    return f"""
        WITH moved AS ({side.format(sign="", end="dst")} UNION ALL {side.format(sign="-", end="src")}),
        held AS (
          SELECT h.account_id, h.material_id, h.lot, sum(h.qty) AS qty FROM stock_hold h
            LEFT JOIN stock_holdend e ON e.hold_id = h.id AND e.occurred_at <= %(as_of)s
                  AND (%(known_at)s::timestamptz IS NULL OR e.recorded_at <= %(known_at)s)
           WHERE h.occurred_at <= %(as_of)s AND e.hold_id IS NULL
             AND (%(known_at)s::timestamptz IS NULL OR h.recorded_at <= %(known_at)s) GROUP BY 1, 2, 3),
        books AS (
          SELECT account_id, material_id, lot, sum(v.qty)::bigint AS onhand,
                 coalesce(max(held.qty), 0)::bigint AS held, bool_or(v.basis = 'simulated') AS is_simulated
            FROM moved v LEFT JOIN held USING (account_id, material_id, lot)
           GROUP BY 1, 2, 3 HAVING sum(v.qty) <> 0)"""


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
            "kinds": ["store", "road", "seized"], "item": self.item, "account": self.account,
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


def stock_rows(
    asked: Asked, *, where: str = "", items: Iterable[int] = (), limit: int | None = 50, offset: int = 0
) -> list[Holding]:
    """Rows account × item × lot: stores by region, then roads; items in the order of ``items``. One query.

    Args:
        where: only this kind of place (reserve, plant, unit, road, seized); "" = all.
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
    return [StockSum(*row) for row in _rows(sql, values)]


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
    return [MovementRow(*row) for row in _rows(sql, values)]


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
    rows = _rows(sql, values)
    return [Entry(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


OUTSIDE = {
    "outside/opening": Both("期初入账（账外）", "Opening stock, from outside the books"),
    "outside/output": Both("生产入库（账外）", "Production, from outside the books"),
    "outside/implied": Both("推算补记（账外）", "Implied by published figures"),
    "outside/count": Both("盘点差异（账外）", "Count differences"),
    "outside/use": Both("使用消耗（账外）", "Used up"),
}
"""Outside accounts in words, by code."""


@dataclass(frozen=True)
class AccountLabel:
    """An account as people call it: its place, its road, or what is outside; who keeps and who owns."""

    id: int
    kind: str
    code: str
    name: Both
    region: str
    shipment: str = ""
    place: organisations.PlaceRow | None = None

    @property
    def is_kept_for_another(self) -> bool:
        return self.place is not None and self.kind == "store" and self.place.holder_id != self.place.owner_id


def account_labels(ids: Iterable[int]) -> dict[int, AccountLabel]:
    """Labels of accounts by id, in both languages. Two queries."""
    rows = list(Account.objects.filter(id__in=set(ids)))
    places = organisations.places(ids={row.place_id for row in rows if row.place_id})
    return {row.id: _label(row, places.get(row.place_id or 0)) for row in rows}


def code_labels(codes: Iterable[str]) -> dict[str, AccountLabel]:
    """Labels of accounts by code, in both languages. Two queries."""
    ids = Account.objects.filter(code__in=set(codes)).values_list("id", flat=True)
    return {label.code: label for label in account_labels(ids).values()}


def _label(row: Account, place: organisations.PlaceRow | None) -> AccountLabel:
    shipment = row.code.removeprefix("road/") if row.kind == "road" else ""
    if shipment:
        name = Both(f"在途 {shipment}", f"road {shipment}")
    elif place is not None:
        name = place.name
    else:
        name = OUTSIDE.get(row.code, Both(row.code, row.code))
    return AccountLabel(row.id, row.kind, row.code, name, row.region_code, shipment, place)


def document_sums(documents: Iterable[str], *, as_of: datetime | None = None) -> dict[tuple[str, str, int], int]:
    """Grains by (document, kind, item), reversals taken away, for progress of loads and batches."""
    sql = """
        SELECT m.document, coalesce(o.kind, m.kind), m.material_id,
               sum(m.qty * CASE WHEN o.id IS NULL THEN 1 ELSE -1 END)::bigint
          FROM stock_movement m LEFT JOIN stock_movement o ON o.id = m.reverses_id
         WHERE m.document = ANY(%(documents)s)
           AND m.occurred_at <= coalesce(%(as_of)s, 'infinity'::timestamptz)
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
