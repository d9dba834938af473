"""The API of production."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, require_reading, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.kernel.quantity import plain, read_quantity
from qipan.organisations import queries as organisations
from qipan.production import operations, queries
from qipan.production.api_field import router as field_router
from qipan.production.queries import LineRow, ReportRow

router = Router(tags=["production"])
router.add_router("", field_router)


class LineIn(Schema):
    """A line of a maker; ``capacity`` per day in the item's unit."""

    unit: str = Field(max_length=120)
    item: str = Field(max_length=80)
    name: str = Field(min_length=1, max_length=80)
    state: str = Field("running", max_length=10)
    capacity: str = Field(max_length=40)
    release_days: int | None = Field(None, ge=0, le=60)
    ground: str = Field(min_length=1, max_length=200)


class StateIn(Schema):
    """In what state a line is from now on."""

    state: str = Field(max_length=10)
    capacity: str = Field(max_length=40)
    ground: str = Field(min_length=1, max_length=200)


class FlowIn(Schema):
    """How much of what was shipped went where."""

    region: str = Field(max_length=12)
    quantity: str = Field(max_length=40)


class ReportIn(Schema):
    """A day of a line, quantities in the item's unit; without ``opening`` it is yesterday's closing stock."""

    line: int = Field(ge=1, le=2**62)
    day: date
    voice: str = Field("firm", max_length=12)
    output: str = Field(max_length=40)
    shipped: str = Field(max_length=40)
    closing: str = Field(max_length=40)
    opening: str | None = Field(None, max_length=40)
    released: str = Field("0", max_length=40)
    flows: list[FlowIn] = Field([], max_length=400)
    price_yuan: Decimal | None = Field(None, ge=0, max_digits=12, decimal_places=4)
    people: int | None = Field(None, ge=0, le=1_000_000)
    raw_days: Decimal | None = Field(None, ge=0, max_digits=6, decimal_places=1)
    reason: str = Field("", max_length=200)
    note: str = Field("", max_length=300)


@router.get("/production/lines", summary="Lines with state and capacity: ?as_of=&place=&item=")
def list_lines(request: HttpRequest, as_of: str = "", place: str = "", item: str = "") -> list[dict[str, Any]]:
    return [_line(row) for row in queries.lines(cut_of(request))]


@router.post("/production/lines", summary="Register a line of a maker", response={201: dict[str, Any]})
def register_line(request: HttpRequest, line: LineIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    item = catalogue.material(line.item)
    wanted = operations.LineRegistration(
        organisations.organisation(line.unit).id, item.id, line.name, line.state,
        item.to_grains(read_quantity(line.capacity, zero_allowed=True)), line.ground, line.release_days,
    )  # fmt: skip
    return {"line": operations.register_line(wanted, by=actor_of(request), at=clock.now(), idem=key)}


@router.post("/production/lines/{number}/state", summary="State a line anew", response={201: dict[str, Any]})
def state_line(
    request: HttpRequest, number: int, state: StateIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    row = queries.line(number, shared_cut_of(request, place="", item=""))
    capacity = row.item.to_grains(read_quantity(state.capacity, zero_allowed=True))
    operations.state_line(
        number, state=state.state, capacity_day=capacity, ground=state.ground, by=actor_of(request), at=clock.now(),
        idem=key,
    )  # fmt: skip
    return {"line": number, "state": state.state}


@router.get("/production/reports", summary="Daily reports of the last day that was due: ?as_of=&place=&item=")
def list_reports(request: HttpRequest, as_of: str = "", place: str = "", item: str = "") -> list[dict[str, Any]]:
    return [
        {
            "line": _line(row.line),
            "day": queries.day_due(cut_of(request).as_of).isoformat(),
            "standing": row.standing,
            "firm": _report(row.line, row.firm),
            "commissioner": _report(row.line, row.commissioner),
            "output_before": _in_units(row.line, row.before.output if row.before else None),
        }
        for row in queries.days(cut_of(request))
    ]


@router.post("/production/reports", summary="Add daily reports, all or none", response={201: dict[str, Any]})
def submit_reports(
    request: HttpRequest, reports: list[ReportIn], key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    found = {
        row.id: row for row in queries.lines(shared_cut_of(request, place="", item=""), ids=[r.line for r in reports])
    }
    said = [_daily(each, found) for each in reports]
    return {"revisions": operations.submit_daily_reports(said, by=actor_of(request), idem=key)}


@router.get("/production/lines/{number}/reports", summary="Everything said of a line and a day: ?day=2020-01-29")
def list_revisions(request: HttpRequest, number: int, day: date) -> list[dict[str, Any] | None]:
    row = queries.line(number, shared_cut_of(request, place="", item=""))
    require_reading(request, row.region)
    return [_report(row, each) for each in queries.revisions(number, day)]


def _line(row: LineRow) -> dict[str, Any]:
    return {
        "line": row.id,
        "unit": json_value(row.unit),
        "name": row.name,
        "region": row.region,
        "item_code": row.item.code,
        "state": row.state,
        "capacity": _in_units(row, row.capacity),
        "measure": json_value(row.item.unit),
        "release_days": row.release_days,
        "is_key": row.is_key,
        "in_dispatch": row.in_dispatch,
        "simulated": row.is_simulated,
    }


def _report(line: LineRow, row: ReportRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "voice": row.voice,
        "revision": row.revision,
        "output": _in_units(line, row.output),
        "released": _in_units(line, row.released),
        "opening": _in_units(line, row.opening),
        "shipped": _in_units(line, row.shipped),
        "closing": _in_units(line, row.closing),
        "flows": [{**flow, "quantity": _in_units(line, flow["quantity"])} for flow in row.flows],
        "price_yuan": None if row.price is None else plain(Fraction(row.price)),
        "people": row.people,
        "raw_days": None if row.raw_days is None else plain(Fraction(row.raw_days)),
        "reason": row.reason,
        "note": row.note,
        "flags": row.flags,
        "at": clock.write_instant(row.at),
        "known_at": clock.write_instant(row.known_at),
        "simulated": row.is_simulated,
    }


def _in_units(line: LineRow, grains: int | None) -> int | float | None:
    return None if grains is None else plain(line.item.from_grains(grains))


def _daily(told: ReportIn, found: dict[int, LineRow]) -> operations.Daily:
    """A report in grains; a line nobody knows is refused by the operation."""
    item = found[told.line].item if told.line in found else None

    def grains(text: str) -> int:
        typed = read_quantity(text, zero_allowed=True)
        return item.to_grains(typed) if item else 0

    return operations.Daily(
        line=told.line, day=told.day, voice=told.voice, output=grains(told.output), shipped=grains(told.shipped),
        closing=grains(told.closing), opening=None if told.opening is None else grains(told.opening),
        released=grains(told.released),
        flows=tuple((organisations.region(flow.region).code, grains(flow.quantity)) for flow in told.flows),
        price_yuan=told.price_yuan, people=told.people, raw_days=told.raw_days, reason=told.reason, note=told.note,
        source="api",
    )  # fmt: skip
