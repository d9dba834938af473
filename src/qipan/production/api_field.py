"""The API of the field: commissioners, their logs, what holds lines back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, instant_in, require_reading, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.kernel.quantity import plain
from qipan.organisations import queries as organisations
from qipan.production import operations, queries
from qipan.production.queries import TicketRow

router = Router(tags=["production"])


class CommissionIn(Schema):
    """Somebody who is sent to a maker."""

    unit: str = Field(max_length=120)
    who: str = Field(min_length=1, max_length=60)
    wave: int = Field(1, ge=1, le=99)
    team: str = Field("", max_length=60)
    is_lead: bool = False


class SendIn(Schema):
    """Commissioners sent together."""

    commissioners: list[CommissionIn] = Field(min_length=1, max_length=500)
    authority: str = Field(min_length=1, max_length=120)


class EndIn(Schema):
    """Why somebody is at the maker no longer."""

    ground: str = Field("", max_length=200)


class LogIn(Schema):
    """A day under the five duties: allocation, capacity, difficulties, home_market, quality."""

    unit: str = Field(max_length=120)
    day: date
    entries: dict[str, str]


class TicketIn(Schema):
    """What holds a line back."""

    line: int = Field(ge=1, le=2**62)
    kind: str = Field(max_length=10)
    title: str = Field(min_length=1, max_length=200)
    owner: str = Field(max_length=10)
    due_at: str = Field(max_length=40)


class StepIn(Schema):
    """How it goes on: a note, a new owner and date (moved), or resolved."""

    kind: str = Field(max_length=10)
    text: str = Field(min_length=1, max_length=300)
    owner: str = Field("", max_length=10)
    due_at: str = Field("", max_length=40)


@router.get("/production/commissioners", summary="Who is at which maker: ?as_of=&place=")
def list_commissioners(request: HttpRequest, as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    return [
        {
            "commission": row.id,
            "unit": json_value(row.unit),
            "region": row.region,
            "who": row.who,
            "team": row.team,
            "wave": row.wave,
            "is_lead": row.is_lead,
            "authority": row.authority,
            "at": clock.write_instant(row.at),
            "simulated": row.is_simulated,
        }
        for row in queries.commissions(cut_of(request))
    ]


@router.post("/production/commissioners", summary="Send commissioners to makers", response={201: dict[str, Any]})
def send_commissioners(
    request: HttpRequest, sent: SendIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    wanted = [
        operations.CommissionText(organisations.organisation(c.unit).id, c.who, c.wave, c.team, c.is_lead)
        for c in sent.commissioners
    ]
    made = operations.send_commissioners(
        wanted, authority=sent.authority, by=actor_of(request), at=clock.now(), idem=key
    )
    return {"commissions": made}


@router.post("/production/commissioners/{number}/end", summary="End a commission", response={201: dict[str, Any]})
def end_commission(
    request: HttpRequest, number: int, ending: EndIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.end_commission(number, ground=ending.ground, by=actor_of(request), at=clock.now(), idem=key)
    return {"commission": number}


@router.get("/production/logs", summary="Commissioners' logs, the newest day first: ?as_of=&place=")
def list_logs(request: HttpRequest, as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    return [
        {
            "unit": json_value(row.unit),
            "day": row.day.isoformat(),
            "entries": row.entries,
            "by": row.actor_name,
            "known_at": clock.write_instant(row.known_at),
            "simulated": row.is_simulated,
        }
        for row in queries.logs(cut_of(request))
    ]


@router.post("/production/logs", summary="Write a commissioner's day", response={201: dict[str, Any]})
def write_log(request: HttpRequest, log: LogIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    unit = organisations.organisation(log.unit).id
    made = operations.write_commission_log(unit, day=log.day, entries=log.entries, by=actor_of(request), idem=key)
    return {"log": made}


@router.get("/production/tickets", summary="What holds lines back, the dearest first: ?as_of=&place=&item=&state=")
def list_tickets(
    request: HttpRequest, as_of: str = "", place: str = "", item: str = "", state: str = "open"
) -> list[dict[str, Any]]:
    wanted = {"open": True, "resolved": False}.get(state)
    return [_ticket(row) for row in queries.tickets(cut_of(request), is_open=wanted)]


@router.post("/production/tickets", summary="Write down what holds a line back", response={201: dict[str, Any]})
def open_ticket(request: HttpRequest, ticket: TicketIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    now = clock.now()
    due_at = instant_in(ticket.due_at) or now
    wanted = operations.TicketText(ticket.line, ticket.kind, ticket.title, ticket.owner, due_at)
    return {"ticket": operations.open_ticket(wanted, by=actor_of(request), at=now, idem=key)}


@router.get("/production/tickets/{number}", summary="One hindrance with its steps: ?as_of=")
def one_ticket(request: HttpRequest, number: int, as_of: str = "") -> dict[str, Any]:
    row = queries.ticket(number, shared_cut_of(request, place="", item=""))
    require_reading(request, row.line.region)
    return _ticket(row)


@router.post("/production/tickets/{number}/steps", summary="Add a step to a ticket", response={201: dict[str, Any]})
def step_ticket(
    request: HttpRequest, number: int, step: StepIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.step_ticket(
        number, kind=step.kind, text=step.text, owner=step.owner, due_at=instant_in(step.due_at), by=actor_of(request),
        at=clock.now(), idem=key,
    )  # fmt: skip
    return {"ticket": number}


def _ticket(row: TicketRow) -> dict[str, Any]:
    of = row.line.item.from_grains
    return {
        "ticket": row.id,
        "line": row.line.id,
        "unit": json_value(row.line.unit),
        "item_code": row.line.item.code,
        "measure": json_value(row.line.item.unit),
        "kind": row.kind,
        "title": row.title,
        "owner": row.owner,
        "due_at": clock.write_instant(row.due_at),
        "at": clock.write_instant(row.at),
        "is_open": row.is_open,
        "is_overdue": row.is_overdue,
        "lost_day": plain(of(row.lost_day)),
        "lost_until_due": plain(of(row.lost_until_due)),
        "steps": [
            {
                "kind": step.kind,
                "owner": step.owner,
                "due_at": clock.write_instant(step.due_at) if step.due_at else None,
                "text": step.text,
                "at": clock.write_instant(step.at),
                "by": step.actor_name,
            }
            for step in row.steps
        ],
        "simulated": row.is_simulated,
    }
