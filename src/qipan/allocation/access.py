"""Who plans, approves and issues."""

from __future__ import annotations

from qipan.allocation.errors import SamePerson
from qipan.kernel.access import Actor

PLAN, APPROVE, ISSUE, VOID = "allocation.plan", "allocation.approve", "allocation.issue", "allocation.void"


def require_plan(by: Actor) -> None:
    by.require(PLAN)


def require_approve(by: Actor, *, planned_by: int, number: int) -> None:
    """Another person than the one who planned.

    Raises:
        NotAllowed, SamePerson.
    """
    by.require(APPROVE)
    if by.id == planned_by:
        raise SamePerson(name=by.name, number=number)


def require_issue(by: Actor, *, planned_by: int, number: int) -> None:
    by.require(ISSUE)
    if by.id == planned_by:
        raise SamePerson(name=by.name, number=number)


def require_void(by: Actor) -> None:
    by.require(VOID)
