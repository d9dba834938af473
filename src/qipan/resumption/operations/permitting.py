"""Permits are applied for, pass through departments with a clock, and are granted until a day or refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.resumption import access, errors, queries
from qipan.resumption.models import PERMITS, STEPS, PermitCase, PermitStep
from qipan.resumption.operations.telling import told
from qipan.resumption.words import DEPARTMENT_WORDS


@dataclass(frozen=True)
class PermitText:
    """An application: of which firm, for what, with which department it lies, until when it is due."""

    unit: int
    kind: str
    title: str
    department: str
    due_at: datetime
    item: int | None = None
    is_simulated: bool = False


@dataclass(frozen=True)
class StepText:
    """A step: a note; moved with a department and date; granted with a number, and perhaps the last day it holds."""

    kind: str
    text: str = ""
    department: str = ""
    due_at: datetime | None = None
    number: str = ""
    valid_to: date | None = None
    is_simulated: bool = False


def apply_for_permit(wanted: PermitText, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Open the case of a permit.

    Returns:
        The case's number.

    Raises:
        NoEnterprise, PermitKindUnknown, DepartmentOfPermitUnknown, PermitBackwards, NotAllowed.

    Event: resumption.permit_applied.
    """
    firm = organisations.enterprises([wanted.unit])[wanted.unit]
    access.require_report(by, firm)
    if wanted.kind not in PERMITS:
        raise errors.PermitKindUnknown(word=wanted.kind, kinds=", ".join(PERMITS))
    _require_department(wanted.department)

    def work() -> dict[str, Any]:
        if wanted.due_at <= at:
            raise errors.PermitBackwards(day=clock.write_instant(wanted.due_at))
        row = PermitCase.objects.create(
            organisation_id=firm.id, region_code=firm.region, kind=wanted.kind, material_id=wanted.item,
            title=wanted.title, department=wanted.department, due_at=wanted.due_at,
            **told(by, at, wanted.is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.permit_applied", by=by, subject=f"permit/{row.pk}", at=at, region=firm.region,
            kind=wanted.kind, department=wanted.department,
        )  # fmt: skip
        return {"permit": row.pk}

    return int(events.once("resumption.apply", by=by, idem=idem, body=asdict(wanted), work=work)["permit"])


def step_permit(permit: int, step: StepText, *, by: Actor, at: datetime, idem: UUID) -> None:
    """Add a step to a case. The firm may write notes and withdraw; an officer passes it on, grants or refuses.

    Raises:
        PermitUnknown, PermitStepUnknown, DepartmentOfPermitUnknown, PermitNumberMissing, NotAllowed.
        PermitEnded, PermitBackwards.

    Event: resumption.permit_stepped.
    """
    found = queries.permit(permit, Cut(clock.now()))
    firm = organisations.enterprises([found.unit_id])[found.unit_id]
    if step.kind not in STEPS:
        raise errors.PermitStepUnknown(word=step.kind, kinds=", ".join(STEPS))
    if step.kind in ("note", "withdrawn"):
        access.require_report(by, firm)
    else:
        access.require_order(by, found.region)
    if step.kind == "moved":
        _require_department(step.department)
    if step.kind == "granted" and not step.number.strip():
        raise errors.PermitNumberMissing()

    def work() -> dict[str, Any]:
        if found.end is not None:
            raise errors.PermitEnded(permit=permit)
        _require_forwards(step, at)
        is_move, is_grant = step.kind == "moved", step.kind == "granted"
        try:
            with transaction.atomic():
                PermitStep.objects.create(
                    case_id=permit, kind=step.kind, department=step.department if is_move else "",
                    due_at=step.due_at if is_move else None, number=step.number.strip() if is_grant else "",
                    valid_to=step.valid_to if is_grant else None, text=step.text, **told(by, at, step.is_simulated),
                )  # fmt: skip
        except IntegrityError as error:
            raise errors.PermitEnded(permit=permit) from error
        events.record(
            "resumption.permit_stepped", by=by, subject=f"permit/{permit}", at=at, region=found.region, kind=step.kind,
            department=step.department, number=step.number, note=step.text,
        )  # fmt: skip
        return {"permit": permit}

    body = {"permit": permit, **asdict(step)}
    events.once("resumption.step_permit", by=by, idem=idem, body=body, work=work)


def _require_department(department: str) -> None:
    if department not in DEPARTMENT_WORDS:
        raise errors.DepartmentOfPermitUnknown(word=department, departments=", ".join(DEPARTMENT_WORDS))


def _require_forwards(step: StepText, at: datetime) -> None:
    """A date for the next department, and a last day, lie after the step."""
    if step.kind == "moved" and step.due_at is not None and step.due_at <= at:
        raise errors.PermitBackwards(day=clock.write_instant(step.due_at))
    if step.kind == "granted" and step.valid_to is not None and step.valid_to < clock.day_of(at):
        raise errors.PermitBackwards(day=step.valid_to.isoformat())
