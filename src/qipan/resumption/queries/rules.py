"""Reads of rules and exemptions: from when a firm may resume."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from qipan.kernel.access import prefix_of
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.resumption.models import Exemption, StartRule


@dataclass(frozen=True)
class RuleRow:
    """No firm of the class (a list; "" is every one) in the division resumes before the instant."""

    id: int
    region: str
    list_name: str
    not_before: datetime
    document: str
    at: datetime
    actor_name: str
    is_simulated: bool


@dataclass(frozen=True)
class ExemptionRow:
    """A firm that asks to resume earlier, and what was decided; ``is_approved`` None: not decided yet."""

    id: int
    unit_id: int
    unit: Both
    region: str
    ground: str
    text: str
    start_at: datetime
    at: datetime
    actor_id: int
    actor_name: str
    is_approved: bool | None
    decided_at: datetime | None
    decided_by: str
    note: str
    is_simulated: bool


def rules(cut: Cut) -> list[RuleRow]:
    """The rule in force of each division and class at the cut, wider divisions first. One query."""
    rows = StartRule.objects.filter(cut.by_then).order_by("region_code", "list_name", "-at", "-id")
    found = [
        RuleRow(
            row.id, row.region_code, row.list_name, row.not_before, row.document, row.at, row.actor_name,
            row.is_simulated,
        )
        for row in rows.distinct("region_code", "list_name")
    ]  # fmt: skip
    return sorted(found, key=lambda row: (len(prefix_of(row.region)), row.region, row.list_name))


def rule_of(region: str, classes: Collection[str], found: Iterable[RuleRow]) -> RuleRow | None:
    """The rule a firm in ``region`` on these lists falls under.

    The nearest division that rules on it rules; there its class goes before "every enterprise", and of several classes
    the one that may resume first.
    """
    mine = [
        row for row in found
        if organisations.is_within(region, row.region) and (not row.list_name or row.list_name in classes)
    ]  # fmt: skip
    if not mine:
        return None
    nearest = max(len(prefix_of(row.region)) for row in mine)
    here = [row for row in mine if len(prefix_of(row.region)) == nearest]
    return min(here, key=lambda row: (not row.list_name, row.not_before))


def exemptions(
    cut: Cut, *, ids: Iterable[int] | None = None, unit_ids: Iterable[int] | None = None
) -> list[ExemptionRow]:
    """Requests to resume earlier, those not decided first, then the newest. Two queries."""
    rows = Exemption.objects.filter(cut.by_then).select_related("decision").order_by("-at", "-id")
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    found = list(rows)
    units = organisations.organisations(ids={row.organisation_id for row in found})
    made = []
    for row in found:
        said = getattr(row, "decision", None)
        late = said is None or said.at > cut.as_of or (cut.known_at is not None and said.known_at > cut.known_at)
        made.append(
            ExemptionRow(
                row.id, row.organisation_id, units[row.organisation_id].name, row.region_code, row.ground, row.text,
                row.start_at, row.at, row.actor_id, row.actor_name, None if late or said is None else said.is_approved,
                None if late or said is None else said.at, "" if late or said is None else said.actor_name,
                "" if late or said is None else said.note, row.is_simulated,
            )
        )  # fmt: skip
    return sorted(made, key=lambda row: row.is_approved is not None)
