"""Bookings by hand that set the books right: counts at once, write-offs and bookings back by two persons.

What a count finds too much is booked at once. What it finds missing, and what shall be booked back, takes goods out of
the books or undoes what others relied on: it waits as a correction until somebody else confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, connection, transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.stock import access, errors, queries
from qipan.stock.models import Correction, CorrectionEnd, Movement
from qipan.stock.operations.calls import insufficient
from qipan.stock.operations.opening import Opening, open_accounts
from qipan.stock.operations.posting import Transfer, post_batch


def count_stock(
    account: int, *, item: int, counted: int, reason: str, by: Actor, idem: UUID, at: datetime, lot: int = 0
) -> int:
    """Book a stock count: the difference to the books, with its reason.

    1. Refuse unless ``account`` is a store and ``by`` may count there.
    2. Compare with the balance at this moment; what waited for the same goods is replaced by this count.
    3. Post what is too much from ``outside/count``; propose what is missing as a write-off.

    Args:
        counted: what is there, in grains, >= 0.
        reason: why it differs; needed.

    Returns:
        Counted minus booked, in grains; when it is negative, a correction waits for a second person.

    Raises:
        AccountUnknown: it is no store. NotAllowed: somebody else's store. CountBelowZero.
        StockInsufficient: less was counted than is promised; the promise is voided first, knowingly.

    Posts: outside/count → store.
    Event: stock.counted.
    """
    label = queries.account_labels({account}).get(account)
    if label is None or label.kind != "store":
        raise errors.AccountUnknown()
    access.require(by, access.COUNT, label, item=item)
    if counted < 0:
        raise errors.CountBelowZero()
    body: dict[str, Any] = {"account": account, "item": item, "lot": lot, "counted": counted, "reason": reason}

    def work() -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT onhand, held FROM stock_balance WHERE account_id = %s AND material_id = %s AND lot = %s",
                [account, item, lot],
            )
            onhand, held = cursor.fetchone() or (0, 0)
        difference = counted - onhand
        if counted < held:
            facts = {"account_id": account, "material_id": item, "free": onhand - held, "asked": -difference}
            raise insufficient(facts)
        waiting = Correction.objects.filter(account_id=account, material_id=item, lot=lot, kind="write_off", end=None)
        for before in waiting:
            _end(before, "replaced", by=by, at=at)
        if difference > 0:
            outside = open_accounts([Opening("source", "outside/count")], by=by)["outside/count"]
            line = Transfer("count", item, outside, account, difference, f"count/{idem}", lot=lot)
            post_batch([line], by=by, idem=uuid5(idem, "post"), at=at)
        if difference < 0:
            _propose(label, _Goods(item, lot, -difference), reason=reason, by=by, at=at)
        subject = f"account/{account}"
        events.record(
            "stock.counted", by=by, subject=subject, at=at, region=label.region, difference=difference, **body
        )
        return {"difference": difference}

    return int(events.once("stock.count", by=by, idem=idem, body=body, work=work)["difference"])


def propose_write_off(account: int, *, item: int, qty: int, reason: str, by: Actor, at: datetime) -> int:
    """Propose that a quantity be taken out of the books, which was never there; it is when a second person confirms it.

    Args:
        qty: grains, > 0. Who may say so is the caller's to ask: a maker of the maker's own output.

    Returns:
        The correction's id.

    Event: stock.correction_proposed.
    """
    label = queries.account_labels({account})[account]
    with transaction.atomic():
        return _propose(label, _Goods(item, 0, qty), reason=reason, by=by, at=at).id


def propose_reversal(movement_id: int, *, reason: str, by: Actor, idem: UUID, at: datetime) -> int:
    """Propose that a movement be booked back, whole; it is when a second person confirms it.

    Returns:
        The correction's id.

    Raises:
        NotReversible: it was reversed before, is a reversal, or belongs to other books.
        NotAllowed: neither of its accounts is one's own.

    Event: stock.correction_proposed.
    """
    by.require(access.REVERSE)
    first = Movement.objects.filter(id=movement_id, tenant=by.tenant).exclude(kind="reversal").first()
    if first is None:
        raise errors.NotReversible()
    sides = queries.account_labels({first.src_id, first.dst_id})
    access.require(by, access.REVERSE, *sides.values(), item=first.material_id)

    def work() -> dict[str, Any]:
        if Movement.objects.filter(reverses_id=movement_id).exists():
            raise errors.NotReversible()
        label = sides[first.dst_id] if sides[first.dst_id].region else sides[first.src_id]
        goods = _Goods(first.material_id, first.lot, first.qty, movement_id)
        made = _propose(label, goods, reason=reason, by=by, at=at)
        return {"correction": made.id}

    body = {"movement": movement_id, "reason": reason}
    return int(events.once("stock.propose_reversal", by=by, idem=idem, body=body, work=work)["correction"])


def confirm_correction(correction: int, *, by: Actor, idem: UUID, at: datetime, note: str = "") -> int:
    """Confirm what somebody else proposed, and book it, once.

    Returns:
        The movement's id.

    Raises:
        CorrectionUnknown, CorrectionEnded.
        NotAllowed, SameHand; ControlledGoods: only the command takes goods under central allocation out of the books.
        StockInsufficient: the goods have gone on, or are promised. NotReversible.

    Posts: store → outside/count, or destination → source of the first movement.
    Event: stock.written_off or stock.reversed.
    """
    found = _correction(correction, by)
    access.require_confirm(by, region=found.region_code, is_controlled=found.is_controlled, proposed_by=found.actor_id)

    def work() -> dict[str, Any]:
        event, subject = "stock.written_off", f"account/{found.account_id}"
        first = found.movement
        if first is None:
            outside = open_accounts([Opening("source", "outside/count")], by=by)["outside/count"]
            document = f"correction/{found.id}"
            line = Transfer("count", found.material_id, found.account_id, outside, found.qty, document, lot=found.lot)
        else:
            event, subject = "stock.reversed", f"movement/{first.id}"
            line = Transfer(
                "reversal", first.material_id, first.dst_id, first.src_id, first.qty, first.document, lot=first.lot,
                reverses=first.id, basis=first.basis,
            )  # fmt: skip
        (booked,) = post_batch([line], by=by, idem=uuid5(idem, "post"), at=at)
        _end(found, "confirmed", by=by, at=at, note=note, booked=booked)
        events.record(
            event, by=by, subject=subject, at=at, region=found.region_code, reason=found.reason, movement=booked,
            proposed_by=found.actor_name,
        )  # fmt: skip
        return {"movement": booked}

    body = {"correction": correction, "note": note}
    return int(events.once("stock.confirm_correction", by=by, idem=idem, body=body, work=work)["movement"])


def reject_correction(correction: int, *, by: Actor, idem: UUID, at: datetime, note: str) -> None:
    """Leave the books as they are: whoever may confirm it, or who proposed it.

    Raises:
        CorrectionUnknown, CorrectionEnded, NotAllowed, ControlledGoods.

    Event: stock.correction_rejected.
    """
    found = _correction(correction, by)
    if by.id != found.actor_id:
        access.require_confirm(
            by, region=found.region_code, is_controlled=found.is_controlled, proposed_by=found.actor_id
        )

    def work() -> dict[str, Any]:
        _end(found, "rejected", by=by, at=at, note=note)
        subject = f"account/{found.account_id}"
        events.record("stock.correction_rejected", by=by, subject=subject, at=at, region=found.region_code, note=note)
        return {"correction": correction}

    events.once("stock.reject_correction", by=by, idem=idem, body={"correction": correction, "note": note}, work=work)


@dataclass(frozen=True)
class _Goods:
    """What shall be taken out of the books, and the movement that shall be booked back if it is one."""

    item: int
    lot: int
    qty: int
    movement: int | None = None


def _propose(label: queries.AccountLabel, goods: _Goods, *, reason: str, by: Actor, at: datetime) -> Correction:
    """Write down what shall be booked when a second person agrees."""
    kind = "write_off" if goods.movement is None else "reversal"
    made = Correction.objects.create(
        tenant=by.tenant, kind=kind, account_id=label.id, material_id=goods.item, lot=goods.lot,
        qty=goods.qty, movement_id=goods.movement,
        region_code=label.region, is_controlled=goods.item in catalogue.controlled(at), reason=reason, actor_id=by.id,
        actor_name=by.name, at=at, known_at=clock.now(),
    )  # fmt: skip
    events.record(
        "stock.correction_proposed", by=by, subject=f"correction/{made.id}", at=at, region=label.region, reason=reason
    )
    return made


def _correction(correction: int, by: Actor) -> Correction:
    found = Correction.objects.filter(id=correction, tenant=by.tenant).select_related("movement").first()
    if found is None:
        raise errors.CorrectionUnknown(correction=correction)
    return found


def _end(
    correction: Correction, how: str, *, by: Actor, at: datetime, note: str = "", booked: int | None = None
) -> None:
    """End a correction, once; who comes second is told, and what that one booked is undone with the transaction."""
    try:
        with transaction.atomic():
            CorrectionEnd.objects.create(
                correction=correction, how=how, booked=booked, note=note, actor_id=by.id, actor_name=by.name, at=at,
                known_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise errors.CorrectionEnded() from error
