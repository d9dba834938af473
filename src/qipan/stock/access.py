"""Who may book what in the ledger by hand. Other contexts check their own actions first."""

from __future__ import annotations

from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.organisations import queries as organisations
from qipan.stock.queries import AccountLabel

COUNT, REVERSE, OPEN = "stock.count", "stock.reverse", "organisations.register"


def may(by: Actor, action: str, account: AccountLabel) -> bool:
    """Whether one may do this in this account: it lies in a region one answers for, or one's unit keeps it."""
    is_inside = any(organisations.is_within(account.region, region) for region in by.regions)
    is_own = account.place is not None and account.place.holder_id in by.organisations
    return by.may(action) and (is_inside or is_own)


def require_open(by: Actor, region: str) -> None:
    """Who registers organisations opens their stores, in the regions one answers for."""
    by.require(OPEN)
    if not any(organisations.is_within(region, own) for own in by.regions):
        raise NotAllowed(name=by.name, action=f"{OPEN} ({region})")


def require(by: Actor, action: str, *accounts: AccountLabel) -> None:
    """Raises NotAllowed unless one may do this in one of the accounts."""
    by.require(action)
    if not any(may(by, action, account) for account in accounts):
        raise NotAllowed(name=by.name, action=action)
