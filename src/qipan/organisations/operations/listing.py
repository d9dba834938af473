"""Enterprises come onto lists and leave them: key makers, dispatch scope, size, classes of the return to work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.organisations import access, errors, queries
from qipan.organisations.models import LISTS, Listing


def list_enterprises(
    units: Sequence[int], *, list_name: str, is_member: bool, authority: str, by: Actor, at: datetime, idem: UUID
) -> int:
    """Put enterprises on a list from ``at`` on, or take them off; returns how many.

    Raises:
        ListUnknown, NoEnterprise, NotAllowed.

    Event: organisations.listed, one for each enterprise.
    """
    found = queries.enterprises(units)
    if list_name not in LISTS:
        raise errors.ListUnknown(word=list_name, lists=", ".join(LISTS))
    access.require_register(by, *{unit.region for unit in found.values()})

    def work() -> dict[str, Any]:
        now = clock.now()
        Listing.objects.bulk_create(
            Listing(
                list_name=list_name, organisation_id=unit.id, region_code=unit.region, is_member=is_member,
                authority=authority, at=at, known_at=now, actor_id=by.id,
            )
            for unit in found.values()
        )  # fmt: skip
        for unit in found.values():
            events.record(
                "organisations.listed", by=by, subject=f"unit/{unit.id}", at=at, region=unit.region,
                list=list_name, member=is_member, authority=authority,
            )  # fmt: skip
        return {"listed": len(found)}

    body = {"units": sorted(found), "list": list_name, "is_member": is_member, "authority": authority}
    return int(events.once("organisations.list_enterprises", by=by, idem=idem, body=body, work=work)["listed"])
