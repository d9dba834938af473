"""Regions are seeded, organisations registered, places opened and units put on key lists."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any
from uuid import UUID

from django.db import transaction

from qipan.kernel import events, scope
from qipan.kernel.access import Actor
from qipan.kernel.text import Both, pinyin_initials, pinyin_key
from qipan.organisations import access, errors
from qipan.organisations.credit_code import compact, is_credit_code
from qipan.organisations.models import KeyUnit, Organisation, Place, Region

RECEIVING_KINDS = (
    "hospital", "transport", "justice", "school", "airline", "railway", "community", "mobile_team",
)  # fmt: skip
"""Kinds of unit that receive goods."""
REGISTERED_KINDS = (*RECEIVING_KINDS, "enterprise")
"""Kinds that are registered one by one; the others are set up with the books."""


@dataclass(frozen=True)
class Registration:
    """An organisation to register; ``code`` is ours and stable."""

    code: str
    kind: str
    name: Both
    region: str
    source: str
    district: str = ""
    address: str = ""
    credit_code: str = ""
    is_simulated: bool = False


@transaction.atomic
def load_regions() -> int:
    """Seed the regions of the 2023 revision, once; returns how many were added.

    Source: Administrative-divisions-of-China (WTFPL), coordinates cpca (MIT); see docs/reference/sources.md.
    """
    if Region.objects.exists():
        return 0
    text = resources.files("qipan.organisations").joinpath("regions.csv").read_text("utf-8")
    rows = [
        Region(
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            level=row["level"],
            parent_code=row["parent_code"],
            longitude=Decimal(row["lon"]) if row["lon"] else None,
            latitude=Decimal(row["lat"]) if row["lat"] else None,
            population=int(float(row["population"])) if row["population"] else None,
            population_source=row["population_source"],
            pinyin=pinyin_key(row["name_zh"]),
        )
        for row in csv.DictReader(text.splitlines())
    ]
    return len(Region.objects.bulk_create(rows))


@transaction.atomic
def register(registrations: Sequence[Registration], *, by: Actor, at: datetime) -> dict[str, int]:
    """Register organisations; those whose code is known stay as they are.

    Returns:
        Organisation id by code.

    Raises:
        RegionUnknown, CreditCodeWrong, CreditCodeKnown: nothing is registered.

    Event: organisations.registered, one for the call.
    """
    access.require_register(by, *{r.region for r in registrations})
    known = set(Region.objects.filter(code__in={r.region for r in registrations}).values_list("code", flat=True))
    for row in registrations:
        if row.region not in known:
            raise errors.RegionUnknown(word=row.region)
    _require_credit_codes(registrations)
    Organisation.objects.bulk_create(
        [
            Organisation(
                code=row.code,
                kind=row.kind,
                name_zh=row.name.zh,
                name_en=row.name.en,
                region_id=row.region,
                district=row.district,
                address=row.address,
                credit_code=row.credit_code,
                pinyin=pinyin_key(row.name.zh),
                initials=pinyin_initials(row.name.zh),
                source=row.source,
                is_simulated=row.is_simulated,
            )
            for row in registrations
        ],
        ignore_conflicts=True,
    )
    codes = [row.code for row in registrations]
    events.record("organisations.registered", by=by, subject="organisations", at=at, count=len(codes))
    return dict(Organisation.objects.filter(code__in=codes).values_list("code", "id"))


def register_unit(
    kind: str, *, by: Actor, at: datetime, idem: UUID, name: Both, region: str, address: str = "",
    credit_code: str = "",
) -> int:  # fmt: skip
    """Register one enterprise, or a unit that can be in need with its delivery point, once per key.

    Raises:
        RegionUnknown, KindUnknown, CreditCodeWrong, CreditCodeKnown.

    Event: organisations.registered.
    """
    access.require_register(by, region)
    if kind not in REGISTERED_KINDS:
        raise errors.KindUnknown(word=kind, kinds=", ".join(REGISTERED_KINDS))
    code = f"u-{idem.hex[:16]}"

    def work() -> dict[str, Any]:
        row = Registration(
            code, kind, name, region, "registered by hand", address=address, credit_code=compact(credit_code)
        )
        unit = register([row], by=by, at=at)[code]
        after = {"name": str(name), "region": region}
        events.record("organisations.registered", by=by, subject=f"unit/{unit}", at=at, region=scope.SHARED,
                      after=after)  # fmt: skip
        if kind in RECEIVING_KINDS:
            open_place(code, by=by, kind="unit", holder=unit, name=name, region=region)
        return {"id": unit}

    body = {"kind": kind, "name": name.as_json(), "region": region, "address": address, "credit_code": credit_code}
    return int(events.once("organisations.register", by=by, idem=idem, body=body, work=work)["id"])


def _require_credit_codes(registrations: Sequence[Registration]) -> None:
    """Refuse a credit code that is none, or another unit's; one of the same unit is no other."""
    codes = {row.credit_code: row for row in registrations if row.credit_code}
    for code in codes:
        if not is_credit_code(code):
            raise errors.CreditCodeWrong(code=code)
    for row in Organisation.objects.filter(credit_code__in=codes).order_by("id"):
        if row.code != codes[row.credit_code].code:
            raise errors.CreditCodeKnown(code=row.credit_code, unit=row.name_zh)


@transaction.atomic
def open_place(
    code: str, *, by: Actor, kind: str, holder: int, owner: int | None = None, name: Both, region: str,
    is_simulated: bool = False,
) -> int:  # fmt: skip
    """Open a place kept by ``holder`` for ``owner`` (itself when None); once per code."""
    access.require_register(by, region)
    place, _is_first = Place.objects.get_or_create(
        code=code,
        defaults={
            "kind": kind,
            "holder_id": holder,
            "owner_id": owner or holder,
            "name_zh": name.zh,
            "name_en": name.en,
            "region_id": region,
            "is_simulated": is_simulated,
        },
    )
    return place.id


def list_key_units(
    organisations: Sequence[int], *, list_name: str, by: Actor, at: datetime, authority: str, idem: UUID,
    is_simulated: bool = False,
) -> int:  # fmt: skip
    """Put organisations on a key list from ``at`` on, once per key; returns how many.

    Event: organisations.key_list_changed.
    """
    found = Organisation.objects.filter(id__in=organisations)
    access.require_register(by, *set(found.values_list("region_id", flat=True)))

    def work() -> dict[str, Any]:
        KeyUnit.objects.bulk_create(
            [
                KeyUnit(
                    list_name=list_name, organisation_id=unit, valid_from=at, authority=authority,
                    is_simulated=is_simulated,
                )
                for unit in organisations
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        for unit in organisations:
            events.record(
                "organisations.key_list_changed", by=by, subject=f"unit/{unit}", at=at, region=scope.SHARED,
                after={"key list": list_name},
                authority=authority,
            )  # fmt: skip
        return {"listed": len(organisations)}

    body = {"units": list(organisations), "list": list_name, "authority": authority}
    return int(events.once("organisations.key_list", by=by, idem=idem, body=body, work=work)["listed"])
