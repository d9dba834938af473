"""Writes of need: statements are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.catalogue import queries as catalogue
from qipan.catalogue.errors import ZoneUnknown
from qipan.demand import access, errors, queries
from qipan.demand.models import (
    VOICES,
    ApprovedNeed,
    CaseCount,
    NeedReport,
    PlaceNeed,
    Remark,
    ShortageGrade,
    UnreadSettled,
    UnreadText,
)
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotFound
from qipan.organisations import queries as organisations

GRADES = (
    ("severe", "严重短缺", "Severe shortage", "0", "bad"),
    ("tight", "紧平衡", "Tight balance", "0.80", "warn"),
    (
        "balanced",
        "当日平衡、来日有望、后日有备",
        "Balanced today, hopeful tomorrow, stocked after",
        "1.00",
        "ok",
    ),
    ("ample", "充分供应", "Ample supply", "3.00", "ok"),
)


UNTIMED = datetime(1, 1, 1, tzinfo=clock.CST)
"""Stands for the instant in a body that is compared: a retry comes later and is still the same."""


@dataclass(frozen=True)
class NeedStatement:
    """What a unit said about one item. ``quantity`` is as typed, None when no number was given."""

    organisation: int
    item_text: str
    change: str
    at: datetime
    source: str
    material: int | None = None
    zone: str = ""
    quantity: int | None = None
    unit_text: str = ""
    specification: str = ""
    is_simulated: bool = False


@dataclass(frozen=True)
class Approval:
    """An approved need of a unit: grains per day for an item in a use zone."""

    organisation: int
    material: int
    zone: str
    quantity_day: int
    ground: str
    is_simulated: bool = False


@dataclass(frozen=True)
class PlaceStatement:
    """A need per day said about a place by one of ``models.VOICES``; ``quantity_day`` > 0 grains; ``source`` says
    who published it, or with which rate or scenario it was estimated."""

    voice: str
    region: str
    material: int
    quantity_day: int
    at: datetime
    source: str
    scope: str = ""


def report_needs(statements: Sequence[NeedStatement], *, by: Actor, idem: UUID) -> int:
    """Add statements of units to the history, all or none.

    1. Refuse unless ``by`` may report for every unit.
    2. Refuse a zone that is none, and a change or removal of a statement the unit never made.
    3. Insert; what was said before stays.

    Returns:
        Number of statements added.

    Raises:
        NeedUnknown, ZoneUnknown, NotAllowed, SameKeyOtherBody.

    Event: demand.reported, one for the call.
    """
    units = organisations.organisations(ids={s.organisation for s in statements})
    access.require_report(by, units.values())
    zones = catalogue.zones()
    for s in statements:
        if s.zone and s.zone not in zones:
            raise ZoneUnknown(word=s.zone, zones=", ".join(zones))
    body = {"statements": [repr(replace(s, at=UNTIMED)) for s in statements]}

    region = organisations.shared_region(unit.region for unit in units.values())

    def work() -> dict[str, Any]:
        known = queries.stated_keys({s.organisation for s in statements})
        for s in statements:
            if s.change != "added" and (s.organisation, s.item_text) not in known:
                raise errors.NeedUnknown(unit=str(units[s.organisation].name), item=s.item_text)
            known.add((s.organisation, s.item_text))
        NeedReport.objects.bulk_create([_row(s, by) for s in statements])
        last = max((s.at for s in statements), default=clock.now())
        events.record("demand.reported", by=by, subject="needs", at=last, region=region, count=len(statements))
        return {"added": len(statements)}

    return int(events.once("demand.report", by=by, idem=idem, body=body, work=work)["added"])


@transaction.atomic
def keep_remarks(rows: Sequence[dict[str, Any]], *, by: Actor) -> int:
    """Keep what units said beside their need (stock, state, time, delivery), as it was said."""
    access.require_report(by, ())
    return len(Remark.objects.bulk_create([Remark(known_at=clock.now(), **row) for row in rows]))


@transaction.atomic
def keep_unread(rows: Sequence[dict[str, Any]], *, by: Actor) -> int:
    """List pieces of text that could not be read for certain, for a person; the same piece twice is once."""
    access.require_report(by, ())
    made = UnreadText.objects.bulk_create(
        [UnreadText(known_at=clock.now(), **row) for row in rows], ignore_conflicts=True
    )
    return len(made)


def settle_unread(unread_id: int, *, decision: str, by: Actor, at: datetime, idem: UUID) -> None:
    """Write down what a person decided about an unread text, once.

    Raises:
        AlreadySettled: it was decided before. NotFound: there is no such text that the person reads.

    Event: demand.unread_settled.
    """
    access.require_review(by)
    if not UnreadText.objects.filter(id=unread_id).exists():
        raise NotFound(what="unread", which=unread_id)

    def work() -> dict[str, Any]:
        try:
            with transaction.atomic():
                UnreadSettled.objects.create(
                    unread_id=unread_id, decision=decision, actor_id=by.id, at=at, known_at=clock.now()
                )
        except IntegrityError as error:
            raise errors.AlreadySettled() from error
        events.record("demand.unread_settled", by=by, subject=f"unread/{unread_id}", at=at, decision=decision)
        return {"settled": unread_id}

    events.once("demand.settle", by=by, idem=idem, body={"unread": unread_id, "decision": decision}, work=work)


@transaction.atomic
def approve_needs(approvals: Sequence[Approval], *, by: Actor, at: datetime, idem: UUID) -> int:
    """Approve needs of units per day, item and use zone; a later approval replaces from then on.

    Args:
        approvals: ``quantity_day`` ≥ 0 grains; 0 ends a need.

    Raises:
        ZoneNotPermitted: nothing that may be used in the zone serves the item on that day.
        NotAllowed: a unit lies outside the regions ``by`` answers for.

    Event: demand.approved.
    """
    units = organisations.organisations(ids={row.organisation for row in approvals})
    access.require_approve(by, ((units[row.organisation].region, row.material) for row in approvals))
    served = {(stand.original, stand.zone) for stand in catalogue.stands(at)}
    for row in approvals:
        if (row.material, row.zone) not in served:
            raise errors.ZoneNotPermitted(material=str(catalogue.material_by_id(row.material).name), zone=row.zone)
    body = {"approvals": [repr(row) for row in approvals]}

    region = organisations.shared_region(unit.region for unit in units.values())

    def work() -> dict[str, Any]:
        ApprovedNeed.objects.bulk_create(
            [
                ApprovedNeed(
                    organisation_id=row.organisation,
                    material_id=row.material,
                    zone_code=row.zone,
                    quantity_day=row.quantity_day,
                    at=at,
                    known_at=clock.now(),
                    actor_id=by.id,
                    ground=row.ground,
                    is_simulated=row.is_simulated,
                )
                for row in approvals
            ]
        )
        events.record("demand.approved", by=by, subject="needs", at=at, region=region, count=len(approvals))
        return {"approved": len(approvals)}

    return int(events.once("demand.approve", by=by, idem=idem, body=body, work=work)["approved"])


def state_place_needs(statements: Sequence[PlaceStatement], *, by: Actor, idem: UUID) -> int:
    """Keep needs per day said about places beside each other; a later one of the same voice replaces from then on.

    Raises:
        VoiceUnknown, NotUsedUp: a burn rate of a durable good.
        NotAllowed: a place lies outside the regions ``by`` answers for.

    Event: demand.place_stated.
    """
    access.require_approve(by, ((s.region, s.material) for s in statements))
    for row in statements:
        if row.voice not in VOICES:
            raise errors.VoiceUnknown(word=row.voice, voices=", ".join(VOICES))
        material = catalogue.material_by_id(row.material)
        if row.voice == "burn_rate" and material.is_durable:
            raise errors.NotUsedUp(material=str(material.name))
    body = {"statements": [repr(replace(row, at=UNTIMED)) for row in statements]}

    region = organisations.shared_region(s.region for s in statements)

    def work() -> dict[str, Any]:
        PlaceNeed.objects.bulk_create(
            [
                PlaceNeed(
                    voice=s.voice,
                    region_id=s.region,
                    material_id=s.material,
                    quantity_day=s.quantity_day,
                    at=s.at,
                    known_at=clock.now(),
                    source=s.source,
                    scope=s.scope,
                    actor_id=by.id,
                )
                for s in statements
            ]
        )
        if statements:
            events.record("demand.place_stated", by=by, subject="needs", at=statements[-1].at, region=region,
                          count=len(statements))  # fmt: skip
        return {"stated": len(statements)}

    return int(events.once("demand.state_place_needs", by=by, idem=idem, body=body, work=work)["stated"])


@transaction.atomic
def keep_case_counts(
    rows: Sequence[tuple[str, datetime, int, int | None, str]],
    *,
    by: Actor,
    before: Mapping[str, int] | None = None,
) -> int:
    """Keep cumulative case counts (region, at, confirmed, active, quality); a fall is marked as a revision.

    A decrease is never rejected or smoothed: re-classification is a fact of the source.

    Args:
        before: the last confirmed count by region, to compare the first rows with.
    """
    access.require_approve(by, ((row[0], None) for row in rows))
    last: dict[str, int] = dict(before or {})
    made = []
    for region, at, confirmed, active, quality in sorted(rows, key=lambda row: (row[0], row[1])):
        made.append(
            CaseCount(
                region_code=region,
                at=at,
                confirmed=confirmed,
                active=active,
                quality=quality,
                is_revision=confirmed < last.get(region, 0),
                known_at=clock.now(),
            )
        )
        last[region] = confirmed
    CaseCount.objects.bulk_create(made, ignore_conflicts=True)
    return sum(row.is_revision for row in made)


def load_grades() -> None:
    """Seed the official shortage scale with its thresholds, once.

    Source: the four states are the official balance vocabulary of 2020; the days of cover are a planning
    assumption, shown wherever a grade is.
    """
    for code, zh, en, cover, state in GRADES:
        ShortageGrade.objects.get_or_create(
            code=code,
            defaults={
                "name_zh": zh,
                "name_en": en,
                "cover_days_min": cover,
                "state": state,
                "authority": "names: official case study 2020; thresholds: planning assumption",
            },
        )


def _row(s: NeedStatement, by: Actor) -> NeedReport:
    return NeedReport(
        organisation_id=s.organisation,
        material_id=s.material,
        item_text=s.item_text,
        zone_code=s.zone,
        change=s.change,
        quantity=s.quantity,
        unit_text=s.unit_text,
        specification=s.specification[:500],
        at=s.at,
        known_at=clock.now(),
        actor_id=by.id,
        source=s.source,
        is_simulated=s.is_simulated,
    )
