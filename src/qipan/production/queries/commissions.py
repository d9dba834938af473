"""Reads of commissioners and their logs at a cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.production.models import Commission, CommissionEnd, CommissionLog


@dataclass(frozen=True)
class CommissionRow:
    """Somebody at a maker at the cut: since when, in which wave, and whether that one leads."""

    id: int
    unit_id: int
    unit: Both
    region: str
    province: str
    who: str
    team: str
    wave: int
    is_lead: bool
    authority: str
    at: datetime
    is_simulated: bool


@dataclass(frozen=True)
class LogRow:
    """A day's log of a maker under the five duties: the last word of the day."""

    unit_id: int
    unit: Both
    day: date
    entries: dict[str, str]
    known_at: datetime
    actor_name: str
    is_simulated: bool


def commissions(cut: Cut, *, unit: int | None = None) -> list[CommissionRow]:
    """Who was at a maker at the cut, by division and maker. Three queries."""
    ended = CommissionEnd.objects.filter(cut.by_then).values("commission_id")
    rows = (
        Commission.objects.filter(cut.by_then)
        .exclude(id__in=ended)
        .order_by("region_code", "organisation_id", "-is_lead", "id")
    )
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if unit is not None:
        rows = rows.filter(organisation_id=unit)
    found = list(rows)
    units = organisations.organisations(ids={row.organisation_id for row in found})
    return [
        CommissionRow(
            row.id, row.organisation_id, units[row.organisation_id].name, row.region_code,
            organisations.province_of(row.region_code), row.who, row.team, row.wave, row.is_lead, row.authority, row.at,
            row.is_simulated,
        )
        for row in found
    ]  # fmt: skip


def logs(cut: Cut, *, unit: int | None = None, day: date | None = None, limit: int = 50) -> list[LogRow]:
    """Logs, the newest day first, the last word of each day. Two queries."""
    rows = CommissionLog.objects.filter(cut.by_then)
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    if unit is not None:
        rows = rows.filter(organisation_id=unit)
    if day is not None:
        rows = rows.filter(day=day)
    found = list(rows.order_by("-day", "organisation_id", "-id").distinct("day", "organisation_id")[:limit])
    units = organisations.organisations(ids={row.organisation_id for row in found})
    return [
        LogRow(
            row.organisation_id, units[row.organisation_id].name, row.day, row.entries, row.known_at, row.actor_name,
            row.is_simulated,
        )
        for row in found
    ]  # fmt: skip
