"""Regions of the 2023 revision, and the arithmetic of their GB/T 2260 codes."""

from __future__ import annotations

import re

import pytest

from qipan.organisations import errors, operations
from qipan.organisations import queries as organisations
from qipan.organisations.models import Region
from qipan.organisations.queries import city_of, is_within, like_prefix, province_of, way_down, within

PLACES = (
    "",
    "100000",
    "420000",
    "420100",
    "420106",
    "429004",
    "110000",
    "110100",
    "110101",
    "441900",
    "469001",
    "710000",
)


def test_there_are_3342_regions(db: None) -> None:
    assert Region.objects.count() == 3342
    assert len(organisations.regions(levels=["province"])) == 34


def test_a_second_load_adds_nothing(db: None) -> None:
    assert operations.load_regions() == 0
    assert Region.objects.count() == 3342


def test_every_region_hangs_under_one_that_exists(db: None) -> None:
    found = organisations.regions()
    for row in found.values():
        assert row.parent == organisations.NATION or row.parent in found
        assert row.parent != row.code
        assert re.fullmatch(r"\d{6}", row.code)
        assert row.name.zh


def test_every_region_lies_in_its_province_and_in_its_parent(db: None) -> None:
    for row in organisations.regions().values():
        assert is_within(row.code, province_of(row.code))
        assert is_within(row.code, row.parent)


@pytest.mark.parametrize(
    ("code", "city", "province", "down"),
    [
        ("420106", "420100", "420000", ["420000", "420100", "420106"]),
        ("420100", "420100", "420000", ["420000", "420100"]),
        ("420000", "420000", "420000", ["420000"]),
        ("429004", "429004", "420000", ["420000", "429004"]),
        ("429021", "429021", "420000", ["420000", "429021"]),
        ("469001", "469001", "460000", ["460000", "469001"]),
        ("659001", "659001", "650000", ["650000", "659001"]),
        ("110101", "110100", "110000", ["110000", "110100", "110101"]),
        ("441900", "441900", "440000", ["440000", "441900"]),
        ("100000", "100000", "100000", ["100000"]),
    ],
)
def test_a_code_knows_its_way_up(code: str, city: str, province: str, down: list[str]) -> None:
    assert (city_of(code), province_of(code), way_down(code)) == (city, province, down)


def test_no_code_has_no_way() -> None:
    assert way_down("") == []


@pytest.mark.parametrize(
    ("code", "place", "is_inside"),
    [
        ("420106", "", True),
        ("420106", "100000", True),
        ("420106", "420000", True),
        ("420106", "420100", True),
        ("420106", "420106", True),
        ("420106", "420200", False),
        ("420106", "420107", False),
        ("420106", "430000", False),
        ("420100", "420106", False),
        ("420000", "420100", False),
        ("420000", "420000", True),
        ("429004", "420000", True),
        ("429004", "429004", True),
        ("429004", "429005", False),
        ("429004", "420100", False),
        ("429005", "429004", False),
        ("", "420000", False),
        ("", "100000", True),
    ],
)
def test_a_code_lies_in_a_place(code: str, place: str, is_inside: bool) -> None:
    assert is_within(code, place) is is_inside


@pytest.mark.parametrize(
    ("place", "pattern"),
    [
        ("", "%"),
        ("100000", "%"),
        ("420000", "42%"),
        ("420100", "4201%"),
        ("420106", "420106%"),
        ("429004", "429004%"),
    ],
)
def test_a_place_is_a_pattern(place: str, pattern: str) -> None:
    assert like_prefix(place) == pattern


@pytest.mark.parametrize("place", PLACES)
def test_every_way_of_asking_finds_the_same_regions(db: None, place: str) -> None:
    """Screens ask ``is_within``, tables ``within``, the ledger ``like_prefix``: the answers agree for all 3,342."""
    codes = set(Region.objects.values_list("code", flat=True))
    inside = {code for code in codes if is_within(code, place)}
    assert set(Region.objects.filter(within("code", place)).values_list("code", flat=True)) == inside
    assert {code for code in codes if code.startswith(like_prefix(place).rstrip("%"))} == inside
    assert inside


def test_counties_directly_under_the_province_are_their_own_city(db: None) -> None:
    direct = [row for row in organisations.regions(levels=["county_direct"]).values() if row.parent == "420000"]
    assert sorted(row.name.zh for row in direct) == ["仙桃市", "天门市", "潜江市", "神农架林区"]
    assert {city_of(row.code) for row in direct} == {row.code for row in direct}


def test_the_nation_is_a_region_too(db: None) -> None:
    assert organisations.region("100000").name.zh == "全国"
    assert organisations.regions(["100000", "420100"])["100000"].level == "nation"


def test_refuses_a_code_that_is_no_region(db: None) -> None:
    with pytest.raises(errors.RegionUnknown) as refusal:
        organisations.region("429000")
    assert "429000" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "inside", "code"),
    [("武汉", "", "420100"), ("仙桃", "420000", "429004"), ("湖北", "", "420000"), ("X", "", None)],
)
def test_finds_the_highest_region_of_a_name(db: None, name: str, inside: str, code: str | None) -> None:
    found = organisations.region_by_name(name, inside=inside)
    assert (found.code if found else None) == code
