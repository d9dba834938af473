"""Organisations, the places they keep, and the key-unit list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from qipan.kernel.access import NATION
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import errors
from qipan.organisations.models import LISTS, KeyUnit, Listing, Organisation, Place
from qipan.organisations.queries.regions import RegionRow, city_of, province_of, within


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation as neighbours see it."""

    id: int
    code: str
    kind: str
    name: Both
    region: str
    city: str
    province: str
    is_simulated: bool
    district: str = ""
    address: str = ""
    credit_code: str = ""
    source: str = ""


@dataclass(frozen=True)
class PlaceRow:
    """A place: who keeps it, who owns what is in it."""

    id: int
    code: str
    kind: str
    name: Both
    region: str
    holder_id: int
    owner_id: int
    holder: Both
    owner: Both
    is_simulated: bool


def organisations(*, kinds: Iterable[str] = (), ids: Iterable[int] | None = None) -> dict[int, OrganisationRow]:
    """Organisations by id, in pinyin order. One query."""
    rows = Organisation.objects.order_by("pinyin", "id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    return {row.id: _organisation(row) for row in rows}


def enterprises(ids: Iterable[int]) -> dict[int, OrganisationRow]:
    """Enterprises by id. One query.

    Raises:
        OrganisationUnknown, NoEnterprise.
    """
    wanted = set(ids)
    found = organisations(ids=wanted)
    if missing := wanted - found.keys():
        raise errors.OrganisationUnknown(word=str(min(missing)))
    for unit in found.values():
        if unit.kind != "enterprise":
            raise errors.NoEnterprise(unit=str(unit.name))
    return found


def members_of(cut: Cut) -> Mapping[str, set[int]]:
    """Ids of enterprises by list at the cut. One query."""
    found: dict[str, set[int]] = {name: set() for name in LISTS}
    for row in _listings(cut):
        if row.is_member:
            found[row.list_name].add(row.organisation_id)
    return found


@dataclass(frozen=True)
class ListingRow:
    """What was said last of an enterprise and a list."""

    list_name: str
    is_member: bool
    authority: str
    at: datetime


def listings(unit: int, cut: Cut) -> list[ListingRow]:
    """The last word of each list on an enterprise at the cut. One query."""
    rows = _listings(cut).filter(organisation_id=unit)
    return [ListingRow(row.list_name, row.is_member, row.authority, row.at) for row in rows]


def _listings(cut: Cut) -> QuerySet[Listing]:
    order = ("organisation_id", "list_name", "-at", "-id")
    return Listing.objects.filter(cut.by_then).order_by(*order).distinct("organisation_id", "list_name")


def organisation(word: str) -> OrganisationRow:
    """The organisation with this code, credit code or Chinese name.

    Raises:
        OrganisationUnknown: there is none.
    """
    said = word.strip()
    row = (
        Organisation.objects.filter(Q(code=said) | Q(name_zh=said) | (Q(credit_code=said) & ~Q(credit_code="")))
        .order_by("id")
        .first()
    )
    if row is None:
        raise errors.OrganisationUnknown(word=word)
    return _organisation(row)


def holders(*, kinds: Iterable[str]) -> dict[int, int]:
    """The holder by place, of places of these kinds. One query."""
    return dict(Place.objects.filter(kind__in=list(kinds)).values_list("id", "holder_id"))


def places(
    *, kinds: Iterable[str] = (), ids: Iterable[int] | None = None, unit: int | None = None
) -> dict[int, PlaceRow]:
    """Places by id with holder and owner; ``unit``: only what it holds or owns. One query."""
    rows = Place.objects.select_related("holder", "owner").order_by("region_id", "id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    if unit is not None:
        rows = rows.filter(Q(holder_id=unit) | Q(owner_id=unit))
    return {
        row.id: PlaceRow(
            row.id,
            row.code,
            row.kind,
            Both(row.name_zh, row.name_en),
            row.region_id,
            row.holder_id,
            row.owner_id,
            Both(row.holder.name_zh, row.holder.name_en),
            Both(row.owner.name_zh, row.owner.name_en),
            row.is_simulated,
        )
        for row in rows
    }


def key_units(at: datetime) -> set[int]:
    """Ids of the organisations on a key list on that day."""
    rows = KeyUnit.objects.filter(valid_from__lte=at).exclude(valid_to__lte=at)
    return set(rows.values_list("organisation_id", flat=True))


@dataclass(frozen=True)
class KeyRow:
    """A unit's place on a key list, from one day to another, by whose authority."""

    list_name: str
    unit: OrganisationRow
    valid_from: datetime
    valid_to: datetime | None
    authority: str
    is_simulated: bool


def key_list(at: datetime | None = None, *, unit: int | None = None) -> list[KeyRow]:
    """The key lists on that day, or on every day; ``unit``: only this one's rows. One query."""
    rows = KeyUnit.objects.select_related("organisation")
    if at is not None:
        rows = rows.filter(valid_from__lte=at).exclude(valid_to__lte=at)
    if unit is not None:
        rows = rows.filter(organisation_id=unit)
    order = rows.order_by("list_name", "organisation__region_id", "organisation__pinyin", "valid_from")
    return [
        KeyRow(k.list_name, _organisation(k.organisation), k.valid_from, k.valid_to, k.authority, k.is_simulated)
        for k in order
    ]


def search(text: str, *, limit: int = 12) -> list[OrganisationRow]:
    """Organisations by name, or by pinyin initials (``jyt`` finds 金银潭)."""
    return units(text=text, limit=limit) if text.strip() else []


def units(
    *, kinds: Iterable[str] = (), place: str = "", text: str = "", limit: int = 50, offset: int = 0
) -> list[OrganisationRow]:
    """Organisations of some kinds inside ``place`` by name, code, pinyin or initials, in pinyin order."""
    rows = _like(place, text).order_by("pinyin", "id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    return [_organisation(row) for row in rows[offset : offset + limit]]


def unit_counts(*, place: str = "", text: str = "") -> dict[str, int]:
    """How many organisations of each kind that search finds. One query."""
    return dict(_like(place, text).values_list("kind").annotate(count=Count("id")).order_by("kind"))


def _like(place: str, text: str) -> QuerySet[Organisation]:
    rows = Organisation.objects.filter(within("region__code", place))
    word = text.strip()
    if not word:
        return rows
    return rows.filter(
        Q(name_zh__icontains=word)
        | Q(name_en__icontains=word)
        | Q(code__istartswith=word)
        | Q(initials__contains=word.lower())
        | Q(pinyin__contains=word.lower())
    )


def _organisation(row: Organisation) -> OrganisationRow:
    return OrganisationRow(
        row.id,
        row.code,
        row.kind,
        Both(row.name_zh, row.name_en),
        row.region_id,
        city_of(row.region_id),
        province_of(row.region_id),
        row.is_simulated,
        row.district,
        row.address,
        row.credit_code,
        row.source,
    )


def ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Organisation id by code. One query."""
    return dict(Organisation.objects.filter(code__in=set(codes)).values_list("code", "id"))


def place_kinds(*, unit: int | None = None) -> dict[int, str]:
    """Kind by place id; ``unit``: only what it holds or owns. One query."""
    rows = Place.objects.all() if unit is None else Place.objects.filter(Q(holder_id=unit) | Q(owner_id=unit))
    return dict(rows.values_list("id", "kind"))


def near(place: str, choices: dict[str, RegionRow]) -> list[RegionRow]:
    """Of these choices, ``place``, the prefecture it lies in and what is below; provinces are listed apart."""
    around = {place, city_of(place)} - {"", NATION}
    rows = (row for row in choices.values() if row.level != "province")
    return [row for row in rows if row.code in around or row.parent in around]


def units_by_region() -> dict[str, int]:
    """How many organisations are registered at each region code itself. One query."""
    return dict(Organisation.objects.values_list("region_id").annotate(count=Count("id")).order_by("region_id"))
