"""A batch is approved, issued or voided."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from qipan.allocation import access, errors
from qipan.allocation.models import (
    LineHold,
)
from qipan.allocation.operations.steps import add_step, batch_of
from qipan.kernel import events
from qipan.kernel.access import Actor
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads


def approve_batch(number: int, *, by: Actor, at: datetime, idem: UUID, note: str = "") -> None:
    """Approve a planned batch; another person than the planner, and only with its certificate.

    Raises:
        BatchUnknown, SamePerson, NotCertified, StepOutOfOrder.

    Event: allocation.batch_approved.
    """
    with transaction.atomic():
        batch = batch_of(number, by.tenant)
        access.require_second(by, access.APPROVE, planned_by=batch.actor_id, number=number, place=batch.place_code)
        if not batch.certificate["proven"]:
            raise errors.NotCertified(number=number)

        def work() -> dict[str, Any]:
            add_step(batch, "approved", by=by, at=at, note=note, after=("planned",))
            events.record(
                "allocation.batch_approved", by=by, subject=f"batch/{number}", at=at, region=batch.place_code, note=note
            )
            return {"number": number}

        events.once("allocation.approve", by=by, idem=idem, body={"number": number, "note": note}, work=work)


def issue_batch(
    number: int, *, by: Actor, at: datetime, idem: UUID, note: str = "", holds_until: datetime | None = None
) -> int:
    """Issue an approved batch: hold every line's goods in one call, all or nothing.

    1. Refuse unless approved, and by another person than the planner.
    2. Hold all lines out of their stores in one ledger call.
    3. Write the step and tie each line to its hold, in the same transaction.

    Args:
        holds_until: what has not been loaded by then is free again; None: it waits for ever.

    Returns:
        Number of lines held.

    Raises:
        HoldsEndBefore: ``holds_until`` has passed.
        StockInsufficient: a store gave its goods elsewhere meanwhile; nothing is held; plan again.
        BatchUnknown, SamePerson, StepOutOfOrder.

    Posts: holds on the source stores, document ``batch/<number>``.
    Event: allocation.batch_issued.
    """
    with transaction.atomic():
        batch = batch_of(number, by.tenant)
        access.require_second(by, access.ISSUE, planned_by=batch.actor_id, number=number, place=batch.place_code)
        if holds_until is not None and holds_until <= at:
            raise errors.HoldsEndBefore()
        lines = list(batch.lines.order_by("number"))
        body = {"number": number, "note": note, **({"holds_until": str(holds_until)} if holds_until else {})}

        def work() -> dict[str, Any]:
            add_step(batch, "issued", by=by, at=at, note=note, after=("approved",))
            if lines:
                holds = stock.hold_batch(
                    [
                        stock.HoldLine(line.source_account, line.material_id, line.qty, f"batch/{number}", lot=line.lot)
                        for line in lines
                    ],
                    by=by,
                    idem=uuid5(idem, "holds"),
                    at=at,
                    expires_at=holds_until,
                )
                LineHold.objects.bulk_create(
                    [LineHold(line=line, hold=hold) for line, hold in zip(lines, holds, strict=True)]
                )
            events.record(
                "allocation.batch_issued",
                by=by,
                subject=f"batch/{number}",
                at=at,
                region=batch.place_code,
                lines=len(lines),
            )
            return {"lines": len(lines)}

        return int(events.once("allocation.issue", by=by, idem=idem, body=body, work=work)["lines"])


def void_batch(number: int, *, by: Actor, at: datetime, idem: UUID, reason: str) -> None:
    """Void a batch before any goods left; its holds end, its number stays used.

    Raises:
        AlreadyOnTheRoad, StepOutOfOrder, BatchUnknown.

    Event: allocation.batch_voided.
    """
    by.require(access.VOID)
    with transaction.atomic():
        batch = batch_of(number, by.tenant)
        access.require_void(by, place=batch.place_code)
        if _has_left(number):
            raise errors.AlreadyOnTheRoad(number=number)

        def work() -> dict[str, Any]:
            add_step(batch, "voided", by=by, at=at, note=reason, after=("planned", "approved", "issued"))
            still = stock_reads.open_holds(f"batch/{number}")
            held = LineHold.objects.filter(line__batch=batch).order_by("hold").values_list("hold", flat=True)
            holds = [hold for hold in held if hold in still]
            if holds:
                stock.void_holds(holds, by=by, idem=uuid5(idem, "void"), at=at)
            events.record(
                "allocation.batch_voided",
                by=by,
                subject=f"batch/{number}",
                at=at,
                region=batch.place_code,
                reason=reason,
            )
            return {"number": number}

        events.once("allocation.void", by=by, idem=idem, body={"number": number, "reason": reason}, work=work)


def _has_left(number: int) -> bool:
    """Whether a hold of the batch was already posted by a departure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM stock_hold h JOIN stock_holdend e ON e.hold_id = h.id"
            " WHERE h.document = %s AND e.how = 'posted')",
            [f"batch/{number}"],
        )
        return bool(cursor.fetchone()[0])
