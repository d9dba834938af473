"""Writes of the ledger: every one is one call of one SQL function, all or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID, uuid4, uuid5

from django.db import DatabaseError, OperationalError, connection, transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events, sealing
from qipan.kernel.access import Actor
from qipan.kernel.errors import Refused, SameKeyOtherBody
from qipan.kernel.quantity import plain
from qipan.kernel.text import Both
from qipan.organisations import operations as organisation_operations
from qipan.organisations import queries as organisations
from qipan.stock import access, errors, queries
from qipan.stock.models import Account, Movement

TRIES = 5


@dataclass(frozen=True)
class Transfer:
    """One line of a posting: ``qty`` grains of an item and lot from one account to another."""

    kind: str
    item: int
    src: int
    dst: int
    qty: int
    document: str
    lot: int = 0
    hold: int | None = None
    reverses: int | None = None
    basis: str = "recorded"


@dataclass(frozen=True)
class HoldLine:
    """One line of a hold: ``qty`` grains promised out of a store for a document."""

    account: int
    item: int
    qty: int
    document: str
    lot: int = 0


def post_batch(lines: Sequence[Transfer], *, by: Actor, idem: UUID, at: datetime) -> list[int]:
    """Post all lines in one call, or none.

    Args:
        lines: 1 or more transfers; ``qty`` > 0 grains.
        idem: the key; the same key and body again gives the same movements.
        at: when it happened.

    Returns:
        Movement ids in the order of ``lines``.

    Raises:
        StockInsufficient: a store has less free; names account, material, free and asked.
        HoldNotOpen, NotReversible, AccountUnknown, SameKeyOtherBody, OutcomeUnknown.

    Posts: exactly ``lines``.
    """
    arrays = [
        [line.kind for line in lines],
        [line.item for line in lines],
        [line.lot for line in lines],
        [line.src for line in lines],
        [line.dst for line in lines],
        [line.qty for line in lines],
        [line.hold for line in lines],
        [line.reverses for line in lines],
        [line.basis for line in lines],
        [line.document for line in lines],
    ]
    sql = (
        "SELECT * FROM stock_post(%s, %s, %s, %s, %s, %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],"
        " %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])"
    )
    ids = _call(sql, [by.tenant, by.id, idem, at, clock.now(), *arrays], by=by, idem=idem)
    sealing.seal_soon()
    return [row[0] for row in ids]


def hold_batch(
    lines: Sequence[HoldLine], *, by: Actor, idem: UUID, at: datetime, expires_at: datetime | None = None
) -> list[int]:
    """Promise all lines out of their stores in one call, or none.

    Returns:
        Hold ids in the order of ``lines``.

    Raises:
        StockInsufficient: a store has less free; nothing is held.
    """
    sql = (
        "SELECT * FROM stock_hold_out(%s, %s, %s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[],"
        " %s::bigint[], %s::text[], %s)"
    )
    arrays = [
        [line.account for line in lines],
        [line.item for line in lines],
        [line.lot for line in lines],
        [line.qty for line in lines],
        [line.document for line in lines],
    ]
    ids = _call(sql, [by.tenant, by.id, idem, at, clock.now(), *arrays, expires_at], by=by, idem=idem)
    return [row[0] for row in ids]


def void_holds(holds: Sequence[int], *, by: Actor, idem: UUID, at: datetime, how: str = "voided") -> None:
    """End holds without a movement; each ends once.

    Raises:
        HoldNotOpen: one of them is not open; none is ended.
    """
    sql = "SELECT stock_hold_end(%s, %s, %s, %s, %s, %s::bigint[], %s)"
    _call(sql, [by.tenant, by.id, idem, at, clock.now(), list(holds), how], by=by, idem=idem)


def end_overdue(now: datetime, *, keep: Container[int] = ()) -> int:
    """End the holds whose time is over, so that their goods are free again; returns how many.

    Args:
        keep: holds that stay though their time is over (their goods stand on a lorry already).

    A hold that departs at the same moment is departed, and not expired: it is tried again by itself.

    Event: stock.holds_expired, one for each tenant.
    """
    ended = 0
    for tenant, found in queries.overdue_holds(now).items():
        holds = [hold for hold in found if hold not in keep]
        by = Actor(0, "worker", tenant=tenant)
        done = _ended(holds, by, now) if holds else []
        if done:
            events.record("stock.holds_expired", by=by, subject="holds", at=now, holds=done)
        ended += len(done)
    return ended


def _ended(holds: list[int], by: Actor, now: datetime) -> list[int]:
    """Those of the holds that could be ended: all in one call, or else one by one."""
    try:
        void_holds(holds, by=by, idem=uuid4(), at=now, how="expired")
    except errors.HoldNotOpen:
        return [hold for each in holds for hold in _ended([each], by, now)] if len(holds) > 1 else []
    return holds


def open_accounts(accounts: Sequence[tuple[str, str, int | None, str]], *, by: Actor) -> dict[str, int]:
    """Open accounts ``(kind, code, place id, region code)``; those that exist stay as they are.

    Returns:
        Account id by code.
    """
    sql = "SELECT stock_open_account(%s, %s, %s::text[], %s::text[], %s::bigint[], %s::text[], %s)"
    columns = [list(column) for column in zip(*accounts, strict=True)] if accounts else [[], [], [], []]
    _call(sql, [by.tenant, by.id, *columns, clock.now()], by=by, idem=None)
    return dict(Account.objects.filter(code__in=columns[1]).values_list("code", "id"))


def open_store(
    kind: str, *, by: Actor, at: datetime, idem: UUID, name: Both, holder: int, owner: int | None = None, region: str
) -> int:
    """Open a store that goods can be shared out from, with its account; what lies in it is entered as a count.

    Args:
        kind: of ``organisations.SOURCE_KINDS``.
        holder: the organisation that keeps it; owner: whose goods they are, the holder's own when None.

    Returns:
        The account's id.

    Raises:
        StoreKindUnknown, RegionUnknown, NotAllowed.

    Event: stock.store_opened.
    """
    if kind not in organisations.SOURCE_KINDS:
        raise errors.StoreKindUnknown(word=kind, kinds=", ".join(organisations.SOURCE_KINDS))
    region = organisations.region(region).code
    access.require_open(by, region)
    code = f"s-{idem.hex[:16]}"

    def work() -> dict[str, Any]:
        place = organisation_operations.open_place(
            code, by=by, kind=kind, holder=holder, owner=owner, name=name, region=region
        )
        account = open_accounts([("store", f"{kind}/{code}", place, region)], by=by)[f"{kind}/{code}"]
        events.record("stock.store_opened", by=by, subject=f"account/{account}", at=at, kind=kind)
        return {"account": account}

    body = {"kind": kind, "name": name.as_json(), "holder": holder, "owner": owner, "region": region}
    return int(events.once("stock.open_store", by=by, idem=idem, body=body, work=work)["account"])


def open_lot(item: int, *, by: Actor, number: str, expires_on: date | None) -> int:
    """The lot of ``item`` with this number, named now if it was not.

    Raises:
        LotDiffers: the number is known with another expiry.
    """
    sql = "SELECT stock_open_lot(%s, %s, %s, %s, %s)"
    rows = _call(sql, [by.tenant, by.id, item, number, expires_on], by=by, idem=None)
    return int(rows[0][0])


def open_books(tenant: int, *, clock_kind: str = "server") -> None:
    """Open a tenant's books; ``driven`` books take the replayed case's time as recording time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_open_books(%s, %s)", [tenant, clock_kind])


