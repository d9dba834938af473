"""Who plans, approves and issues."""

from __future__ import annotations

from collections.abc import Iterable

from qipan.allocation.errors import ControlledItem, SamePerson
from qipan.catalogue import queries as catalogue
from qipan.kernel.access import NATION, Actor

COMMAND = "allocation.command"
PLAN, APPROVE, ISSUE, VOID = "allocation.plan", "allocation.approve", "allocation.issue", "allocation.void"


def require_state_policy(by: Actor) -> None:
    """Who comes first is the command's to say."""
    by.require(COMMAND)


def require_plan_of(by: Actor, *, place: str, items: Iterable[int], is_controlled: bool) -> None:
    """Plan for a region one answers for; a controlled item only through the command.

    Raises:
        NotAllowed: the post does not include planning, or not for this region.
        ControlledItem: an item is under central allocation and the person is not the command.
    """
    by.require(PLAN)
    if is_controlled and not by.may(COMMAND):
        raise ControlledItem(name=by.name)
    for item in items:
        by.require(PLAN, region=place or NATION, classes=catalogue.way_up(item))


def require_second(by: Actor, action: str, *, planned_by: int, number: int, place: str) -> None:
    """Approve or issue: another person than the one who planned, and not as that person's stand-in.

    Raises:
        NotAllowed, SamePerson.
    """
    by.require(action, region=place or NATION)
    if by.id == planned_by or not by.may(action, region=place or NATION, not_for=planned_by):
        raise SamePerson(name=by.name, number=number)


def require_void(by: Actor, *, place: str) -> None:
    by.require(VOID, region=place or NATION)
