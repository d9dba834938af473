"""What if: one change to a batch's inputs, planned again beside what was planned; nothing is booked."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from qipan.allocation import exchange, queries, supposing
from qipan.allocation.errors import SupposalUnreadable
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.stock import queries as stock
from tests.cast import Cast

ClientOf = Callable[..., Client]


def desk_of(number: int) -> supposing.Desk:
    row = queries.batch(number, Cut(clock.now()))
    assert row is not None
    return supposing.Desk(row)


@pytest.fixture
def short(cast: Cast) -> int:
    """A batch of 40 suits for two units that need 100 each; emergency suits lie beside, not permitted in the ICU."""
    cast.put("plant_a", "SUIT-GB", 40)
    cast.put("plant_a", "SUIT-EM", 25)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    cast.approve("wuhan_b", "SUIT-GB", "ICU", 100)
    return cast.plan("SUIT-GB")


def effect(number: int, **asked: str) -> supposing.Effect:
    desk = desk_of(number)
    return desk.effect_of(desk.read(asked))


def source_of(number: int, item: str) -> str:
    desk = desk_of(number)
    return next(str(at) for at, s in enumerate(desk.inputs.supplies) if desk.names.materials[s.item].code == item)


def test_more_stock_is_shared_by_all(short: int) -> None:
    found = effect(short, kind="stock", source=source_of(short, "SUIT-GB"), quantity="60")
    assert (found.total_before, found.total_after) == (40, 60)
    assert [(r.before, r.after, r.difference) for r in found.rows] == [(20, 30, 10), (20, 30, 10)]
    assert found.lowest_after > found.lowest_before


def test_no_stock_leaves_everybody_with_nothing(short: int) -> None:
    found = effect(short, kind="stock", source=source_of(short, "SUIT-GB"), quantity="0")
    assert (found.total_after, found.lowest_after) == (0, 0)


def test_a_larger_need_takes_from_the_other(short: int) -> None:
    desk = desk_of(short)
    need = desk.inputs.wants[0].need
    more = str(desk.names.materials[desk.inputs.wants[0].item].from_grains(need * 3))
    found = effect(short, kind="need", need="0", quantity=more)
    assert found.total_after == found.total_before == 40
    assert sorted(r.difference for r in found.rows) == [-10, 10]


def test_a_closed_lane_leaves_its_unit_to_others(short: int) -> None:
    found = effect(short, kind="lane", source=source_of(short, "SUIT-GB"), need="0")
    assert sorted((r.before, r.after) for r in found.rows) == [(20, 0), (20, 40)]


def test_every_rule_has_its_price(short: int) -> None:
    prices = desk_of(short).prices()
    assert prices
    price = next(e for _at, e in prices if e.total_after != e.total_before)
    assert (price.total_before, price.total_after) == (40, 65)
    assert price.lowest_after > price.lowest_before


def test_supposing_books_nothing(short: int, cast: Cast) -> None:
    before = (queries.batches(Cut(clock.now()))[1], stock.free_now(cast.accounts.values()))
    effect(short, kind="stock", source="0", quantity="999")
    assert (queries.batches(Cut(clock.now()))[1], stock.free_now(cast.accounts.values())) == before


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "miracle"},
        {"kind": "stock", "source": "99", "quantity": "5"},
        {"kind": "stock", "source": "-1", "quantity": "5"},
        {"kind": "stock", "source": "0", "quantity": "many"},
        {"kind": "stock", "source": "0", "quantity": ""},
        {"kind": "stock", "source": "0", "quantity": "0.5"},
        {"kind": "stock", "source": "0", "quantity": str(2**63)},
        {"kind": "need", "need": "0", "quantity": "0"},
        {"kind": "need", "need": "", "quantity": "5"},
        {"kind": "rule", "rule": "1000"},
        {"kind": "lane", "source": "0"},
    ],
)
def test_a_wrong_change_is_refused_on_screen_and_api(short: int, client_of: ClientOf, asked: dict[str, str]) -> None:
    with pytest.raises(SupposalUnreadable):
        desk_of(short).read(asked)
    client = client_of("duty")
    assert client.get(f"/batches/{short}/what-if", asked).status_code == 422
    answer = client.get(f"/api/v1/batches/{short}/what-if", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "supposal_unreadable")


@pytest.mark.parametrize("asked", [{"kind": "stock", "source": "0"}, {"kind": "need", "need": "0"}])
def test_a_quantity_beyond_exact_sums_is_refused_and_no_fault(
    short: int, client_of: ClientOf, asked: dict[str, str]
) -> None:
    answer = client_of("duty").get(f"/api/v1/batches/{short}/what-if", {**asked, "quantity": str(2**53 - 1)})
    assert (answer.status_code, answer.json()["code"]) == (422, "sums_too_large")
    assert client_of("duty").get(f"/batches/{short}/what-if", {**asked, "quantity": str(2**53 - 1)}).status_code == 422


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_screen_shows_the_difference_and_the_prices(short: int, client_of: ClientOf, language: str) -> None:
    asked = {"kind": "stock", "source": source_of(short, "SUIT-GB"), "quantity": "60"}
    page = client_of("duty", language).get(f"/batches/{short}/what-if", asked).content.decode()
    assert "+10" in page
    assert ("Nobody" in page) is False
    assert ("每条规则的代价" in page) is (language == "zh-hans")


def test_the_api_says_the_same(short: int, client_of: ClientOf) -> None:
    client = client_of("duty")
    asked = {"kind": "stock", "source": source_of(short, "SUIT-GB"), "quantity": "60"}
    found = client.get(f"/api/v1/batches/{short}/what-if", asked).json()
    assert (found["total_before"], found["total_after"], len(found["changed"])) == (40, 60, 2)
    prices = client.get(f"/api/v1/batches/{short}/rule-prices").json()
    assert {p["total_after"] for p in prices} >= {65}
    assert client.get("/api/v1/batches/999/what-if?kind=rule&rule=0").status_code == 404
    assert client.get("/batches/999/what-if").status_code == 404


def test_the_workbook_holds_the_price_of_each_rule_and_who_is_next(short: int) -> None:
    row = queries.batch(short, Cut(clock.now()))
    assert row is not None
    with translation.override("en"):
        book = load_workbook(io.BytesIO(exchange.batch_workbook(row)))
    heads, *body = list(book["Price of rules"].values)
    lines = [dict(zip(heads, line, strict=True)) for line in body]
    together = [line for line in lines if line["Unit"] == "all needs together"]
    assert 25 in {line["Difference"] for line in together}
    assert any(line["Unit"] != "all needs together" and line["Difference"] for line in lines)
    first = list(book.worksheets[0].values)
    heads = next(line for line in first if "Next in line" in line)
    needs = [dict(zip(heads, line, strict=True)) for line in first[first.index(heads) + 1 :]]
    assert any("plant_a" in str(need["Used up"]) for need in needs)
    assert any("would go to" in str(need["Next in line"]) for need in needs)