def keep_snapshot(at: datetime) -> None:
    """Keep what was where at ``at``, of everything sealed by now, so that later readings need not begin at nothing.

    A reading is the same with and without: a snapshot is only a place to start from.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT stock_take_snapshot(%s)", [at])


def keep_cut(now: datetime) -> bool:
    """Keep the last cut of figures that has passed, once; returns whether it was kept just now."""
    cut = clock.last_cut(now)
    if queries.has_snapshot(cut):
        return False
    sealing.seal()
    keep_snapshot(cut)
    return True


def count_stock(
    account: int, *, item: int, counted: int, reason: str, by: Actor, idem: UUID, at: datetime, lot: int = 0
) -> int:
    """Book a stock count: the difference to the books, with its reason.

    1. Refuse unless ``account`` is a store and ``by`` may count there.
    2. Compare with the balance at this moment.
    3. Post the difference from or to the outside account ``outside/count``.

    Args:
        counted: what is there, in grains, >= 0.
        reason: why it differs; needed.

    Returns:
        Counted minus booked, in grains.

    Raises:
        AccountUnknown: it is no store. NotAllowed: somebody else's store.
        StockInsufficient: less was counted than is promised.

    Posts: outside/count → store, or store → outside/count.
    Event: stock.counted.
    """
    label = queries.account_labels({account}).get(account)
    if label is None or label.kind != "store":
        raise errors.AccountUnknown()
    access.require(by, access.COUNT, label, item=item)
    with transaction.atomic():
        body = {"account": account, "item": item, "lot": lot, "counted": counted, "reason": reason}

        def work() -> dict[str, Any]:
            outside = open_accounts([("source", "outside/count", None, "")], by=by)["outside/count"]
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT onhand FROM stock_balance WHERE account_id = %s AND material_id = %s AND lot = %s",
                    [account, item, lot],
                )
                row = cursor.fetchone()
            difference = counted - (row[0] if row else 0)
            if difference:
                src, dst = (outside, account) if difference > 0 else (account, outside)
                document = f"count/{idem}"
                line = Transfer("count", item, src, dst, abs(difference), document, lot=lot)
                post_batch([line], by=by, idem=uuid5(idem, "post"), at=at)
            events.record("stock.counted", by=by, subject=f"account/{account}", at=at, difference=difference, **body)
            return {"difference": difference}

        return int(events.once("stock.count", by=by, idem=idem, body=body, work=work)["difference"])


def reverse_movement(movement_id: int, *, reason: str, by: Actor, idem: UUID, at: datetime) -> int:
    """Book the movement back, once; the first stays as it is.

    Raises:
        NotReversible: it was reversed before, is a reversal, or belongs to other books.
        NotAllowed: neither of its accounts is one's own.
        StockInsufficient: the goods have gone on.

    Posts: destination → source of the first.
    Event: stock.reversed.
    """
    first = Movement.objects.filter(id=movement_id, tenant=by.tenant).first()
    if first is None:
        raise errors.NotReversible()
    sides = queries.account_labels({first.src_id, first.dst_id}).values()
    access.require(by, access.REVERSE, *sides, item=first.material_id)
    line = Transfer(
        "reversal", first.material_id, first.dst_id, first.src_id, first.qty, first.document,
        lot=first.lot, reverses=first.id, basis=first.basis,
    )  # fmt: skip
    subject, body = f"movement/{movement_id}", {"movement": movement_id, "reason": reason}

    def work() -> dict[str, Any]:
        (booked,) = post_batch([line], by=by, idem=idem, at=at)
        events.record("stock.reversed", by=by, subject=subject, at=at, reason=reason, movement=booked)
        return {"movement": booked}

    return int(events.once("stock.reverse", by=by, idem=idem, body=body, work=work)["movement"])


def _call(sql: str, values: Sequence[Any], *, by: Actor, idem: UUID | None) -> list[tuple[Any, ...]]:
    """Run one ledger function with the session's tenant and person set for this transaction."""

    def attempt() -> list[tuple[Any, ...]]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('qipan.tenant', %s, true), set_config('qipan.actor', %s, true)",
                [str(by.tenant), str(by.id)],
            )
            cursor.execute(sql, values)
            return cursor.fetchall()

    return _retried(attempt, idem=idem)


