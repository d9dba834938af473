"""The screens of organisations: units by kind and region, one unit, the key list, the regions."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.text import Both
from qipan.organisations import operations, queries

QUERIES_MAX = 15


def words(answer: Any) -> str:
    """The text of a page without its tags, on one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def test_counts_units_by_kind(client_of: Any, django_assert_max_num_queries: Any) -> None:
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        page = words(client.get("/units"))
    assert "All 6" in page and "Hospitals 3" in page and "Enterprises 2" in page and "Custodians 1" in page


def test_narrows_to_a_kind_a_region_and_initials(client_of: Any) -> None:
    client = client_of("duty")
    kind = words(client.get("/units", {"kind": "enterprise"}))
    region = words(client.get("/units", {"place": "420900"}))
    initials = words(client.get("/units", {"text": "yy x"}))
    assert "Store plant_a" in kind and "Hospital wuhan_a" not in kind
    assert "Hospital xiaogan" in region and "Hospital wuhan_a" not in region
    assert "Hospital xiaogan" in initials and "Hospital wuhan_a" not in initials


@pytest.mark.parametrize(("name", "value"), [("kind", "ship"), ("place", "999999"), ("page", "x")])
def test_refuses_what_the_address_cannot_mean(client_of: Any, name: str, value: str) -> None:
    assert client_of("duty").get("/units", {name: value}).status_code == 422


def test_marks_key_units_on_the_day(client_of: Any, cast: Any) -> None:
    operations.list_key_units(
        [cast.units["wuhan_a"]],
        list_name="test list",
        by=cast.duty,
        at=clock.read_instant("2020-02-01T08:00"),
        authority="notice 9",
        idem=uuid4(),
    )
    client = client_of("duty")
    assert "key unit " in words(client.get("/units"))
    assert "key unit " not in words(client.get("/units", {"as_of": "2020-01-31T24:00"})).replace("key units", "")
    assert "notice 9" in words(client.get("/units/key-list"))
    assert "No unit was on a key list" in words(client.get("/units/key-list", {"as_of": "2020-01-31T24:00"}))
    assert "1 Feb" in words(client.get(f"/units/{cast.units['wuhan_a']}"))


def test_tells_the_holder_from_the_owner(client_of: Any, cast: Any, django_assert_max_num_queries: Any) -> None:
    owner = cast.units["wuhan_b"]
    holder = queries.organisation("reserve").id
    operations.open_place(
        "kept",
        by=cast.duty,
        kind="reserve",
        holder=holder,
        owner=owner,
        name=Both("代储库", "Kept store"),
        region="420000",
    )
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        kept = client.get(f"/units/{holder}")
    owned = client.get(f"/units/{owner}")
    assert f'<a href="/units/{owner}">Hospital wuhan_b</a>' in kept.content.decode()
    assert f'<a href="/units/{holder}">Store reserve</a>' in owned.content.decode()


def test_leads_to_needs_and_stock_at_the_same_cut(client_of: Any, cast: Any) -> None:
    unit = cast.units["wuhan_a"]
    page = client_of("duty").get(f"/units/{unit}", {"as_of": "2020-01-29T24:00"}).content.decode()
    assert f'href="/needs/units/{unit}?as_of=2020-01-29T24%3A00"' in page
    assert f'href="/stock?unit={unit}&amp;as_of=2020-01-29T24%3A00"' in page


def test_shows_who_holds_a_post(client_of: Any, cast: Any) -> None:
    page = words(client_of("duty").get(f"/units/{cast.units['wuhan_a']}"))
    assert "receiver" in page and "Hospital storekeeper" in page and "23 Jan" in page


def test_knows_no_such_unit(client_of: Any) -> None:
    assert client_of("duty").get("/units/99999999").status_code == 404


def test_reaches_every_region_from_the_nation(db: None) -> None:
    regions = queries.regions()
    assert len(regions) == 3342
    assert {row.parent for row in regions.values()} - {queries.NATION} <= set(regions)


def test_browses_the_regions_below_one(client_of: Any, django_assert_max_num_queries: Any) -> None:
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        hubei = words(client.get("/regions", {"parent": "420000"}))
    assert "1–17 of 17" in hubei and "Wuhan" in hubei and "10,607,700" in hubei
    assert "1–34 of 34" in words(client.get("/regions"))
    assert client.get("/regions", {"parent": "999999"}).status_code == 422


@pytest.mark.parametrize("text", ["whs", "wu han", "武汉", "Wuhan", "420100"])
def test_finds_a_region_by_name_code_or_pinyin(client_of: Any, text: str) -> None:
    page = client_of("duty").get("/regions", {"text": text}).content.decode()
    assert "?parent=420100" in page
