"""Commissioners are sent to makers in waves, end there, and keep a log under their five duties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.organisations import queries as organisations
from qipan.production import access, errors
from qipan.production.models import DUTIES, Commission, CommissionEnd, CommissionLog
from qipan.production.operations.reporting import DAYS_BACK_MOST, is_reportable

TEXT_MOST = 2_000


@dataclass(frozen=True)
class CommissionText:
    """Somebody who is sent: ``who`` is a role or a name as the authority writes it."""

    unit: int
    who: str
    wave: int = 1
    team: str = ""
    is_lead: bool = False
    is_simulated: bool = False


def send_commissioners(
    wanted: Sequence[CommissionText], *, authority: str, by: Actor, at: datetime, idem: UUID
) -> list[int]:
    """Send commissioners to makers from ``at`` on, all or none.

    Returns:
        The ids, in order.

    Raises:
        NoEnterprise, NotAllowed.

    Event: production.commissioners_sent, one for each maker.
    """
    units = organisations.enterprises(each.unit for each in wanted)
    for unit in units.values():
        access.require_register(by, unit.region)

    def work() -> dict[str, Any]:
        now = clock.now()
        rows = Commission.objects.bulk_create(
            Commission(
                organisation_id=each.unit, region_code=units[each.unit].region, who=each.who, team=each.team,
                wave=each.wave, is_lead=each.is_lead, authority=authority, at=at, known_at=now, actor_id=by.id,
                is_simulated=each.is_simulated,
            )
            for each in wanted
        )  # fmt: skip
        for unit in units.values():
            events.record(
                "production.commissioners_sent", by=by, subject=f"organisation/{unit.id}", at=at, region=unit.region,
                count=sum(each.unit == unit.id for each in wanted), authority=authority,
            )  # fmt: skip
        return {"commissions": [row.pk for row in rows]}

    body = {"wanted": [asdict(each) for each in wanted], "authority": authority}
    return list(events.once("production.send_commissioners", by=by, idem=idem, body=body, work=work)["commissions"])


def end_commission(commission: int, *, ground: str, by: Actor, at: datetime, idem: UUID) -> None:
    """Somebody is at the maker no longer, from ``at`` on.

    Raises:
        CommissionUnknown, CommissionEnded, NotAllowed.

    Event: production.commission_ended.
    """
    found = Commission.objects.filter(id=commission).first()
    if found is None:
        raise errors.CommissionUnknown(commission=commission)
    access.require_register(by, found.region_code)

    def work() -> dict[str, Any]:
        try:
            with transaction.atomic():
                CommissionEnd.objects.create(
                    commission=found, at=max(at, found.at), known_at=clock.now(), actor_id=by.id, ground=ground
                )
        except IntegrityError as error:
            raise errors.CommissionEnded(who=found.who) from error
        events.record(
            "production.commission_ended", by=by, subject=f"organisation/{found.organisation_id}", at=at,
            region=found.region_code, ground=ground,
        )  # fmt: skip
        return {"commission": commission}

    body = {"commission": commission, "ground": ground}
    events.once("production.end_commission", by=by, idem=idem, body=body, work=work)


def write_commission_log(
    unit: int, *, day: date, entries: Mapping[str, str], by: Actor, idem: UUID, is_simulated: bool = False
) -> int:
    """Write a day's log of a maker; a later one of the same day takes its place; the first is kept.

    Args:
        entries: text by duty, of ``models.DUTIES``; at least one is not empty.

    Returns:
        The log's id.

    Raises:
        DutyUnknown, LogEmpty, DayRefused: a day that has not come. NotAllowed: not at this maker.

    Event: production.log_written.
    """
    found = organisations.organisations(ids={unit})[unit]
    by.require(access.VERIFY, region=found.region, unit=unit, where=str(found.name))
    if strange := sorted(set(entries) - set(DUTIES)):
        raise errors.DutyUnknown(word=strange[0][:40], duties=", ".join(DUTIES))
    kept = {duty: entries[duty].strip()[:TEXT_MOST] for duty in DUTIES if entries.get(duty, "").strip()}
    if not kept:
        raise errors.LogEmpty()
    now = clock.now()
    today = clock.day_of(now)

    def work() -> dict[str, Any]:
        if not is_reportable(day, today):
            first = today - timedelta(days=DAYS_BACK_MOST)
            raise errors.DayRefused(day=day.isoformat(), first=first.isoformat(), last=today.isoformat())
        row = CommissionLog.objects.create(
            organisation_id=unit, region_code=found.region, day=day, entries=kept, at=min(now, clock.end_of(day)),
            known_at=now, actor_id=by.id, actor_name=by.name, is_simulated=is_simulated or by.simulated,
        )  # fmt: skip
        events.record(
            "production.log_written", by=by, subject=f"organisation/{unit}", at=row.at, region=found.region,
            day=day.isoformat(),
        )  # fmt: skip
        return {"log": row.pk}

    body = {"unit": unit, "day": day, "entries": kept}
    return int(events.once("production.write_log", by=by, idem=idem, body=body, work=work)["log"])
