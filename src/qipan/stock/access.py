"""Who may book what in the ledger by hand. Other contexts check their own actions first."""

from __future__ import annotations

from collections.abc import Collection

from qipan.catalogue import queries as catalogue
from qipan.kernel.access import NATION, Actor
from qipan.kernel.errors import NotAllowed
from qipan.stock.errors import ControlledGoods, SameHand
from qipan.stock.queries import AccountLabel

COUNT, REVERSE, CONFIRM, OPEN = "stock.count", "stock.reverse", "stock.confirm", "organisations.register"


def may(by: Actor, action: str, account: AccountLabel, *, classes: Collection[str] | None = None) -> bool:
    """Whether one may do this in this account: it lies in a region one answers for, or one's unit keeps it.

    Args:
        classes: of the item that is booked, from its category up.
    """
    keeper = account.place.holder_id if account.place is not None else None
    return by.may(action, region=account.region, unit=keeper, classes=classes)


def require_open(by: Actor, region: str) -> None:
    """Who registers organisations opens their stores, in the regions one answers for."""
    by.require(OPEN, region=region)


def require(by: Actor, action: str, *accounts: AccountLabel, item: int) -> None:
    """Raises NotAllowed unless one may do this with the item in one of the accounts."""
    classes = catalogue.way_up(item)
    if not any(may(by, action, account, classes=classes) for account in accounts):
        raise NotAllowed(name=by.name, action=action)


def may_confirm(by: Actor, *, region: str, is_controlled: bool, proposed_by: int | None = None) -> bool:
    """A second person who answers for the place; for goods under central allocation, the command.

    Args:
        proposed_by: who proposed it; neither that person nor a stand-in in that person's name confirms.
    """
    where = NATION if is_controlled else region
    return by.id != proposed_by and by.may(CONFIRM, region=where, not_for=proposed_by)


def require_confirm(by: Actor, *, region: str, is_controlled: bool, proposed_by: int) -> None:
    """Raises NotAllowed, ControlledGoods or SameHand."""
    by.require(CONFIRM)
    if not may_confirm(by, region=region, is_controlled=is_controlled):
        if is_controlled:
            raise ControlledGoods(name=by.name)
        raise NotAllowed(name=by.name, action=f"{CONFIRM} ({region})")
    if not may_confirm(by, region=region, is_controlled=is_controlled, proposed_by=proposed_by):
        raise SameHand(name=by.name)
