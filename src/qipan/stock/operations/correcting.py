"""Bookings by hand that set the books right: counts and reversals."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from qipan.kernel import events
from qipan.kernel.access import Actor
from qipan.stock import access, errors, queries
from qipan.stock.models import Movement
from qipan.stock.operations.opening import Opening, open_accounts
from qipan.stock.operations.posting import Transfer, post_batch


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
        body: dict[str, Any] = {"account": account, "item": item, "lot": lot, "counted": counted, "reason": reason}

        def work() -> dict[str, Any]:
            outside = open_accounts([Opening("source", "outside/count")], by=by)["outside/count"]
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
            subject = f"account/{account}"
            events.record("stock.counted", by=by, subject=subject, at=at, region=label.region, difference=difference,
                          **body)  # fmt: skip
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