def _retried(attempt: Callable[[], list[tuple[Any, ...]]], *, idem: UUID | None) -> list[tuple[Any, ...]]:
    """At most TRIES with the same key when the database asks for it; then "unknown", never "failed"."""
    is_inside = connection.in_atomic_block
    for last in (*[False] * (TRIES - 1), True):
        try:
            with _facts():
                return attempt()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if is_inside or (state and state not in ("40001", "40P01", "57P01")):
                raise
            if last:
                raise errors.OutcomeUnknown(idem=str(idem)) from error
            if state is None:
                connection.close()
    raise AssertionError("unreachable")


@contextmanager
def _facts() -> Iterator[None]:
    """Turn the ledger's SQL refusals into facts with their values."""
    try:
        yield
    except DatabaseError as error:
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None) or ""
        if not re.match(r"^QP00\d$", state):
            raise
        _raise_fact(state, getattr(cause, "diag", None), error)


def _raise_fact(state: str, diag: Any, error: Exception) -> NoReturn:
    facts: dict[str, type[Refused]] = {
        "QP001": errors.LedgerRefused,
        "QP002": SameKeyOtherBody,
        "QP004": errors.AccountUnknown,
        "QP005": errors.HoldNotOpen,
        "QP006": errors.NotReversible,
    }
    if state == "QP003":
        detail = json.loads(diag.message_detail)
        raise _insufficient(detail) from error
    if state == "QP007":
        raise errors.LotDiffers(number="") from error
    raise facts[state]() from error


def _insufficient(detail: dict[str, Any]) -> errors.StockInsufficient:
    material = catalogue.material_by_id(detail["material_id"])
    label = queries.account_labels({detail["account_id"]})[detail["account_id"]]
    return errors.StockInsufficient(
        account=str(label.name),
        material=str(material.name),
        unit=str(material.unit),
        free=plain(material.from_grains(max(detail["free"], 0))),
        asked=plain(material.from_grains(detail["asked"])),
        account_id=detail["account_id"],
    )
