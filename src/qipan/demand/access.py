"""Who may speak for whose need."""

from __future__ import annotations

from collections.abc import Iterable

from qipan.catalogue import queries as catalogue
from qipan.kernel.access import Actor
from qipan.organisations.queries import OrganisationRow

REPORT, APPROVE, REVIEW = "demand.report", "demand.approve", "demand.review"


def require_report(by: Actor, units: Iterable[OrganisationRow]) -> None:
    """A unit's own storekeeper, or an officer of a region the unit lies in."""
    by.require(REPORT)
    for unit in units:
        by.require(REPORT, region=unit.region, unit=unit.id, where=str(unit.name))


def require_approve(by: Actor, wanted: Iterable[tuple[str, int | None]]) -> None:
    """An officer of the regions the need is of, or of a region above them, for the item's class."""
    by.require(APPROVE)
    for region, item in set(wanted):
        by.require(APPROVE, region=region, classes=None if item is None else catalogue.way_up(item))


def require_review(by: Actor) -> None:
    by.require(REVIEW)
