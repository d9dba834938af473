"""Who loads, drives and signs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qipan.catalogue import queries as catalogue
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations.queries import PlaceRow
from qipan.transport.errors import NotOnABatch, NotTheConsignee

if TYPE_CHECKING:
    from qipan.transport.models import Shipment

COMMAND = "allocation.command"
CONTACT = "transport.contact"
LOAD, DEPART, ARRIVE, RECEIVE = "transport.load", "transport.depart", "transport.arrive", "transport.receive"


def require_leaving(by: Actor, action: str, *, source: PlaceRow, items: Iterable[int]) -> None:
    """Load or send off: whoever answers for the store's region, or for the unit that keeps it, and for every item."""
    for item in items:
        by.require(action, region=source.region, unit=source.holder_id, classes=catalogue.way_up(item))


def require_own_goods(by: Actor, *, items: Iterable[int]) -> None:
    """Goods under central allocation leave on a batch, or on the word of the command.

    Raises:
        NotOnABatch: no local authority sends them elsewhere.
    """
    if set(items) and not by.may(COMMAND):
        raise NotOnABatch(name=by.name)


def require_arrive(by: Actor, *, consignee: PlaceRow) -> None:
    """The driver, or somebody who answers for where the load goes."""
    by.require(ARRIVE, region=consignee.region, unit=consignee.holder_id)


def require_contact(by: Actor, *, shipment: Shipment) -> None:
    """Look up a telephone number: who answers for either end of the load.

    Raises:
        NotAllowed.
    """
    ends = (shipment.source_place, shipment.consignee_place)
    if not any(by.may(CONTACT, region=end.region_id, unit=end.holder_id) for end in ends):
        raise NotAllowed(name=by.name, action=CONTACT)


def require_receive(by: Actor, *, consignee: int, unit: Both) -> None:
    """The receiver's own storekeeper; a storekeeper without a unit may sign for none.

    Raises:
        NotAllowed, NotTheConsignee.
    """
    by.require(RECEIVE)
    if not by.may(RECEIVE, unit=consignee):
        raise NotTheConsignee(name=by.name, unit=str(unit))
