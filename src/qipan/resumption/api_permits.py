"""The API of permits."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, instant_in, require_reading, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.organisations import queries as organisations
from qipan.resumption import operations, queries
from qipan.resumption.queries import PermitRow

router = Router(tags=["resumption"])


class PermitIn(Schema):
    """An application for a permit; ``department`` is the first it lies with, until ``due_at``."""

    unit: str = Field(max_length=120)
    kind: str = Field(max_length=20)
    title: str = Field(min_length=1, max_length=200)
    department: str = Field(max_length=10)
    due_at: str = Field(min_length=1, max_length=40)
    item: str = Field("", max_length=80)


class PermitStepIn(Schema):
    """note, moved (department, due_at), granted (number, valid_to), refused or withdrawn."""

    kind: str = Field(max_length=10)
    text: str = Field("", max_length=300)
    department: str = Field("", max_length=10)
    due_at: str = Field("", max_length=40)
    number: str = Field("", max_length=60)
    valid_to: date | None = None


@router.get("/resumption/permits", summary="Permit cases, open ones first: ?as_of=&place=&item=&state=open|valid|ended")
def list_permits(
    request: HttpRequest, as_of: str = "", place: str = "", item: str = "", state: str = ""
) -> list[dict[str, Any]]:
    rows = queries.permits(cut_of(request))
    if state == "valid":
        rows = [row for row in rows if row.is_valid]
    elif state in ("open", "ended"):
        rows = [row for row in rows if (row.end is None) == (state == "open")]
    return [_permit(row) for row in rows]


@router.post("/resumption/permits", summary="Apply for a permit", response={201: dict[str, Any]})
def apply_for_permit(
    request: HttpRequest, told: PermitIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    now = clock.now()
    wanted = operations.PermitText(
        organisations.organisation(told.unit).id, told.kind, told.title, told.department,
        instant_in(told.due_at) or now, catalogue.material(told.item).id if told.item else None,
    )  # fmt: skip
    return {"permit": operations.apply_for_permit(wanted, by=actor_of(request), at=now, idem=key)}


@router.get("/resumption/permits/{number}", summary="One case with its steps: ?as_of=")
def one_permit(request: HttpRequest, number: int, as_of: str = "") -> dict[str, Any]:
    row = queries.permit(number, shared_cut_of(request, place="", item=""))
    require_reading(request, row.region)
    return _permit(row)


@router.post("/resumption/permits/{number}/steps", summary="Add a step to a case", response={201: dict[str, Any]})
def step_permit(
    request: HttpRequest, number: int, told: PermitStepIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    step = operations.StepText(
        told.kind, told.text, told.department, instant_in(told.due_at), told.number, told.valid_to
    )
    operations.step_permit(number, step, by=actor_of(request), at=clock.now(), idem=key)
    return {"permit": number}


def _permit(row: PermitRow) -> dict[str, Any]:
    end = row.end
    return {
        "permit": row.id,
        "unit": json_value(row.unit),
        "region": row.region,
        "kind": row.kind,
        "item_code": row.item.code if row.item else None,
        "title": row.title,
        "state": row.state,
        "department": row.department,
        "due_at": clock.write_instant(row.due_at),
        "overdue": row.is_overdue,
        "at": clock.write_instant(row.at),
        "number": end.number if end and end.number else None,
        "valid_to": end.valid_to.isoformat() if end and end.valid_to else None,
        "days": round(row.took.total_seconds() / 86_400, 2),
        "in_dispatch": row.in_dispatch,
        "steps": [
            {"kind": s.kind, "department": s.department or None, "text": s.text, "by": s.actor_name,
             "at": clock.write_instant(s.at)}
            for s in row.steps
        ],
        "simulated": row.is_simulated,
    }  # fmt: skip
