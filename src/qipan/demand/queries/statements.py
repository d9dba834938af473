"""What was said: statements of units, remarks, texts nobody could read, case counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from qipan.demand.models import (
    CaseCount,
    NeedReport,
    Remark,
    UnreadText,
)
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations


@dataclass(frozen=True)
class Stated:
    """A unit's statement in force: what it asks for, with or without a number."""

    organisation: int
    material: int | None
    item_text: str
    zone: str
    quantity: int | None
    unit_text: str
    specification: str
    at: datetime
    changes: int
    source: str


def stated(cut: Cut, *, organisation: int | None = None) -> list[Stated]:
    """Statements in force at the cut: the latest per unit and item that was not removed."""
    rows = _reports(cut, organisation)
    latest: dict[tuple[int, str], NeedReport] = {}
    changes: dict[tuple[int, str], int] = defaultdict(int)
    for row in rows:
        key = (row.organisation_id, row.item_text)
        latest[key] = row
        changes[key] += 1
    return [
        Stated(
            row.organisation_id,
            row.material_id,
            row.item_text,
            row.zone_code,
            row.quantity,
            row.unit_text,
            row.specification,
            row.at,
            changes[key],
            row.source,
        )
        for key, row in latest.items()
        if row.change != "removed"
    ]


def stated_keys(units: Iterable[int]) -> set[tuple[int, str]]:
    """(unit, item text) of every statement ever made by these units."""
    rows = NeedReport.objects.filter(organisation_id__in=set(units)).values_list("organisation_id", "item_text")
    return set(rows.distinct())


def statement_history(organisation: int, item_text: str) -> list[NeedReport]:
    """Every statement of a unit about an item, oldest first."""
    return list(NeedReport.objects.filter(organisation_id=organisation, item_text=item_text).order_by("at", "id"))


def remarks(organisation: int) -> list[Remark]:
    """What a unit said beside its need, oldest first."""
    return list(Remark.objects.filter(organisation_id=organisation).order_by("at", "id"))


def unread(*, limit: int = 50, offset: int = 0, is_settled: bool = False) -> tuple[list[UnreadText], int]:
    """Texts that wait for a person (or were settled), with their count."""
    rows = UnreadText.objects.filter(settled__isnull=not is_settled).order_by("id")
    return list(rows.select_related("organisation")[offset : offset + limit]), rows.count()


def unread_count() -> int:
    """How many texts wait for a person."""
    return UnreadText.objects.filter(settled__isnull=True).count()


def case_counts(region: str, *, as_of: datetime) -> list[CaseCount]:
    """Published cumulative counts of a region up to the cut, oldest first; falls are marked."""
    return list(CaseCount.objects.filter(region_code=region, at__lte=as_of).order_by("at", "id"))


def active_cases(at: datetime) -> dict[str, int]:
    """Active cases by region code, the latest published by ``at``."""
    rows = (
        CaseCount.objects.filter(at__lte=at, active__isnull=False)
        .order_by("region_code", "-at", "-id")
        .distinct("region_code")
    )
    return {row.region_code: row.active for row in rows if row.active is not None}


def _reports(cut: Cut, organisation: int | None) -> list[NeedReport]:
    rows = NeedReport.objects.filter(at__lte=cut.as_of).order_by("at", "id")
    if cut.known_at:
        rows = rows.filter(known_at__lte=cut.known_at)
    if organisation is not None:
        rows = rows.filter(organisation_id=organisation)
    if cut.place:
        rows = rows.filter(organisations.within("organisation__region__code", cut.place))
    if cut.item:
        rows = rows.filter(Q(material__code=cut.item))
    return list(rows)


def report_counts(*, as_of: datetime) -> tuple[int, int]:
    """(units with a statement in force, units registered) for completeness."""
    sql = """
        SELECT (SELECT count(DISTINCT organisation_id) FROM demand_needreport WHERE at <= %s),
               (SELECT count(*) FROM organisations_organisation WHERE kind = 'hospital')"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [as_of])
        reported, expected = cursor.fetchone()
    return int(reported), int(expected)
