"""Who may book what in the ledger by hand. Other contexts check their own actions first."""

from __future__ import annotations

from collections.abc import Collection

from qipan.catalogue import queries as catalogue
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.stock.queries import AccountLabel

COUNT, REVERSE, OPEN = "stock.count", "stock.reverse", "organisations.register"


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
