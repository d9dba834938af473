"""Accounts, stores, lots and books are opened here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import operations as organisation_operations
from qipan.organisations import queries as organisations
from qipan.stock import access, errors
from qipan.stock.models import Account
from qipan.stock.operations.calls import call


class Opening(NamedTuple):
    """An account to be opened: ``region`` is where it lies or leads to, ``origin`` where a road comes from."""

    kind: str
    code: str
    place: int | None = None
    region: str = ""
    origin: str = ""


def open_accounts(accounts: Sequence[Opening], *, by: Actor) -> dict[str, int]:
    """Open accounts; those that exist stay as they are.

    Returns:
        Account id by code.
    """
    sql = "SELECT stock_open_account(%s, %s, %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s)"
    columns = [list(column) for column in zip(*accounts, strict=True)] if accounts else [[], [], [], [], []]
    call(sql, [by.tenant, by.id, *columns, clock.now()], by=by, idem=None)
    return dict(Account.objects.filter(code__in=columns[1]).values_list("code", "id"))


def open_store(
    kind: str, *, by: Actor, at: datetime, idem: UUID, name: Both, holder: int, owner: int | None = None, region: str
) -> int:
    """Open a store that goods can be shared out from, with its account; what lies in it is entered as a count.

    Args:
        kind: of ``organisations.SOURCE_KINDS``.
        holder: the organisation that keeps it; owner: whose goods they are, the holder's own when None.

    Returns:
        The account's id.

    Raises:
        StoreKindUnknown, RegionUnknown, NotAllowed.

    Event: stock.store_opened.
    """
    if kind not in organisations.SOURCE_KINDS:
        raise errors.StoreKindUnknown(word=kind, kinds=", ".join(organisations.SOURCE_KINDS))
    region = organisations.region(region).code
    access.require_open(by, region)
    code = f"s-{idem.hex[:16]}"

    def work() -> dict[str, Any]:
        place = organisation_operations.open_place(
            code, by=by, kind=kind, holder=holder, owner=owner, name=name, region=region
        )
        account = open_accounts([Opening("store", f"{kind}/{code}", place, region)], by=by)[f"{kind}/{code}"]
        events.record("stock.store_opened", by=by, subject=f"account/{account}", at=at, region=region, kind=kind)
        return {"account": account}

    body = {"kind": kind, "name": name.as_json(), "holder": holder, "owner": owner, "region": region}
    return int(events.once("stock.open_store", by=by, idem=idem, body=body, work=work)["account"])


def open_lot(item: int, *, by: Actor, number: str, expires_on: date | None) -> int:
    """The lot of ``item`` with this number, named now if it was not.

    Raises:
        LotDiffers: the number is known with another expiry.
    """
    sql = "SELECT stock_open_lot(%s, %s, %s, %s, %s)"
    rows = call(sql, [by.tenant, by.id, item, number, expires_on], by=by, idem=None)
    return int(rows[0][0])


def open_books(tenant: int, *, clock_kind: str = "server") -> None:
    """Open a tenant's books; ``driven`` books take the replayed case's time as recording time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_open_books(%s, %s)", [tenant, clock_kind])
