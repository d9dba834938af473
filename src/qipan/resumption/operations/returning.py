"""Firms plan phases, start them, count their people and return to work; divisions count their firms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.resumption import access, errors, queries
from qipan.resumption.models import Attendance, Phase, PhaseStart, Return, Tally
from qipan.resumption.operations.ruling import require_class
from qipan.resumption.operations.telling import told

DAYS_BACK_MOST = 60


@dataclass(frozen=True)
class PhaseText:
    """Systems of a firm that start together on a planned day, with how many people; core ones first."""

    unit: int
    number: int
    title: str
    is_core: bool
    people: int
    planned_on: date
    is_simulated: bool = False


def plan_phase(wanted: PhaseText, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Write down a phase of a firm's return.

    Raises:
        NoEnterprise, PhaseKnown, NotAllowed.

    Event: resumption.phase_planned.
    """
    firm = organisations.enterprises([wanted.unit])[wanted.unit]
    access.require_report(by, firm)

    def work() -> dict[str, Any]:
        try:
            with transaction.atomic():
                row = Phase.objects.create(
                    organisation_id=firm.id, region_code=firm.region, number=wanted.number, title=wanted.title,
                    is_core=wanted.is_core, people=wanted.people, planned_on=wanted.planned_on,
                    **told(by, at, wanted.is_simulated),
                )  # fmt: skip
        except IntegrityError as error:
            raise errors.PhaseKnown(unit=str(firm.name), number=wanted.number) from error
        events.record(
            "resumption.phase_planned", by=by, subject=f"unit/{firm.id}", at=at, region=firm.region,
            phase=wanted.number, core=wanted.is_core,
        )  # fmt: skip
        return {"phase": row.pk}

    return int(events.once("resumption.plan_phase", by=by, idem=idem, body=asdict(wanted), work=work)["phase"])


def start_phase(phase: int, *, by: Actor, at: datetime, idem: UUID, is_simulated: bool = False) -> None:
    """A phase starts: core ones first, others after every core phase of the firm.

    Raises:
        PhaseUnknown, CoreFirst, PhaseStarted, NotAllowed.

    Event: resumption.phase_started.
    """
    found = queries.phase(phase, Cut(clock.now()))
    firm = organisations.enterprises([found.unit_id])[found.unit_id]
    access.require_report(by, firm)

    def work() -> dict[str, Any]:
        if not found.is_core:
            for each in queries.phases(Cut(clock.now()), unit_ids=[firm.id]):
                if each.is_core and each.started_at is None:
                    raise errors.CoreFirst(core=each.number, title=each.title, number=found.number)
        try:
            with transaction.atomic():
                PhaseStart.objects.create(phase_id=phase, **told(by, at, is_simulated))
        except IntegrityError as error:
            raise errors.PhaseStarted(number=found.number) from error
        events.record(
            "resumption.phase_started", by=by, subject=f"unit/{firm.id}", at=at, region=firm.region, phase=found.number
        )
        return {"phase": phase}

    events.once("resumption.start_phase", by=by, idem=idem, body={"phase": phase}, work=work)


def count_people(
    unit: int, *, day: date, on_site: int, normal: int, by: Actor, idem: UUID, is_simulated: bool = False
) -> int:
    """People on site on a day against the normal number; a later word on the day replaces.

    Raises:
        NoEnterprise, TallyDayRefused, NotAllowed.

    Event: resumption.people_counted.
    """
    firm = organisations.enterprises([unit])[unit]
    access.require_report(by, firm)

    def work() -> dict[str, Any]:
        at = _end_or_now(day)
        row = Attendance.objects.create(
            organisation_id=unit, region_code=firm.region, day=day, on_site=on_site, normal=normal,
            **told(by, at, is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.people_counted", by=by, subject=f"unit/{unit}", at=at, region=firm.region,
            day=day.isoformat(), on_site=on_site, normal=normal,
        )  # fmt: skip
        return {"attendance": row.pk}

    body = {"unit": unit, "day": day, "on_site": on_site, "normal": normal}
    return int(events.once("resumption.count_people", by=by, idem=idem, body=body, work=work)["attendance"])


def tell_return(
    unit: int, *, is_working: bool, note: str, by: Actor, at: datetime, idem: UUID, is_simulated: bool = False
) -> list[str]:
    """A firm works again, or has stopped. A return earlier than allowed, or without its papers, is kept and marked.

    Returns:
        What was missing, in codes.

    Raises:
        NoEnterprise, NotAllowed.

    Event: resumption.returned or resumption.stopped.
    """
    firm = organisations.enterprises([unit])[unit]
    access.require_report(by, firm)

    def work() -> dict[str, Any]:
        flags = queries.firm(unit, Cut(clock.now())).missing(at) if is_working else []
        Return.objects.create(
            organisation_id=unit, region_code=firm.region, is_working=is_working, flags=flags, note=note,
            **told(by, at, is_simulated),
        )  # fmt: skip
        key = "resumption.returned" if is_working else "resumption.stopped"
        events.record(key, by=by, subject=f"unit/{unit}", at=at, region=firm.region, note=note, flags=flags)
        return {"flags": flags}

    body = {"unit": unit, "is_working": is_working, "note": note}
    return list(events.once("resumption.tell_return", by=by, idem=idem, body=body, work=work)["flags"])


@dataclass(frozen=True)
class TallyText:
    """How many firms of a class had resumed in a division at the end of a day."""

    region: str
    day: date
    resumed: int
    enterprises: int | None = None
    people: int | None = None
    list_name: str = ""
    source: str = ""
    is_simulated: bool = False


def tell_tallies(said: Sequence[TallyText], *, by: Actor, idem: UUID) -> int:
    """Divisions count their firms, all or none; a later word on a day replaces, the first is kept.

    Returns:
        How many were kept.

    Raises:
        RegionUnknown, ClassUnknown, TallyAboveAll, TallyDayRefused, NotAllowed.

    Event: resumption.counted, one for each division.
    """
    for each in said:
        access.require_order(by, organisations.region(each.region).code)
        require_class(each.list_name)
        if each.enterprises is not None and each.resumed > each.enterprises:
            raise errors.TallyAboveAll(resumed=each.resumed, enterprises=each.enterprises)

    def work() -> dict[str, Any]:
        Tally.objects.bulk_create(
            Tally(
                region_code=each.region, list_name=each.list_name, day=each.day, resumed=each.resumed,
                enterprises=each.enterprises, people=each.people, source=each.source,
                **told(by, _end_or_now(each.day), each.is_simulated),
            )
            for each in said
        )  # fmt: skip
        for region in sorted({each.region for each in said}):
            mine = [each for each in said if each.region == region]
            events.record(
                "resumption.counted", by=by, subject=f"region/{region}", at=_end_or_now(mine[-1].day), region=region,
                day=mine[-1].day.isoformat(), resumed=mine[-1].resumed, count=len(mine),
            )  # fmt: skip
        return {"tallies": len(said)}

    body = {"tallies": [asdict(each) for each in said]}
    return int(events.once("resumption.tell_tallies", by=by, idem=idem, body=body, work=work)["tallies"])


def _end_or_now(day: date) -> datetime:
    """The end of a day, or now while it runs.

    Raises:
        TallyDayRefused: it has not come, or is more than sixty days ago.
    """
    now = clock.now()
    today = clock.day_of(now)
    first = today - timedelta(days=DAYS_BACK_MOST)
    if not first <= day <= today:
        raise errors.TallyDayRefused(day=day.isoformat(), first=first.isoformat(), last=today.isoformat())
    return min(now, clock.end_of(day))
