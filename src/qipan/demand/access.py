"""Who may speak for whose need."""

from __future__ import annotations

from collections.abc import Iterable

from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.organisations.queries import OrganisationRow, is_within

REPORT, APPROVE, REVIEW = "demand.report", "demand.approve", "demand.review"


def require_report(by: Actor, units: Iterable[OrganisationRow]) -> None:
    """A unit's own storekeeper, or an officer of a region the unit lies in."""
    by.require(REPORT)
    for unit in units:
        if unit.id not in by.organisations and not any(is_within(unit.region, r) for r in by.regions):
            raise NotAllowed(name=by.name, action=f"{REPORT} ({unit.name})")


def require_approve(by: Actor, regions: Iterable[str]) -> None:
    """An officer of the regions the need is of, or of a region above them."""
    by.require(APPROVE)
    for region in regions:
        if not any(is_within(region, r) for r in by.regions):
            raise NotAllowed(name=by.name, action=f"{APPROVE} ({region})")


def require_review(by: Actor) -> None:
    by.require(REVIEW)
