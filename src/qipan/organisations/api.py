"""The API of regions, units and places."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.kernel import clock, events
from qipan.kernel.doors import actor_of, shared_cut_of
from qipan.kernel.text import Both
from qipan.organisations import operations, queries

router = Router(tags=["organisations"])


@router.get("/regions", summary="Regions by level: ?level=province|city|county|…")
def list_regions(request: HttpRequest, level: str = "province") -> list[dict[str, Any]]:
    return [
        {"code": r.code, "name": r.name.as_json(), "level": r.level, "parent": r.parent}
        for r in queries.regions(levels=(level,)).values()
    ]


@router.get("/units", summary="Organisations: ?kind=hospital|enterprise|…&place=")
def list_units(request: HttpRequest, kind: str = "", place: str = "") -> list[dict[str, Any]]:
    keyed = queries.key_units(shared_cut_of(request).as_of)
    return [
        {
            "code": o.code,
            "kind": o.kind,
            "name": o.name.as_json(),
            "region": o.region,
            "key_unit": o.id in keyed,
            "simulated": o.is_simulated,
        }
        for o in queries.organisations(kinds=(kind,) if kind else ()).values()
        if queries.is_within(o.region, place)
    ]


class UnitIn(Schema):
    """A unit that can be in need."""

    name_zh: str = Field(min_length=1, max_length=120)
    name_en: str = Field("", max_length=160)
    kind: str = Field(max_length=12)
    region: str = Field(max_length=12)


class KeyUnitsIn(Schema):
    """Units to be put on a key list from now on."""

    units: list[str] = Field(min_length=1, max_length=1000)
    list_name: str = Field(min_length=1, max_length=80)
    authority: str = Field(min_length=1, max_length=120)


@router.post("/units", summary="Register a unit that can be in need", response={201: dict[str, Any]})
def register_unit(request: HttpRequest, body: UnitIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    made = operations.register_unit(
        body.kind,
        by=actor_of(request),
        at=clock.now(),
        idem=key,
        name=Both(body.name_zh, body.name_en),
        region=body.region,
    )
    return {"id": made}


@router.get("/key-units", summary="Units on a key list: ?as_of=")
def list_key_units(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "unit": row.unit.name.as_json(),
            "code": row.unit.code,
            "list": row.list_name,
            "from": clock.write_instant(row.valid_from),
            "to": clock.write_instant(row.valid_to) if row.valid_to else None,
            "authority": row.authority,
        }
        for row in queries.key_list(shared_cut_of(request).as_of)
    ]


@router.post("/key-units", summary="Put units on a key list from now on", response={201: dict[str, Any]})
def put_on_key_list(
    request: HttpRequest, body: KeyUnitsIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    ids = [queries.organisation(word).id for word in body.units]

    def work() -> dict[str, Any]:
        operations.list_key_units(
            ids, list_name=body.list_name, by=actor_of(request), at=clock.now(), authority=body.authority
        )
        return {"listed": len(ids)}

    kept = {"units": body.units, "list": body.list_name, "authority": body.authority}
    return events.once("organisations.key_list", by=actor_of(request), idem=key, body=kept, work=work)


@router.get("/places", summary="Stores and delivery points with holder and owner: ?kind=unit|reserve|plant")
def list_places(request: HttpRequest, kind: str = "") -> list[dict[str, Any]]:
    return [
        {
            "code": p.code,
            "kind": p.kind,
            "name": p.name.as_json(),
            "region": p.region,
            "holder": p.holder.as_json(),
            "owner": p.owner.as_json(),
            "simulated": p.is_simulated,
        }
        for p in queries.places(kinds=(kind,) if kind else ()).values()
    ]
