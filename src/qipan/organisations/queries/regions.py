"""Regions of GB/T 2260: names, what lies in what, tiles of the boards."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from django.db.models import Exists, OuterRef, Q

from qipan.kernel.access import NATION, prefix_of
from qipan.kernel.text import Both
from qipan.organisations import errors
from qipan.organisations.models import Region


@dataclass(frozen=True)
class RegionRow:
    """A region and its way up: province and city codes ('' when it is above them)."""

    code: str
    name: Both
    level: str
    parent: str


def province_of(code: str) -> str:
    """420106 → 420000."""
    return code[:2] + "0000" if code[:2] != NATION[:2] else NATION


def city_of(code: str) -> str:
    """The prefecture of a code; a county directly under its province is its own city."""
    return code if code[2:4] == "90" or code.endswith("0000") else code[:4] + "00"


def way_down(code: str) -> list[str]:
    """420106 → 420000, 420100, 420106; "" → nothing."""
    return list(dict.fromkeys((province_of(code), city_of(code), code))) if code else []


def shared_region(codes: Iterable[str]) -> str:
    """The smallest division that all lie in; "" is the nation, also for none."""
    ways = [way_down(code) for code in set(codes)]
    shared = [step for step in ways[0] if all(step in way for way in ways)] if ways else []
    return shared[-1] if shared else ""


def within(field: str, place: str) -> Q:
    """A filter on a region-code field: inside ``place``."""
    prefix = prefix_of(place)
    return Q(**{f"{field}__startswith": prefix}) if prefix else Q()


def like_prefix(place: str) -> str:
    """The SQL LIKE pattern of codes inside ``place``."""
    return prefix_of(place) + "%"


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


def populations(codes: Iterable[str]) -> dict[str, int]:
    """Population by region code, where known. One query."""
    rows = Region.objects.filter(code__in=set(codes), population__isnull=False)
    return {row.code: int(row.population or 0) for row in rows}


def region_choices(place: str = "", *, also: Iterable[str] = ()) -> dict[str, RegionRow]:
    """The provinces, ``place`` with its own region above and what is below it, and ``also``. One query."""
    near = Q(code__in={place, city_of(place), *also}) | Q(parent_code__in={place, city_of(place)} - {NATION})
    rows = Region.objects.filter(Q(level="province") | near).order_by("code")
    return {row.code: _region(row) for row in rows}


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
