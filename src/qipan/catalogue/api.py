"""The API of the catalogue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.catalogue import operations, queries
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.kernel.quantity import plain
from qipan.kernel.text import Both

router = Router(tags=["catalogue"])


@router.get("/materials", summary="Every material with packs, zones allowed and central control: ?as_of=")
def list_materials(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    at = shared_cut_of(request).as_of
    allowed, controlled = queries.permissions(at), queries.controlled(at)
    return [_row(m, allowed.get(m.id, {}), m.id in controlled) for m in queries.materials().values()]


@router.get("/materials/{code}", summary="One material with its rules and their validity: ?as_of=")
def read_material(request: HttpRequest, code: str, as_of: str = "") -> dict[str, Any]:
    at = shared_cut_of(request).as_of
    found = queries.material(code)
    allowed = queries.permissions(at).get(found.id, {})
    return {
        **_row(found, allowed, found.id in queries.controlled(at)),
        **{key: json_value(value) for key, value in queries.rules_of(found.id).items()},
        "classes": _classes(found),
    }


class ControlIn(Schema):
    """The legal ground of central allocation."""

    authority: str = Field(min_length=1, max_length=120)


class ClassIn(Schema):
    """Where a material stands in another scheme."""

    scheme: str = Field(min_length=1, max_length=40)
    code: str = Field(min_length=1, max_length=20)
    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field("", max_length=120)


@router.post(
    "/materials/{code}/classes", summary="Class of a material in another scheme", response={201: dict[str, Any]}
)
def classify_material(
    request: HttpRequest, code: str, body: ClassIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.classify(
        code,
        scheme=body.scheme,
        as_code=body.code,
        name=Both(body.name_zh, body.name_en),
        by=actor_of(request),
        idem=key,
    )
    return {"code": code, "classes": _classes(queries.material(code))}


def _classes(m: queries.MaterialRow) -> list[dict[str, Any]]:
    return [{"scheme": scheme, "code": code, "name": name.as_json()} for scheme, code, name in queries.classes_of(m.id)]


@router.post("/materials/{code}/control", summary="Put a material under central allocation from now on")
def control_material(
    request: HttpRequest, code: str, body: ControlIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    found = queries.material(code)
    operations.place_under_control(found.code, by=actor_of(request), at=clock.now(), authority=body.authority, idem=key)
    return _row(found, queries.permissions(clock.now()).get(found.id, {}), True)


def _row(m: queries.MaterialRow, allowed: dict[str, str], is_controlled: bool) -> dict[str, Any]:
    return {
        "code": m.code,
        "name": m.name.as_json(),
        "category": m.category,
        "family": m.family,
        "unit": m.unit.as_json(),
        "report_unit": m.report_unit.as_json(),
        "packs": [{"name": p.name.as_json(), "units": plain(m.from_grains(p.grains))} for p in m.packs],
        "standards": m.standards,
        "zones_allowed": allowed,
        "central_control": is_controlled,
        "durable": m.is_durable,
        "emergency_only": m.is_emergency_only,
        "protection_level": m.protection_level,
        "shelf_life_days": m.shelf_life_days,
        "release_delay_days": m.release_delay_days,
    }


class DeclarationIn(Schema):
    """An emergency and the rules that hang on it, by material codes."""

    title_zh: str = Field(min_length=1, max_length=120)
    title_en: str = Field("", max_length=160)
    document: str = Field(min_length=1, max_length=120)
    authority: str = Field(min_length=1, max_length=120)
    controlled: list[str] = Field([], max_length=200)
    permitted: list[str] = Field([], max_length=200)


class GroundIn(Schema):
    """On what ground it ends."""

    ground: str = Field(min_length=1, max_length=200)


@router.get("/emergencies", summary="Emergencies declared by an instant, with the rules that hang on each: ?as_of=")
def list_emergencies(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    names = queries.materials()
    return [
        {
            "id": row.id,
            "title": row.title.as_json(),
            "document": row.document,
            "authority": row.authority,
            "valid_from": clock.write_instant(row.valid_from),
            "valid_to": clock.write_instant(row.valid_to) if row.valid_to else None,
            "ground": row.ground or None,
            "controlled": [names[m].code for m in row.controlled],
            "permitted": [names[m].code for m in row.permitted],
        }
        for row in queries.declarations(shared_cut_of(request).as_of)
    ]


@router.post("/emergencies", summary="Declare an emergency from now on", response={201: dict[str, Any]})
def declare_emergency(
    request: HttpRequest, body: DeclarationIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    text = operations.DeclarationText(
        Both(body.title_zh, body.title_en), body.document, body.authority, tuple(body.controlled), tuple(body.permitted)
    )
    return {"id": operations.declare_emergency(text, by=actor_of(request), at=clock.now(), idem=key)}


@router.post("/emergencies/{number}/end", summary="End an emergency now, with every rule that hangs on it")
def end_emergency(
    request: HttpRequest, number: int, body: GroundIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    ended = operations.end_declaration(number, by=actor_of(request), at=clock.now(), ground=body.ground, idem=key)
    return {"rules_ended": ended}
