"""Who may write down rules and decide on requests, and who may speak for a firm on its way back to work."""

from __future__ import annotations

from qipan.kernel.access import Actor
from qipan.organisations.queries import OrganisationRow

ORDER, REPORT = "resumption.order", "resumption.report"


def require_order(by: Actor, region: str) -> None:
    """An officer of a division it lies in."""
    by.require(ORDER, region=region)


def may_report(by: Actor, unit: OrganisationRow) -> bool:
    """One's own firm, the commissioner at it, or an officer of a division it lies in."""
    return by.may(REPORT, region=unit.region, unit=unit.id)


def require_report(by: Actor, unit: OrganisationRow) -> None:
    """Raises NotAllowed, naming the firm."""
    by.require(REPORT, region=unit.region, unit=unit.id, where=str(unit.name))


def may_decide(by: Actor, region: str, *, asked_by: int) -> bool:
    """An officer there, who is neither who asked nor stands in for him."""
    return by.id != asked_by and by.may(ORDER, region=region, not_for=asked_by)
