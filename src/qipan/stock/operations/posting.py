"""Movements and holds: every write is one call of one SQL function, all or nothing."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from qipan.kernel import clock, events, sealing
from qipan.kernel.access import Actor
from qipan.stock import errors, queries
from qipan.stock.operations.calls import call


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
    ids = call(sql, [by.tenant, by.id, idem, at, clock.now(), *arrays], by=by, idem=idem)
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
    ids = call(sql, [by.tenant, by.id, idem, at, clock.now(), *arrays, expires_at], by=by, idem=idem)
    return [row[0] for row in ids]


def void_holds(holds: Sequence[int], *, by: Actor, idem: UUID, at: datetime, how: str = "voided") -> None:
    """End holds without a movement; each ends once.

    Raises:
        HoldNotOpen: one of them is not open; none is ended.
    """
    sql = "SELECT stock_hold_end(%s, %s, %s, %s, %s, %s::bigint[], %s)"
    call(sql, [by.tenant, by.id, idem, at, clock.now(), list(holds), how], by=by, idem=idem)


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
        with transaction.atomic():
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
