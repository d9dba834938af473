"""The API of transport."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, File, Header, Router, Schema
from ninja.files import UploadedFile

from qipan.kernel import clock, photos
from qipan.kernel.doors import InstantRefused, actor_of, cut_of
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import plain, read_quantity
from qipan.transport import operations, queries
from qipan.transport.errors import LineUnknown, ShipmentUnknown

router = Router(tags=["transport"])


class LoadIn(Schema):
    """Issued batch lines of one store and receiver, on one vehicle."""

    lines: list[int] = Field(min_length=1, max_length=200)
    vehicle: str = Field(max_length=40)
    driver: str = Field(max_length=40)
    escort: str = Field("", max_length=40)
    driver_phone: str = Field("", max_length=25)
    escort_phone: str = Field("", max_length=25)
    receiver: str = Field("", max_length=40)
    receiver_phone: str = Field("", max_length=25)
    planned_arrival: str = Field(max_length=30)


class LookIn(Schema):
    """Whose name and number, and why."""

    role: str = Field(max_length=8, description="driver, escort or receiver")
    reason: str = Field(max_length=120)


class StepIn(Schema):
    """A note that goes with a step."""

    note: str = Field("", max_length=300)


class CountedIn(Schema):
    """What was counted of one line, in the item's unit."""

    line: int
    counted: str = Field(max_length=40)
    reason: str = Field("", max_length=200)


class ReceiptIn(Schema):
    """The receiver's counts."""

    lines: list[CountedIn] = Field(max_length=500)
    receiver: str = Field("", max_length=60)
    note: str = Field("", max_length=300)


@router.get("/shipments", summary="Loads: ?as_of=&place=&item=&state=&batch=&limit=&cursor=")
def list_shipments(
    request: HttpRequest, as_of: str = "", place: str = "", item: str = "", state: str = "", batch: int | None = None,
    limit: int = 50, cursor: int = 0,
) -> dict[str, Any]:  # fmt: skip
    rows, total = queries.loads(
        cut_of(request), state=state, batch=batch, limit=max(1, min(limit, 500)), offset=max(0, cursor)
    )
    following = max(0, cursor) + len(rows)
    return {
        "count": total,
        "next_cursor": following if following < total else None,
        "rows": [_row(r) for r in rows],
    }


@router.get("/shipments/{number}", summary="One load: ?as_of=")
def read_shipment(request: HttpRequest, number: str, as_of: str = "") -> dict[str, Any]:
    return _row(_found(number, cut_of(request)))


@router.post("/shipments", summary="Load issued lines", response={201: dict[str, Any]})
def load_lines(request: HttpRequest, body: LoadIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    try:
        planned = clock.read_instant(body.planned_arrival)
    except clock.InstantUnreadable as error:
        raise InstantRefused(text=body.planned_arrival) from error
    number = operations.load_batch_lines(
        body.lines,
        by=actor_of(request),
        idem=key,
        at=clock.now(),
        vehicle=operations.Vehicle(
            body.vehicle,
            body.driver,
            body.escort,
            body.driver_phone,
            body.escort_phone,
            body.receiver,
            body.receiver_phone,
        ),
        planned_arrival=planned,
    )
    return {"number": number}


@router.post("/shipments/{number}/contacts", summary="Open a name and telephone number; the look is written down")
def reveal(
    request: HttpRequest, number: str, body: LookIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    found = operations.reveal(number, body.role, reason=body.reason, by=actor_of(request), at=clock.now(), idem=key)
    return {"role": body.role, "name": found.name, "phone": found.phone}


@router.post("/shipments/{number}/depart", summary="The vehicle leaves")
def depart(
    request: HttpRequest, number: str, body: StepIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.depart(number, by=actor_of(request), at=clock.now(), idem=key, note=body.note)
    return _row(_found(number, Cut(clock.now())))


@router.post("/shipments/{number}/arrive", summary="The vehicle is at the delivery point")
def arrive(
    request: HttpRequest, number: str, body: StepIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.report_arrival(number, by=actor_of(request), at=clock.now(), idem=key, note=body.note)
    return _row(_found(number, Cut(clock.now())))


@router.post("/shipments/{number}/photos", summary="Keep a photograph of a load", response={201: dict[str, Any]})
def photograph(
    request: HttpRequest, number: str, photo: UploadedFile = File(), key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    content = photo.read(photos.FILE_BYTES_MAX + 1)
    by, name = actor_of(request), str(photo.name)[:80]
    return {"photo": operations.add_photo(number, name, content, by=by, at=clock.now(), idem=key)}


@router.get("/shipments/{number}/photos", summary="The photographs of a load: ?as_of=")
def list_photos(request: HttpRequest, number: str, as_of: str = "") -> dict[str, Any]:
    cut = cut_of(request)
    _found(number, cut)
    rows = queries.photos(number, cut)
    return {"rows": [{"photo": r.id, "sha256": r.sha256, "at": clock.write_instant(r.at), "by": r.by} for r in rows]}


@router.post("/shipments/{number}/receipt", summary="Book what the receiver counted")
def receive(
    request: HttpRequest, number: str, body: ReceiptIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    lines = {line.number: line for line in _found(number, Cut(clock.now())).lines}
    unknown = next((row.line for row in body.lines if row.line not in lines), None)
    if unknown is not None:
        raise LineUnknown(number=number, line=unknown)
    counted = {
        row.line: operations.Counted(
            lines[row.line].item.to_grains(read_quantity(row.counted, zero_allowed=True)), row.reason
        )
        for row in body.lines
    }
    operations.confirm_receipt(
        number,
        counted=counted,
        by=actor_of(request),
        at=clock.now(),
        idem=key,
        receiver=body.receiver,
        note=body.note,
    )
    return _row(_found(number, Cut(clock.now())))


def _found(number: str, cut: Cut) -> queries.LoadRow:
    row = queries.load(number, cut)
    if row is None:
        raise ShipmentUnknown(number=number)
    return row


def _row(r: queries.LoadRow) -> dict[str, Any]:
    def said(at: Any) -> str | None:
        return clock.write_instant(at) if at else None

    return {
        "number": r.number,
        "batch": r.batch_number,
        "from": r.source.as_json(),
        "to": r.consignee.as_json(),
        "region": r.region,
        "vehicle": r.vehicle,
        "contacts": [
            {"role": c.role, "name": c.name, "phone": c.phone, "erased": bool(c.erased_at)} for c in r.contacts
        ],
        "state": r.state,
        "late": r.is_late,
        "planned_arrival": said(r.planned_arrival),
        "departed_at": said(r.departed_at),
        "arrived_at": said(r.arrived_at),
        "received_at": said(r.received_at),
        "simulated": r.is_simulated,
        "lines": [
            {
                "line": line.number,
                "item_code": line.item.code,
                "quantity": plain(line.item.from_grains(line.qty)),
                "counted": None if line.counted is None else plain(line.item.from_grains(line.counted)),
                "unit": line.item.unit.as_json(),
                "reason": line.reason,
            }
            for line in r.lines
        ],
    }
