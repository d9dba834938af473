"""Write down what is on which vehicle; nothing moves yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, connection, transaction

from qipan.allocation import queries as allocation
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.organisations import queries as organisations
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport import access, errors
from qipan.transport.models import Shipment, ShipmentLine
from qipan.transport.operations import contacts


@dataclass(frozen=True)
class Vehicle:
    """What carries a load, who is with it, and who waits for it; demo vehicles and persons are plainly labels."""

    plate: str
    driver: str
    escort: str = ""
    driver_phone: str = ""
    escort_phone: str = ""
    receiver: str = ""
    receiver_phone: str = ""

    def people(self) -> dict[str, tuple[str, str]]:
        """Name and telephone by role, of who is named."""
        told = {
            "driver": (self.driver, self.driver_phone),
            "escort": (self.escort, self.escort_phone),
            "receiver": (self.receiver, self.receiver_phone),
        }
        return {role: words for role, words in told.items() if any(words)}

    def told(self) -> list[Any]:
        """The plate, and everybody masked: what a key's digest is made of."""
        return [self.plate, *(contacts.masks(*words) for words in self.people().values())]


@dataclass(frozen=True)
class Route:
    """From which store to which receiver (place ids), and when the load should be there."""

    source: int
    consignee: int
    planned_arrival: datetime


@dataclass(frozen=True)
class Load:
    """One line of a direct load: grains of an item and lot."""

    item: int
    qty: int
    lot: int = 0
    hold: int | None = None
    batch_line: int | None = None


def load_batch_lines(
    line_ids: Sequence[int], *, by: Actor, idem: UUID, at: datetime, vehicle: Vehicle, planned_arrival: datetime,
    is_simulated: bool = False,
) -> str:  # fmt: skip
    """Load issued lines of a batch that go from one store to one receiver.

    Returns:
        The shipment's number.

    Raises:
        NothingToLoad, LineNotIssued, LinesDiffer, PhoneUnreadable, VaultLocked.

    Event: transport.loaded.
    """

    def work() -> dict[str, Any]:
        lines = allocation.issued_lines(line_ids)
        if not line_ids:
            raise errors.NothingToLoad()
        missing = sorted(set(line_ids) - {line.id for line in lines})
        if missing:
            raise errors.LineNotIssued(line=missing[0])
        if len({(line.source_account, line.consignee_place, line.batch_number) for line in lines}) != 1:
            raise errors.LinesDiffer()
        first = lines[0]
        number = load_shipment(
            [Load(line.item, line.qty, line.lot, line.hold, line.id) for line in lines],
            by=by,
            idem=uuid5(idem, "load"),
            at=at,
            route=Route(first.source_place, first.consignee_place, planned_arrival),
            vehicle=vehicle,
            batch_number=first.batch_number,
            is_simulated=is_simulated,
        )
        return {"number": number}

    body = {"lines": list(line_ids), "vehicle": vehicle.told(), "planned_arrival": planned_arrival}
    return str(events.once("transport.load_lines", by=by, idem=idem, body=body, work=work)["number"])


def load_shipment(
    loads: Sequence[Load], *, by: Actor, idem: UUID, at: datetime, route: Route, vehicle: Vehicle,
    batch_number: int | None = None, is_simulated: bool = False,
) -> str:  # fmt: skip
    """Write down a load and open its road account; nothing moves yet.

    Event: transport.loaded.
    """
    ends = organisations.places(ids={route.source, route.consignee})
    if not loads or len(ends) < 2:
        raise errors.NothingToLoad()
    items = {row.item for row in loads}
    access.require_leaving(by, access.LOAD, source=ends[route.source], items=items)
    access.require_own_goods(by, items=set() if batch_number else items & catalogue.controlled(at))
    body = {
        "loads": [repr(row) for row in loads],
        "from": route.source,
        "to": route.consignee,
        "vehicle": vehicle.told(),
        "planned_arrival": route.planned_arrival,
    }

    def work() -> dict[str, Any]:
        _require_not_loaded(loads)
        source = stock_reads.account_of_place(route.source)
        if source is None:
            raise errors.NothingToLoad()
        number = _next_number(by.tenant)
        region = ends[route.consignee].region
        road_of = stock.Opening("road", f"road/{number}", route.consignee, region, ends[route.source].region)
        road = stock.open_accounts([road_of], by=by)[f"road/{number}"]
        shipment = Shipment.objects.create(
            tenant=by.tenant,
            number=number,
            batch_number=batch_number,
            source_account=source,
            road_account=road,
            source_place_id=route.source,
            consignee_place_id=route.consignee,
            region_code=region,
            vehicle=vehicle.plate,
            planned_arrival=route.planned_arrival,
            known_at=clock.now(),
            actor_id=by.id,
            is_simulated=is_simulated,
        )
        _add_lines(shipment, loads)
        contacts.keep(shipment, vehicle.people())
        events.record("transport.loaded", by=by, subject=f"shipment/{number}", at=at, region=region, lines=len(loads))
        return {"number": number}

    return str(events.once("transport.load", by=by, idem=idem, body=body, work=work)["number"])


def _require_not_loaded(loads: Sequence[Load]) -> None:
    """Raises LineNotIssued for the first batch line that is on a load already."""
    lines = [row.batch_line for row in loads if row.batch_line is not None]
    taken = ShipmentLine.objects.filter(batch_line__in=lines).order_by("batch_line").first()
    if taken is not None:
        raise errors.LineNotIssued(line=taken.batch_line)


def _add_lines(shipment: Shipment, loads: Sequence[Load]) -> None:
    """Write down what is on the load; who loads the same issued line second is told."""
    try:
        with transaction.atomic():
            ShipmentLine.objects.bulk_create(
                [
                    ShipmentLine(
                        shipment=shipment,
                        number=at_line,
                        material_id=row.item,
                        lot=row.lot,
                        qty=row.qty,
                        hold=row.hold,
                        batch_line=row.batch_line,
                    )
                    for at_line, row in enumerate(loads, start=1)
                ]
            )
    except IntegrityError as error:
        raise errors.LineNotIssued(line=loads[0].batch_line) from error


def _next_number(tenant: int) -> str:
    """S-000001, S-000002, …; never given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO transport_shipmentnumber (tenant, last) VALUES (%s, 1)"
            " ON CONFLICT (tenant) DO UPDATE SET last = transport_shipmentnumber.last + 1 RETURNING last",
            [tenant],
        )
        return f"S-{int(cursor.fetchone()[0]):06d}"
