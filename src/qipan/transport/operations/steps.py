"""Depart, arrive, receive: each once, and what is counted is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.errors import Refused
from qipan.organisations import queries as organisations
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport import access, errors
from qipan.transport.models import ReceiptLine, Shipment, ShipmentLine, ShipmentStep


@dataclass(frozen=True)
class Counted:
    """What the receiver counted of one line, in grains, and why it differs."""

    qty: int
    reason: str = ""


def depart(number: str, *, by: Actor, at: datetime, idem: UUID, note: str = "") -> None:
    """The vehicle leaves: every line moves from the store onto the shipment's road, all or nothing.

    Raises:
        ShipmentUnknown, AlreadyDeparted, StockInsufficient (nothing moves).

    Posts: store → road/<number>, ending the line's hold.
    Event: transport.departed.
    """
    by.require(access.DEPART)

    def work(shipment: Shipment) -> None:
        source = organisations.places(ids={shipment.source_place_id})[shipment.source_place_id]
        items = set(shipment.lines.values_list("material_id", flat=True))
        access.require_leaving(by, access.DEPART, source=source, items=items)
        _step(shipment, "departed", by=by, at=at, note=note, taken=errors.AlreadyDeparted)
        stock.post_batch(
            [
                stock.Transfer(
                    "depart", line.material_id, shipment.source_account, shipment.road_account, line.qty,
                    f"shipment/{number}", lot=line.lot, hold=line.hold, basis=_basis(shipment),
                )
                for line in shipment.lines.order_by("number")
            ],
            by=by, idem=uuid5(idem, "depart"), at=at,
        )  # fmt: skip

    _once("transport.depart", number, by=by, idem=idem, at=at, note=note, work=work)


def report_arrival(number: str, *, by: Actor, at: datetime, idem: UUID, note: str = "") -> None:
    """The vehicle is at the delivery point; nothing is counted yet.

    Raises:
        NotDeparted, OrderOfInstants, AlreadyReceived.

    Event: transport.arrived.
    """
    by.require(access.ARRIVE)

    def work(shipment: Shipment) -> None:
        place = organisations.places(ids={shipment.consignee_place_id})[shipment.consignee_place_id]
        access.require_arrive(by, consignee=place)
        left = shipment.steps.filter(step="departed").first()
        if left is None:
            raise errors.NotDeparted(number=number)
        if at < left.at:
            raise errors.OrderOfInstants(earlier=clock.write_instant(left.at), later=clock.write_instant(at))
        _step(shipment, "arrived", by=by, at=at, note=note, taken=errors.AlreadyReceived)

    _once("transport.arrive", number, by=by, idem=idem, at=at, note=note, work=work)


def confirm_receipt(
    number: str, *, counted: Mapping[int, Counted], by: Actor, at: datetime, idem: UUID, receiver: str = "",
    note: str = "",
) -> int:  # fmt: skip
    """Book what the receiver counted, once, and leave what is missing on the road.

    1. Refuse unless ``by`` may sign for the consignee, the load has arrived and every line is counted.
    2. Post the counted quantities from the load's road to the unit's store.
    3. What is short stays on the road account, visible, until somebody explains it.

    Args:
        counted: by line number; grains ≥ 0, at most what was loaded; a short line needs a reason.

    Returns:
        Grains that stay on the road.

    Raises:
        NotTheConsignee, ShipmentNotArrived, CountMissing, MoreThanShipped, ReasonMissing, AlreadyReceived.

    Posts: road/<number> → unit's store.
    Event: transport.received.
    """
    shipment = _shipment(number, by.tenant)
    place = organisations.places(ids={shipment.consignee_place_id})[shipment.consignee_place_id]
    access.require_receive(by, consignee=place.holder_id, unit=place.name)
    lines = list(shipment.lines.order_by("number"))
    short = _compare(lines, counted)

    def work(found: Shipment) -> None:
        arrived = found.steps.filter(step="arrived").first()
        if arrived is None:
            raise errors.ShipmentNotArrived(number=number)
        if at < arrived.at:
            raise errors.OrderOfInstants(earlier=clock.write_instant(arrived.at), later=clock.write_instant(at))
        _step(
            found,
            "received",
            by=by,
            at=at,
            note=note,
            taken=errors.AlreadyReceived,
            receiver=receiver or by.name,
        )
        ReceiptLine.objects.bulk_create(
            [
                ReceiptLine(line=line, counted=counted[line.number].qty, reason=counted[line.number].reason)
                for line in lines
            ]
        )
        store = _store_of(found, place, by)
        transfers = [
            stock.Transfer(
                "receive", line.material_id, found.road_account, store, counted[line.number].qty,
                f"shipment/{number}", lot=line.lot, basis=_basis(found),
            )
            for line in lines
            if counted[line.number].qty
        ]  # fmt: skip
        if transfers:
            stock.post_batch(transfers, by=by, idem=uuid5(idem, "receive"), at=at)

    body = {"counted": {str(k): repr(v) for k, v in sorted(counted.items())}}
    _once("transport.receive", number, by=by, idem=idem, at=at, note=note, work=work, body=body)
    return short


def lines_of(number: str) -> dict[int, int]:
    """What a load carries: grains by line number."""
    return dict(ShipmentLine.objects.filter(shipment__number=number).values_list("number", "qty"))


def _compare(lines: Sequence[ShipmentLine], counted: Mapping[int, Counted]) -> int:
    """Grains that are short in all; refuses what cannot be booked."""
    short = 0
    materials = catalogue.materials()
    for line in lines:
        row = counted.get(line.number)
        item = materials[line.material_id]
        if row is None:
            raise errors.CountMissing(line=line.number)
        if row.qty > line.qty:
            raise errors.MoreThanShipped(
                line=line.number, counted=item.from_grains(row.qty), shipped=item.from_grains(line.qty)
            )
        if row.qty < line.qty and not row.reason.strip():
            raise errors.ReasonMissing(line=line.number, short=item.from_grains(line.qty - row.qty))
        short += line.qty - row.qty
    return short


def _store_of(shipment: Shipment, place: organisations.PlaceRow, by: Actor) -> int:
    """The store account of the consignee's place, opened with the first receipt."""
    found = stock_reads.account_of_place(place.id)
    if found is not None:
        return found
    code = f"{place.kind}/{place.code}"
    return stock.open_accounts([stock.Opening("store", code, place.id, shipment.region_code)], by=by)[code]


