"""Reads of accounts and lots: what they are called, where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock.models import Account, Lot


@dataclass(frozen=True)
class AccountRow:
    """An account: its kind, place and region."""

    id: int
    kind: str
    code: str
    place_id: int | None
    region: str


def accounts(*, codes: Iterable[str] | None = None, kinds: Iterable[str] = ()) -> dict[int, AccountRow]:
    """Accounts by id. One query."""
    rows = Account.objects.order_by("id")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    return {row.id: AccountRow(row.id, row.kind, row.code, row.place_id, row.region_code) for row in rows}


def account_of_place(place_id: int) -> int | None:
    """The store account of a place; None when none was opened."""
    return Account.objects.filter(place_id=place_id, kind="store").values_list("id", flat=True).first()


def awaiting_of_place(place_id: int) -> int | None:
    """The account of a place where goods wait for their release; None when none was opened."""
    return Account.objects.filter(place_id=place_id, kind="awaiting").values_list("id", flat=True).first()


def stores_of_places(place_ids: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
    """Store and awaiting account by place id, None where there is none. One query."""
    found: dict[int, dict[str, int]] = {}
    rows = Account.objects.filter(place_id__in=set(place_ids), kind__in=("store", "awaiting"))
    for place, kind, account in rows.values_list("place_id", "kind", "id"):
        if place is not None:
            found.setdefault(place, {})[kind] = account
    return {place: (kinds.get("store"), kinds.get("awaiting")) for place, kinds in found.items()}


def lots(ids: Iterable[int]) -> dict[int, tuple[str, date | None]]:
    """Number and expiry by lot id."""
    return {row.id: (row.number, row.expires_on) for row in Lot.objects.filter(id__in=set(ids) - {0})}


OUTSIDE = {
    "outside/opening": Both("期初入账（账外）", "Opening stock, from outside the books"),
    "outside/output": Both("生产入库（账外）", "Production, from outside the books"),
    "outside/implied": Both("推算补记（账外）", "Implied by published figures"),
    "outside/count": Both("盘点差异（账外）", "Count differences"),
    "outside/use": Both("使用消耗（账外）", "Used up"),
}
"""Outside accounts in words, by code."""


@dataclass(frozen=True)
class AccountLabel:
    """An account as people call it: its place, its road, or what is outside; who keeps and who owns."""

    id: int
    kind: str
    code: str
    name: Both
    region: str
    shipment: str = ""
    place: organisations.PlaceRow | None = None

    @property
    def is_kept_for_another(self) -> bool:
        return self.place is not None and self.kind == "store" and self.place.holder_id != self.place.owner_id


def account_labels(ids: Iterable[int]) -> dict[int, AccountLabel]:
    """Labels of accounts by id, in both languages. Two queries."""
    rows = list(Account.objects.filter(id__in=set(ids)))
    places = organisations.places(ids={row.place_id for row in rows if row.place_id})
    return {row.id: _label(row, places.get(row.place_id or 0)) for row in rows}


def code_labels(codes: Iterable[str]) -> dict[str, AccountLabel]:
    """Labels of accounts by code, in both languages. Two queries."""
    ids = Account.objects.filter(code__in=set(codes)).values_list("id", flat=True)
    return {label.code: label for label in account_labels(ids).values()}


def _label(row: Account, place: organisations.PlaceRow | None) -> AccountLabel:
    shipment = row.code.removeprefix("road/") if row.kind == "road" else ""
    if shipment:
        name = Both(f"在途 {shipment}", f"road {shipment}")
    elif place is not None and row.kind == "awaiting":
        name = Both(f"{place.name.zh}（待放行）", f"{place.name.en} (awaiting release)")
    elif place is not None:
        name = place.name
    else:
        name = OUTSIDE.get(row.code, Both(row.code, row.code))
    return AccountLabel(row.id, row.kind, row.code, name, row.region_code, shipment, place)
