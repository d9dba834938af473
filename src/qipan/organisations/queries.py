"""Reads of regions, organisations, places and posts."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from qipan.kernel import events
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import errors, offices
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


def province_of(code: str) -> str:
    """420106 → 420000."""
    return code[:2] + "0000" if code[:2] != NATION[:2] else NATION


def city_of(code: str) -> str:
    """The prefecture of a code; a county directly under its province is its own city."""
    return code if code[2:4] == "90" or code.endswith("0000") else code[:4] + "00"


def way_down(code: str) -> list[str]:
    """420106 → 420000, 420100, 420106; "" → nothing."""
    return list(dict.fromkeys((province_of(code), city_of(code), code))) if code else []


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


def _region(row: Region) -> RegionRow:
    return RegionRow(row.code, Both(row.name_zh, row.name_en), row.level, row.parent_code)


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
    return _region(row)


def regions(codes: Iterable[str] | None = None, *, levels: Iterable[str] | None = None) -> dict[str, RegionRow]:
    """Regions by code: the named ones, or all of some levels. One query."""
    rows = Region.objects.order_by("code")
    if codes is not None:
        rows = rows.filter(code__in=set(codes))
    if levels is not None:
        rows = rows.filter(level__in=set(levels))
    found = {row.code: _region(row) for row in rows}
    if codes is not None and NATION in set(codes):
        found[NATION] = RegionRow(NATION, Both("全国", "China"), "nation", "")
    return found


def region_by_name(name: str, *, inside: str = "") -> RegionRow | None:
    """The highest region whose Chinese name starts with ``name``, inside ``inside``, if there is one."""
    rows = Region.objects.filter(within("code", inside), name_zh__startswith=name.strip()).order_by("code")
    row = min(rows, key=lambda r: (r.code.count("0") * -1, r.code), default=None)
    return None if row is None else _region(row)


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


def actor_of(person: Person, at: datetime) -> Actor:
    """The actor a person is at an instant: the union of the posts valid then. One query."""
    posts = [p for p in person.posts.all() if p.valid_from <= at and (p.valid_to is None or p.valid_to > at)]
    actions: frozenset[str] = frozenset().union(*(offices.actions_of(p.office) for p in posts))
    return Actor(
        id=person.id,
        name=person.name_zh,
        tenant=posts[0].tenant if posts else 100000,
        actions=actions,
        regions=frozenset(_reach(p) for p in posts if p.organisation_id is None),
        organisations=frozenset(p.organisation_id for p in posts if p.organisation_id),
        simulated=person.is_simulated,
    )


def _reach(post: Post) -> str:
    """The region a post answers for: the whole nation for a post at the centre."""
    return NATION if post.office in offices.CENTRAL else post.region_id


def posts_of(person: Person, at: datetime) -> list[Post]:
    """The posts a person holds at an instant."""
    return [p for p in person.posts.all() if p.valid_from <= at and (p.valid_to is None or p.valid_to > at)]


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


def coordinates(codes: Iterable[str]) -> dict[str, tuple[float, float]]:
    """(longitude, latitude) in degrees of the regions' seats, where known. One query."""
    rows = Region.objects.filter(code__in=set(codes), longitude__isnull=False, latitude__isnull=False)
    return {row.code: (float(row.longitude or 0), float(row.latitude or 0)) for row in rows}


@dataclass(frozen=True)
class Tile:
    """A region's square on a schematic board."""

    code: str
    name: Both
    short_zh: str
    board: str
    column: int
    row: int


def tiles() -> list[Tile]:
    """Every tile of every board: China, Hubei, Shanxi."""
    text = resources.files("qipan.organisations").joinpath("tiles.csv").read_text("utf-8")
    return [
        Tile(
            r["code"],
            Both(r["name_zh"], r["name_en"]),
            r["short_zh"],
            r["board"],
            int(r["col"]),
            int(r["row"]),
        )
        for r in csv.DictReader(text.splitlines())
    ]


def tile_codes(board: str) -> list[str]:
    """Region codes of a board."""
    return [tile.code for tile in tiles() if tile.board == board]


def ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Organisation id by code. One query."""
    return dict(Organisation.objects.filter(code__in=set(codes)).values_list("code", "id"))


def populations(codes: Iterable[str]) -> dict[str, int]:
    """Population by region code, where known. One query."""
    rows = Region.objects.filter(code__in=set(codes), population__isnull=False)
    return {row.code: int(row.population or 0) for row in rows}


def active_person(person_id: int) -> Person | None:
    """The person with this id who may still sign in, with posts."""
    return Person.objects.filter(id=person_id, is_active=True).prefetch_related("posts").first()


def person_by_name(username: str) -> Person | None:
    """The person with this sign-in name, with posts."""
    return Person.objects.filter(username=username).prefetch_related("posts").first()


@dataclass(frozen=True)
class PostRow:
    """An office somebody holds at a unit, from one day to another."""

    person: Both
    office: str
    valid_from: datetime
    valid_to: datetime | None
    is_simulated: bool


def posts_at(unit: int) -> list[PostRow]:
    """Every post at a unit, the newest first. One query."""
    rows = Post.objects.filter(organisation_id=unit).select_related("person").order_by("-valid_from", "id")
    return [
        PostRow(
            Both(p.person.name_zh, p.person.name_en),
            p.office,
            p.valid_from,
            p.valid_to,
            p.person.is_simulated,
        )
        for p in rows
    ]


def place_kinds(*, unit: int | None = None) -> dict[int, str]:
    """Kind by place id; ``unit``: only what it holds or owns. One query."""
    rows = Place.objects.all() if unit is None else Place.objects.filter(Q(holder_id=unit) | Q(owner_id=unit))
    return dict(rows.values_list("id", "kind"))


def region_choices(place: str = "", *, also: Iterable[str] = ()) -> dict[str, RegionRow]:
    """The provinces, ``place`` with its own region above and what is below it, and ``also``. One query."""
    near = Q(code__in={place, city_of(place), *also}) | Q(parent_code__in={place, city_of(place)} - {NATION})
    rows = Region.objects.filter(Q(level="province") | near).order_by("code")
    return {row.code: _region(row) for row in rows}


def near(place: str, choices: dict[str, RegionRow]) -> list[RegionRow]:
    """Of these choices, ``place``, the prefecture it lies in and what is below; provinces are listed apart."""
    around = {place, city_of(place)} - {"", NATION}
    rows = (row for row in choices.values() if row.level != "province")
    return [row for row in rows if row.code in around or row.parent in around]


@dataclass(frozen=True)
class Subregion:
    """A region in the list of its parent: seat, population with its source, and whether it has parts."""

    region: RegionRow
    population: int | None
    population_source: str
    is_divided: bool


def subregions(parent: str, *, text: str = "", limit: int = 100, offset: int = 0) -> tuple[list[Subregion], int]:
    """The regions directly under ``parent``; with ``text`` every region whose code, name or pinyin has it.

    Returns:
        The rows by code, and how many there are in all. Two queries.
    """
    word = text.strip().lower()
    rows = Region.objects.filter(parent_code=parent)
    if word:
        found = Q(code__startswith=word) | Q(name_zh__contains=word) | Q(name_en__icontains=word)
        found |= Q(pinyin__contains=word)
        if word.isascii() and word.isalpha():
            found |= Q(pinyin__regex="(^| )" + "[a-z]* ".join(word))
        rows = Region.objects.filter(found)
    below = Region.objects.filter(parent_code=OuterRef("code"))
    page = rows.annotate(is_divided=Exists(below)).order_by("code")[offset : offset + limit]
    return [
        Subregion(_region(row), row.population, row.population_source, row.is_divided) for row in page
    ], rows.count()


def units_by_region() -> dict[str, int]:
    """How many organisations are registered at each region code itself. One query."""
    return dict(Organisation.objects.values_list("region_id").annotate(count=Count("id")).order_by("region_id"))


def people() -> list[dict[str, Any]]:
    """Everybody who can sign in, with offices, by name."""
    return [
        {
            "username": person.username,
            "name": person.name_zh,
            "active": person.is_active,
            "offices": sorted({post.office for post in person.posts.all()}),
        }
        for person in Person.objects.prefetch_related("posts").order_by("username")
    ]


def names_of_people(ids: Iterable[int]) -> dict[int, Both]:
    """Names of persons by id. One query."""
    return {p.id: Both(p.name_zh, p.name_en) for p in Person.objects.filter(id__in=set(ids))}


def trail(subject: str) -> list[dict[str, object]]:
    """The trail of an object with the persons' names in the reader's language."""
    found = events.trail(subject)
    names = names_of_people(e.actor_id for e in found)
    return [{"key": e.key, "who": names.get(e.actor_id, e.actor_name), "at": e.at, "detail": e.detail} for e in found]
