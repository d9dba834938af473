"""Lines of makers are registered and stated anew."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.organisations import operations as organisation_writes
from qipan.organisations import queries as organisations
from qipan.production import access, errors, queries
from qipan.production.models import STATES, Line, LineState
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads


@dataclass(frozen=True)
class LineRegistration:
    """A line to be registered; ``capacity_day`` grains, verified; ``release_days`` None takes the item's own."""

    unit: int
    item: int
    name: str
    state: str
    capacity_day: int
    source: str
    release_days: int | None = None
    is_simulated: bool = False


def register_line(wanted: LineRegistration, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Register a line of a maker with its state and verified capacity, and open its plant's store if it has none.

    Returns:
        The line's id.

    Raises:
        NoEnterprise, StateUnknown, LineKnown, NotAllowed.

    Event: production.line_registered.
    """
    unit = organisations.enterprises([wanted.unit])[wanted.unit]
    access.require_register(by, unit.region)
    material = catalogue.material_by_id(wanted.item)
    _require_state(wanted.state)
    release_days = material.release_delay_days if wanted.release_days is None else wanted.release_days

    def work() -> dict[str, Any]:
        place = _plant_of(unit, by=by, has_release=release_days > 0, is_simulated=wanted.is_simulated)
        now = clock.now()
        try:
            with transaction.atomic():
                line = Line.objects.create(
                    organisation_id=unit.id, material_id=material.id, place_id=place, name=wanted.name,
                    region_code=unit.region, release_days=release_days, at=at, known_at=now, actor_id=by.id,
                    source=wanted.source, is_simulated=wanted.is_simulated,
                )  # fmt: skip
        except IntegrityError as error:
            raise errors.LineKnown(unit=str(unit.name), name=wanted.name, material=str(material.name)) from error
        LineState.objects.create(
            line=line, state=wanted.state, capacity_day=wanted.capacity_day, at=at, known_at=now, actor_id=by.id,
            ground=wanted.source,
        )  # fmt: skip
        events.record(
            "production.line_registered", by=by, subject=f"line/{line.pk}", at=at, region=unit.region,
            state=wanted.state, capacity=wanted.capacity_day,
        )  # fmt: skip
        return {"line": line.pk}

    return int(events.once("production.register_line", by=by, idem=idem, body=asdict(wanted), work=work)["line"])


def state_line(line: int, *, state: str, capacity_day: int, ground: str, by: Actor, at: datetime, idem: UUID) -> None:
    """Say in what state a line is from ``at`` on, and how many grains a day it can make, verified.

    Raises:
        LineUnknown, StateUnknown, NotAllowed.

    Event: production.line_stated.
    """
    row = queries.line(line, Cut(clock.now()))
    access.require_register(by, row.region)
    _require_state(state)

    def work() -> dict[str, Any]:
        LineState.objects.create(
            line_id=line, state=state, capacity_day=capacity_day, at=at, known_at=clock.now(), actor_id=by.id,
            ground=ground,
        )  # fmt: skip
        events.record(
            "production.line_stated", by=by, subject=f"line/{line}", at=at, region=row.region, state=state,
            capacity=capacity_day, ground=ground,
        )  # fmt: skip
        return {"line": line}

    body = {"line": line, "state": state, "capacity": capacity_day, "ground": ground}
    events.once("production.state_line", by=by, idem=idem, body=body, work=work)


def _plant_of(unit: organisations.OrganisationRow, *, by: Actor, has_release: bool, is_simulated: bool) -> int:
    """The maker's plant with its accounts, opened now if it was not."""
    kept = organisations.places(kinds=("plant",), unit=unit.id).values()
    plants = [place for place in kept if place.holder_id == unit.id]
    code = f"plant-{unit.id}"
    place = plants[0].id if plants else organisation_writes.open_place(
        code, by=by, kind="plant", holder=unit.id, name=unit.name, region=unit.region, is_simulated=is_simulated,
    )  # fmt: skip
    wanted = []
    if stock_reads.account_of_place(place) is None:
        wanted.append(stock.Opening("store", f"plant/{code}", place, unit.region))
    if has_release and stock_reads.awaiting_of_place(place) is None:
        wanted.append(stock.Opening("awaiting", f"awaiting/{place}", place, unit.region))
    if wanted:
        stock.open_accounts(wanted, by=by)
    return place


def _require_state(state: str) -> None:
    if state not in STATES:
        raise errors.StateUnknown(word=state, states=", ".join(STATES))
