"""Reads of permit cases at a cut: where each is, how long it has taken, until when it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.resumption import errors
from qipan.resumption.models import ENDS, PermitCase, PermitStep

SOON = timedelta(days=30)
"""A permit that ends within so many days is to be renewed."""


@dataclass(frozen=True)
class PermitStepRow:
    """What was done, by whom, when."""

    kind: str
    department: str
    due_at: datetime | None
    number: str
    valid_to: date | None
    text: str
    at: datetime
    actor_name: str


@dataclass(frozen=True)
class PermitRow:
    """An application at the cut: with which department it lies, since when, until when; and how it ended."""

    id: int
    unit_id: int
    unit: Both
    region: str
    province: str
    kind: str
    item: MaterialRow | None
    title: str
    department: str
    due_at: datetime
    at: datetime
    actor_name: str
    steps: tuple[PermitStepRow, ...]
    in_dispatch: bool
    as_of: datetime
    is_simulated: bool

    @property
    def end(self) -> PermitStepRow | None:
        """The step that ended it; None while it is open."""
        return next((step for step in self.steps if step.kind in ENDS), None)

    @property
    def state(self) -> str:
        """open, granted, expired, refused or withdrawn."""
        if self.end is None:
            return "open"
        return "expired" if self.end.kind == "granted" and not self.is_valid else self.end.kind

    @property
    def is_granted(self) -> bool:
        return self.end is not None and self.end.kind == "granted"

    @property
    def is_valid(self) -> bool:
        """Granted and not run out at the cut: a permit holds until the end of its last day."""
        end = self.end
        return (
            end is not None and self.is_granted and (end.valid_to is None or self.as_of <= clock.end_of(end.valid_to))
        )

    @property
    def is_overdue(self) -> bool:
        return self.end is None and self.due_at < self.as_of

    @property
    def ends_soon(self) -> bool:
        """A valid one that runs out within 30 days."""
        end = self.end
        return self.is_valid and end is not None and end.valid_to is not None and (
            clock.end_of(end.valid_to) - self.as_of <= SOON
        )  # fmt: skip

    @property
    def took(self) -> timedelta:
        """From the application to its end, or to the cut."""
        return (self.end.at if self.end else self.as_of) - self.at


def permits(cut: Cut, *, ids: Iterable[int] | None = None, unit_ids: Iterable[int] | None = None) -> list[PermitRow]:
    """Permit cases known at the cut: open ones first, those due first; then the newest. Five queries."""
    rows = PermitCase.objects.filter(cut.by_then)
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if cut.item:
        rows = rows.filter(material__code=cut.item)
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    if unit_ids is not None:
        rows = rows.filter(organisation_id__in=set(unit_ids))
    found = list(rows)
    steps: dict[int, list[PermitStepRow]] = defaultdict(list)
    for s in PermitStep.objects.filter(cut.by_then, case__in=found).order_by("at", "id"):
        steps[s.case_id].append(
            PermitStepRow(s.kind, s.department, s.due_at, s.number, s.valid_to, s.text, s.at, s.actor_name)
        )
    units = organisations.organisations(ids={row.organisation_id for row in found})
    scope = organisations.members_of(cut)["dispatch"]
    materials = catalogue.materials()
    made = []
    for row in found:
        moved = [step for step in steps[row.id] if step.kind == "moved"]
        department, due_at = (moved[-1].department, moved[-1].due_at) if moved else (row.department, row.due_at)
        made.append(
            PermitRow(
                row.id, row.organisation_id, units[row.organisation_id].name, row.region_code,
                organisations.province_of(row.region_code), row.kind,
                materials[row.material_id] if row.material_id else None, row.title, department, due_at or row.due_at,
                row.at, row.actor_name, tuple(steps[row.id]), row.organisation_id in scope, cut.as_of,
                row.is_simulated,
            )
        )  # fmt: skip
    return sorted(made, key=_order)


def permit(number: int, cut: Cut) -> PermitRow:
    """Raises PermitUnknown."""
    found = permits(Cut(cut.as_of, cut.known_at), ids=[number])
    if not found:
        raise errors.PermitUnknown(permit=number)
    return found[0]


def _order(row: PermitRow) -> tuple[bool, float, int]:
    """Open ones by when they are due, then ended ones, the newest first."""
    when = row.due_at if row.end is None else row.end.at
    return row.end is not None, when.timestamp() * (1 if row.end is None else -1), row.id
