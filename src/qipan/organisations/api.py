"""The API of regions, units and places."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from qipan.kernel.doors import cut_of
from qipan.organisations import queries

router = Router(tags=["organisations"])


@router.get("/regions", summary="Regions by level: ?level=province|city|county|…")
def list_regions(request: HttpRequest, level: str = "province") -> list[dict[str, Any]]:
    return [
        {"code": r.code, "name": r.name.as_json(), "level": r.level, "parent": r.parent}
        for r in queries.regions(levels=(level,)).values()
    ]


@router.get("/units", summary="Organisations: ?kind=hospital|enterprise|…&place=")
def list_units(request: HttpRequest, kind: str = "", place: str = "") -> list[dict[str, Any]]:
    keyed = queries.key_units(cut_of(request).as_of)
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
