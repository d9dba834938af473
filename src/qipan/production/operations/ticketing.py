"""What holds a line back is written down with an owner and a date, goes on by steps, and is resolved once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.production import access, errors, queries
from qipan.production.models import DEPARTMENTS, HINDRANCES, Ticket, TicketStep

STEPS = ("note", "moved", "resolved")


@dataclass(frozen=True)
class TicketText:
    """A hindrance: of which line, of what kind, whose to remove, until when."""

    line: int
    kind: str
    title: str
    owner: str
    due_at: datetime
    is_simulated: bool = False


def open_ticket(wanted: TicketText, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Write down what holds a line back.

    Returns:
        The ticket's number.

    Raises:
        LineUnknown, HindranceUnknown, DepartmentUnknown, DueBackwards, NotAllowed.

    Event: production.ticket_opened.
    """
    line = queries.line(wanted.line, Cut(clock.now()))
    access.require_ticket(by, line)
    if wanted.kind not in HINDRANCES:
        raise errors.HindranceUnknown(word=wanted.kind, kinds=", ".join(HINDRANCES))
    _require_owner(wanted.owner)

    def work() -> dict[str, Any]:
        _require_forwards(at, wanted.due_at)
        row = Ticket.objects.create(
            line_id=line.id, region_code=line.region, kind=wanted.kind, title=wanted.title, owner=wanted.owner,
            due_at=wanted.due_at, at=at, known_at=clock.now(), actor_id=by.id, actor_name=by.name,
            is_simulated=wanted.is_simulated or by.simulated,
        )  # fmt: skip
        events.record(
            "production.ticket_opened", by=by, subject=f"ticket/{row.pk}", at=at, region=line.region, kind=wanted.kind,
            owner=wanted.owner,
        )  # fmt: skip
        return {"ticket": row.pk}

    return int(events.once("production.open_ticket", by=by, idem=idem, body=asdict(wanted), work=work)["ticket"])


def step_ticket(
    ticket: int, *, kind: str, text: str, by: Actor, at: datetime, idem: UUID, owner: str = "",
    due_at: datetime | None = None,
) -> None:  # fmt: skip
    """Add a step: a note, a new owner with a new date, or that it is resolved.

    Raises:
        TicketUnknown, TicketResolved, StepUnknown, DepartmentUnknown, DueBackwards, NotAllowed.

    Event: production.ticket_stepped.
    """
    found = queries.ticket(ticket, Cut(clock.now()))
    access.require_ticket(by, found.line)
    if kind not in STEPS:
        raise errors.StepUnknown(word=kind, kinds=", ".join(STEPS))
    if kind == "moved":
        _require_owner(owner)

    def work() -> dict[str, Any]:
        if not found.is_open:
            raise errors.TicketResolved(ticket=ticket)
        if kind == "moved":
            _require_forwards(at, due_at or found.due_at)
        try:
            with transaction.atomic():
                TicketStep.objects.create(
                    ticket_id=ticket, kind=kind, owner=owner if kind == "moved" else "",
                    due_at=due_at if kind == "moved" else None, text=text, at=at, known_at=clock.now(), actor_id=by.id,
                    actor_name=by.name,
                )  # fmt: skip
        except IntegrityError as error:
            raise errors.TicketResolved(ticket=ticket) from error
        events.record(
            "production.ticket_stepped", by=by, subject=f"ticket/{ticket}", at=at, region=found.line.region, kind=kind,
            owner=owner, note=text,
        )  # fmt: skip
        return {"ticket": ticket}

    body = {"ticket": ticket, "kind": kind, "text": text, "owner": owner, "due_at": due_at}
    events.once("production.step_ticket", by=by, idem=idem, body=body, work=work)


def _require_owner(owner: str) -> None:
    if owner not in DEPARTMENTS:
        raise errors.DepartmentUnknown(word=owner, departments=", ".join(DEPARTMENTS))


def _require_forwards(at: datetime, due_at: datetime) -> None:
    if due_at <= at:
        raise errors.DueBackwards(due=clock.write_instant(due_at))
