"""Photographs of a load, by who signs for it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from qipan.kernel import events, photos
from qipan.kernel.access import Actor
from qipan.organisations import queries as organisations
from qipan.transport import access, errors
from qipan.transport.models import Photo, Shipment

PHOTOS_MOST = 6


def add_photo(number: str, name: str, content: bytes, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Keep a photograph of a load that has arrived; its id.

    Raises:
        ShipmentUnknown, NotTheConsignee, ShipmentNotArrived, TooManyPhotos, FileRefused.

    Event: transport.photographed, with the digest of what is kept.
    """
    shipment = Shipment.objects.filter(number=number, tenant=by.tenant).select_related("consignee_place").first()
    if shipment is None:
        raise errors.ShipmentUnknown(number=number)
    place = organisations.places(ids={shipment.consignee_place_id})[shipment.consignee_place_id]
    access.require_receive(by, consignee=place.holder_id, unit=place.name)
    if not shipment.steps.filter(step="arrived").exists():
        raise errors.ShipmentNotArrived(number=number)
    jpeg = photos.redrawn(name, content)
    digest = hashlib.sha256(jpeg).hexdigest()

    def work() -> dict[str, Any]:
        if shipment.photos.count() >= PHOTOS_MOST:
            raise errors.TooManyPhotos(most=PHOTOS_MOST)
        made = Photo.objects.create(
            shipment=shipment, jpeg=jpeg, sha256=digest, at=at, actor_id=by.id, actor_name=by.name
        )
        events.record(
            "transport.photographed", by=by, subject=f"shipment/{number}", at=at, region=shipment.region_code,
            sha256=digest,
        )  # fmt: skip
        return {"photo": made.id}

    body = {"number": number, "sha256": hashlib.sha256(content).hexdigest()}
    return int(events.once("transport.photograph", by=by, idem=idem, body=body, work=work)["photo"])
