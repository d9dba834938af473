"""Who drives, escorts and waits: closed, outside the ledger; shown masked; opened by a recorded act; erased in time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from qipan.kernel import clock, events, vault
from qipan.kernel.access import Actor
from qipan.transport import access, errors
from qipan.transport.models import Contact, Shipment

PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,22}[0-9]")


@dataclass(frozen=True)
class Opened:
    """A name and a telephone number in clear."""

    name: str
    phone: str


def mask_name(name: str) -> str:
    """The first character, and two stars: 陈大文 → 陈**."""
    return f"{name[0]}**" if name else ""


def mask_phone(phone: str) -> str:
    """The first three and the last four digits of a long number, the last two of a short one."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if digits else ""


def masks(name: str, phone: str) -> list[str]:
    """Both, masked; what may stand in a key's digest."""
    return [mask_name(name), mask_phone(phone)]


def keep(shipment: Shipment, people: Mapping[str, tuple[str, str]]) -> None:
    """Close the names and numbers of a load, by role.

    Raises:
        PhoneUnreadable: a number that is none. VaultLocked: there is no key.
    """
    rows = []
    for role, (name, phone) in people.items():
        if phone and not PHONE.fullmatch(phone.strip()):
            raise errors.PhoneUnreadable(text=mask_phone(phone) or "?")
        name_shown, phone_shown = masks(name, phone)
        rows.append(
            Contact(
                shipment=shipment, role=role, name_shown=name_shown, phone_shown=phone_shown,
                closed=vault.close(json.dumps([name, phone.strip()])),
                keep_until=shipment.planned_arrival + timedelta(days=settings.CONTACT_DAYS),
            )
        )  # fmt: skip
    Contact.objects.bulk_create(rows)


def reveal(number: str, role: str, *, reason: str, by: Actor, at: datetime, idem: UUID) -> Opened:
    """Open a name and number, and write down who looked and why.

    Args:
        role: driver, escort or receiver. reason: at least three characters.

    Raises:
        NotAllowed, ContactUnknown, ContactErased, LookReasonMissing, VaultLocked.

    Event: transport.contact_revealed.
    """
    if len(reason.strip()) < 3:
        raise errors.LookReasonMissing()
    row = Contact.objects.filter(shipment__number=number, role=role).select_related(*ENDS).first()
    if row is None:
        raise errors.ContactUnknown(number=number, role=role)
    access.require_contact(by, shipment=row.shipment)
    if row.erased_at is not None:
        raise errors.ContactErased(at=clock.write_instant(row.erased_at))
    name, phone = json.loads(vault.open_(row.closed))

    def work() -> dict[str, Any]:
        region = row.shipment.region_code
        events.record(
            "transport.contact_revealed", by=by, subject=f"shipment/{number}", at=at, region=region, role=role,
            reason=reason.strip(),
        )  # fmt: skip
        return {}

    body = {"number": number, "role": role, "reason": reason.strip()}
    events.once("transport.reveal", by=by, idem=idem, body=body, work=work)
    return Opened(name, phone)


ENDS = ("shipment__source_place", "shipment__consignee_place")


def erase(*, by: Actor, at: datetime) -> int:
    """Erase the words and masks of every contact whose time is over; how many. What is sealed stays as it is.

    Event: transport.contacts_erased, when there were any.
    """
    with transaction.atomic():
        due = Contact.objects.filter(erased_at__isnull=True, keep_until__lte=at)
        count = due.update(closed="", name_shown="", phone_shown="", erased_at=at)
        if count:
            events.record("transport.contacts_erased", by=by, subject="shipments", at=at, count=count)
    return count
