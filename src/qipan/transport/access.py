"""Who loads, drives and signs."""

from __future__ import annotations

from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.transport.errors import NotTheConsignee

LOAD, DEPART, ARRIVE, RECEIVE = "transport.load", "transport.depart", "transport.arrive", "transport.receive"


def require_load(by: Actor) -> None:
    by.require(LOAD)


def require_depart(by: Actor) -> None:
    by.require(DEPART)


def require_arrive(by: Actor) -> None:
    by.require(ARRIVE)


def require_receive(by: Actor, *, consignee: int, unit: Both) -> None:
    """The receiver's own storekeeper; a storekeeper without a unit may sign for none.

    Raises:
        NotAllowed, NotTheConsignee.
    """
    by.require(RECEIVE)
    if consignee not in by.organisations:
        raise NotTheConsignee(name=by.name, unit=str(unit))
