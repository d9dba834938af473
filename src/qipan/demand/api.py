"""The API of need."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.catalogue import queries as catalogue
from qipan.demand import figures, operations, queries
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.kernel.quantity import plain, read_quantity
from qipan.organisations import queries as organisations

router = Router(tags=["demand"])


class NeedIn(Schema):
    """A need of a unit: item by code or name, quantity in ``measure`` (the item's unit when empty)."""

    unit: str = Field(max_length=120)
    item: str = Field(max_length=80)
    zone: str = Field("", max_length=8)
    quantity: str = Field(max_length=40)
    measure: str = Field("", max_length=20)
    ground: str = Field("", max_length=200)


@router.get("/needs", summary="Statements in force: ?as_of=&place=&item=")
def list_needs(request: HttpRequest, as_of: str = "", place: str = "", item: str = "") -> list[dict[str, Any]]:
    materials = catalogue.materials()
    found = queries.stated(cut_of(request))
    units = organisations.organisations(ids={s.organisation for s in found})
    return [
        {
            "unit": json_value(units[s.organisation].name),
            "unit_code": units[s.organisation].code,
            "region": units[s.organisation].region,
            "item_text": s.item_text,
            "item_code": materials[s.material].code if s.material else None,
            "zone": s.zone or None,
            "quantity": s.quantity,
            "measure": s.unit_text or None,
            "at": clock.write_instant(s.at),
            "statements": s.changes,
            "source": s.source,
        }
        for s in found
    ]


@router.post("/needs", summary="Report needs of units", response={201: dict[str, Any]})
def report_needs(
    request: HttpRequest, needs: list[NeedIn], key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    statements = []
    for row in needs:
        item = catalogue.material(row.item)
        statements.append(
            operations.NeedStatement(
                organisation=organisations.organisation(row.unit).id,
                item_text=item.name.zh,
                change="added",
                at=clock.now(),
                source="api",
                material=item.id,
                zone=row.zone,
                quantity=item.to_units(read_quantity(row.quantity), row.measure),
                unit_text=item.unit.zh,
            )
        )
    return {"added": operations.report_needs(statements, by=actor_of(request), idem=key)}


@router.post("/needs/approvals", summary="Approve needs per day", response={201: dict[str, Any]})
def approve_needs(
    request: HttpRequest, needs: list[NeedIn], key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    approvals = []
    for row in needs:
        item = catalogue.material(row.item)
        grains = item.to_grains(read_quantity(row.quantity, zero_allowed=True), row.measure)
        unit = organisations.organisation(row.unit)
        approvals.append(operations.Approval(unit.id, item.id, row.zone, grains, row.ground or "api"))
    done = operations.approve_needs(approvals, by=actor_of(request), at=clock.now(), idem=key)
    return {"approved": done}


@router.get("/needs/approved", summary="Approved needs in force: ?as_of=&place=")
def list_approved(request: HttpRequest, as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    materials = catalogue.materials()
    return [
        {
            "unit_code": row.organisation.code,
            "unit": row.organisation.name_zh,
            "item_code": materials[row.material_id].code,
            "zone": row.zone_code,
            "quantity_day": plain(materials[row.material_id].from_grains(row.quantity_day)),
            "at": clock.write_instant(row.at),
            "ground": row.ground,
            "simulated": row.is_simulated,
        }
        for row in queries.approved(cut_of(request))
    ]


class PlaceNeedIn(Schema):
    """A need per day said about a place: official, burn_rate or scenario, with who said it or how it was worked out."""

    voice: str = Field(max_length=10)
    place: str = Field(max_length=12)
    item: str = Field(max_length=80)
    quantity: str = Field(max_length=40)
    measure: str = Field("", max_length=20)
    source: str = Field(min_length=1, max_length=200)
    scope: str = Field("", max_length=300)


@router.get("/place-needs", summary="Every voice about places' needs, side by side: ?as_of=&known_at=&place=&item=")
def list_place_needs(request: HttpRequest, as_of: str = "", place: str = "", item: str = "") -> list[dict[str, Any]]:
    return [
        {
            "place_code": row.place_code,
            "place": json_value(row.place),
            "item_code": row.item.code,
            "unit": json_value(row.item.unit),
            "approved": plain(row.item.from_grains(row.approved)),
            "voices": {
                voice: {"quantity_day": plain(row.item.from_grains(grains)), "source": row.sources[voice]}
                for voice, grains in row.quantities.items()
            },
        }
        for row in queries.place_needs(cut_of(request))
    ]


@router.post("/place-needs", summary="State needs of places by voice", response={201: dict[str, Any]})
def state_place_needs(
    request: HttpRequest, needs: list[PlaceNeedIn], key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    statements = []
    for row in needs:
        item = catalogue.material(row.item)
        grains = item.to_grains(read_quantity(row.quantity), row.measure)
        place = organisations.region(row.place).code
        statements.append(
            operations.PlaceStatement(row.voice, place, item.id, grains, clock.now(), row.source, row.scope)
        )
    return {"stated": operations.state_place_needs(statements, by=actor_of(request), idem=key)}


@router.get("/gaps", summary="Need and gap by level: ?level=city|province|unit&as_of=&known_at=&place=&item=")
def list_gaps(request: HttpRequest, level: str = "city", as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    found = queries.gap_by_place(cut_of(request), level=level if level in ("city", "province", "unit") else "city")
    return [{key: json_value(value) for key, value in figures.as_row(row).items()} for row in found]


@router.get("/cases", summary="Published case counts of a region; falls are marked: ?place=&as_of=")
def list_cases(request: HttpRequest, place: str, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "at": clock.write_instant(c.at),
            "confirmed": c.confirmed,
            "active": c.active,
            "revision": c.is_revision,
            "quality": c.quality or None,
        }
        for c in queries.case_counts(place, as_of=shared_cut_of(request).as_of)
    ]


@router.get("/needs/unread", summary="Texts that wait for a person")
def list_unread(request: HttpRequest, limit: int = 50) -> dict[str, Any]:
    rows, total = queries.unread(limit=max(1, min(limit, 500)))
    return {
        "count": total,
        "rows": [
            {
                "id": r.id,
                "file": r.file,
                "row": r.row,
                "column": r.column,
                "text": r.cell[r.start : r.end],
                "reason": r.reason,
            }
            for r in rows
        ],
    }