def _once(
    operation: str, number: str, *, by: Actor, idem: UUID, at: datetime, note: str, work: Any,
    body: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Run one step of a shipment once per key, with its event, in one transaction."""
    with transaction.atomic():
        shipment = _shipment(number, by.tenant)

        def step() -> dict[str, Any]:
            work(shipment)
            region = shipment.region_code
            events.record(
                operation, by=by, subject=f"shipment/{number}", at=at, region=region, note=note, **(body or {})
            )
            return {"number": number}

        events.once(operation, by=by, idem=idem, body={"number": number, "note": note, **(body or {})}, work=step)


def _step(
    shipment: Shipment,
    step: str,
    *,
    by: Actor,
    at: datetime,
    note: str,
    taken: type[Refused],
    receiver: str = "",
) -> None:
    """Add a step once; who comes second is told."""
    try:
        with transaction.atomic():
            ShipmentStep.objects.create(
                shipment=shipment,
                step=step,
                at=at,
                known_at=clock.now(),
                actor_id=by.id,
                actor_name=by.name,
                receiver=receiver,
                note=note,
            )
    except IntegrityError as error:
        raise taken(number=shipment.number) from error


def _basis(shipment: Shipment) -> str:
    return "simulated" if shipment.is_simulated else "recorded"


def _shipment(number: str, tenant: int) -> Shipment:
    found = Shipment.objects.filter(number=number, tenant=tenant).first()
    if found is None:
        raise errors.ShipmentUnknown(number=number)
    return found
