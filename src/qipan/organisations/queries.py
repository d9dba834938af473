"""Reads of regions, organisations, places and posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import access, errors
from qipan.organisations.models import KeyUnit, Organisation, Person, Place, Post, Region

NATION = "100000"


@dataclass(frozen=True)
class RegionRow:
    """A region and its way up: province and city codes ('' when it is above them)."""

    code: str
    name: Both
    level: str
    parent: str


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


def province_of(code: str) -> str:
    """420106 → 420000."""
    return code[:2] + "0000" if code[:2] != NATION[:2] else NATION


def city_of(code: str) -> str:
    """The prefecture of a code; a county directly under its province is its own city."""
    return code if code[2:4] == "90" or code.endswith("0000") else code[:4] + "00"


def is_within(code: str, place: str) -> bool:
    """Whether region ``code`` lies in ``place``; every code lies in the nation."""
    if place in ("", NATION):
        return True
    if place.endswith("0000"):
        return code[:2] == place[:2]
    if place.endswith("00"):
        return code[:4] == place[:4]
    return code == place


def within(field: str, place: str) -> Q:
    """A filter on a region-code field: inside ``place``."""
    if place in ("", NATION):
        return Q()
    if place.endswith("0000"):
        return Q(**{f"{field}__startswith": place[:2]})
    if place.endswith("00"):
        return Q(**{f"{field}__startswith": place[:4]})
    return Q(**{field: place})


def like_prefix(place: str) -> str:
    """The SQL LIKE pattern of codes inside ``place``."""
    if place in ("", NATION):
        return "%"
    return (place[:2] if place.endswith("0000") else place[:4] if place.endswith("00") else place) + "%"


def region(code: str) -> RegionRow:
    """The region with this code.

    Raises:
        RegionUnknown: there is none.
    """
    if code == NATION:
        return RegionRow(NATION, Both("全国", "China"), "nation", "")
    row = Region.objects.filter(code=code).first()
    if row is None:
        raise errors.RegionUnknown(word=code)
    return RegionRow(row.code, Both(row.name_zh, row.name_en), row.level, row.parent_code)


def regions(codes: Iterable[str] | None = None, *, levels: Iterable[str] | None = None) -> dict[str, RegionRow]:
    """Regions by code: the named ones, or all of some levels. One query."""
    rows = Region.objects.order_by("code")
    if codes is not None:
        rows = rows.filter(code__in=set(codes))
    if levels is not None:
        rows = rows.filter(level__in=set(levels))
    found = {row.code: RegionRow(row.code, Both(row.name_zh, row.name_en), row.level, row.parent_code) for row in rows}
    if codes is not None and NATION in set(codes):
        found[NATION] = RegionRow(NATION, Both("全国", "China"), "nation", "")
    return found


def region_by_name(name: str, *, inside: str = "") -> RegionRow | None:
    """The highest region whose Chinese name starts with ``name``, inside ``inside``; None when there is none."""
    rows = Region.objects.filter(within("code", inside), name_zh__startswith=name.strip()).order_by("code")
    row = min(rows, key=lambda r: (r.code.count("0") * -1, r.code), default=None)
    return None if row is None else RegionRow(row.code, Both(row.name_zh, row.name_en), row.level, row.parent_code)


def organisations(*, kinds: Iterable[str] = (), ids: Iterable[int] | None = None) -> dict[int, OrganisationRow]:
    """Organisations by id, in pinyin order. One query."""
    rows = Organisation.objects.order_by("pinyin", "id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
    return {row.id: _organisation(row) for row in rows}


def organisation(word: str) -> OrganisationRow:
    """The organisation with this code or Chinese name.

    Raises:
        OrganisationUnknown: there is none.
    """
    row = Organisation.objects.filter(Q(code=word.strip()) | Q(name_zh=word.strip())).order_by("id").first()
    if row is None:
        raise errors.OrganisationUnknown(word=word)
    return _organisation(row)


def places(*, kinds: Iterable[str] = (), ids: Iterable[int] | None = None) -> dict[int, PlaceRow]:
    """Places by id with holder and owner. One query."""
    rows = Place.objects.select_related("holder", "owner").order_by("region_id", "id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if ids is not None:
        rows = rows.filter(id__in=set(ids))
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


def key_list(at: datetime) -> list[KeyUnit]:
    """The key-unit list on that day with authority and dates."""
    rows = KeyUnit.objects.filter(valid_from__lte=at).exclude(valid_to__lte=at)
    return list(rows.select_related("organisation").order_by("organisation__region_id", "organisation__pinyin"))


def actor_of(person: Person, at: datetime) -> Actor:
    """The actor a person is at an instant: the union of the posts valid then. One query."""
    posts = [p for p in person.posts.all() if p.valid_from <= at and (p.valid_to is None or p.valid_to > at)]
    actions: frozenset[str] = frozenset().union(*(access.actions_of(p.office) for p in posts))
    return Actor(
        id=person.id,
        name=person.name_zh,
        tenant=posts[0].tenant if posts else 100000,
        actions=actions,
        regions=frozenset(p.region_id for p in posts),
        organisations=frozenset(p.organisation_id for p in posts if p.organisation_id),
        simulated=person.is_simulated,
    )


def posts_of(person: Person, at: datetime) -> list[Post]:
    """The posts a person holds at an instant."""
    return [p for p in person.posts.all() if p.valid_from <= at and (p.valid_to is None or p.valid_to > at)]


def search(text: str, *, limit: int = 12) -> list[OrganisationRow]:
    """Organisations by name, or by pinyin initials (``jyt`` finds 金银潭)."""
    word = text.strip()
    if not word:
        return []
    rows = Organisation.objects.filter(
        Q(name_zh__icontains=word) | Q(name_en__icontains=word) | Q(initials__contains=word.lower())
    )
    return [_organisation(row) for row in rows.order_by("pinyin")[:limit]]


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
    )


def coordinates(codes: Iterable[str]) -> dict[str, tuple[float, float]]:
    """(longitude, latitude) in degrees of the regions' seats, where known. One query."""
    rows = Region.objects.filter(code__in=set(codes), longitude__isnull=False, latitude__isnull=False)
    return {row.code: (float(row.longitude or 0), float(row.latitude or 0)) for row in rows}
