"""The screens of stock: what lies where at a cut, one account, counts and reversals."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.stock import operations, queries
from tests.cast import Cast, key

QUERIES_MAX = 15
BEFORE = "2020-02-05T24:00"


def words(answer: Any) -> str:
    """The text of a page without its tags, on one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def onhand(cast: Cast, store: str, item: str) -> int:
    """What the books say a store has of an item, in its own unit, all lots together."""
    held = queries.free_now([cast.accounts[store]])
    return sum(int(cast.items[item].from_grains(h.onhand)) for h in held if h.item == cast.items[item].id)


@pytest.fixture
def stocked(cast: Cast) -> Cast:
    """500 suits (200 of them held) and 30 goggles in the reserve, 40 suits in a plant."""
    cast.put("reserve", "SUIT-GB", 500)
    cast.put("reserve", "GOG", 30)
    cast.put("plant_a", "SUIT-GB", 40)
    line = operations.HoldLine(cast.accounts["reserve"], cast.items["SUIT-GB"].id, 200, "batch/1/1")
    operations.hold_batch([line], by=cast.keeper, idem=key("hold"), at=clock.now())
    return cast


def page_of(cast: Cast, store: str) -> str:
    return f"/stock/{cast.accounts[store]}"


def test_shows_on_hand_held_and_free(
    stocked: Cast, client_of: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        page = words(client.get("/stock", {"kind": "reserve"}))
    assert re.search(r"Place reserve .*? 500 200 300 piece", page)
    assert re.search(r"30 0 30 piece", page)
    assert "Place plant_a" not in page


def test_shows_the_cut_asked_for(stocked: Cast, client_of: Callable[..., Any]) -> None:
    page = words(client_of("duty").get("/stock", {"as_of": BEFORE}))
    assert "Nothing lay here at this instant." in page


def test_adds_only_like_units(stocked: Cast, client_of: Callable[..., Any]) -> None:
    client = client_of("duty")
    alike = words(client.get("/stock", {"item": "SUIT-GB"}))
    unlike = words(client.get("/stock"))
    assert "on hand 540 piece held 200 free 340" in alike
    assert "cannot be added" in unlike and "on hand 570" not in unlike


@pytest.mark.parametrize(
    ("query", "shown", "left_out"),
    [
        ({"place": "420000"}, "Place reserve", "Place plant_a"),
        ({"kind": "plant"}, "Place plant_a", "Place reserve"),
        ({"item": "GOG"}, "Place reserve", "Place plant_a"),
    ],
)
def test_narrows_the_list(
    stocked: Cast, client_of: Callable[..., Any], query: dict[str, str], shown: str, left_out: str
) -> None:
    page = words(client_of("duty").get("/stock", query))
    assert shown in page and left_out not in page


@pytest.mark.parametrize(
    ("name", "value"), [("kind", "moon"), ("place", "x"), ("item", "x"), ("unit", "0x"), ("unit", "99999")]
)
def test_refuses_what_the_address_cannot_mean(client_of: Callable[..., Any], name: str, value: str) -> None:
    assert client_of("duty").get("/stock", {name: value}).status_code == 422


def test_names_the_lot_and_its_expiry(cast: Cast, client_of: Callable[..., Any]) -> None:
    suit = cast.items["SUIT-GB"].id
    lot = operations.open_lot(suit, by=cast.keeper, number="A-2001", expires_on=date(2021, 6, 30))
    cast.put("reserve", "SUIT-GB", 10, lot=lot)
    page = words(client_of("duty").get("/stock"))
    assert "lot A-2001" in page and "2021-06-30" in page


def test_workbook_has_the_rows_of_the_filter(stocked: Cast, client_of: Callable[..., Any]) -> None:
    found = client_of("duty").get("/stock.xlsx", {"item": "SUIT-GB"})
    cells = CalamineWorkbook.from_filelike(io.BytesIO(found.content)).get_sheet_by_index(0).to_python()
    at = next(number for number, row in enumerate(cells) if row[0] == "Place" and row[1] == "Kind of place")
    rows = [dict(zip(cells[at], row, strict=True)) for row in cells[at + 1 :]]
    assert [(r["Place"], r["On hand"], r["Held"], r["Free"]) for r in rows] == [
        ("Place plant_a", 40, 0, 40),
        ("Place reserve", 500, 200, 300),
    ]


def test_account_shows_movements_with_names_and_documents(
    stocked: Cast, client_of: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    operations.open_accounts(
        [operations.Opening("road", "road/S-000123", stocked.places["wuhan_a"], "420100")], by=stocked.keeper
    )
    road = next(a.id for a in queries.accounts(codes=["road/S-000123"]).values())
    suit = stocked.items["SUIT-GB"].id
    line = operations.Transfer(
        "depart", suit, stocked.accounts["reserve"], road, 60, "shipment/S-000123", basis="simulated"
    )
    operations.post_batch([line], by=stocked.keeper, idem=key("depart"), at=clock.now())
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        page = client.get(page_of(stocked, "reserve"))
    assert 'href="/shipments/S-000123"' in page.content.decode()
    assert re.search(r"Place reserve → road S-000123 .*? −60 piece", words(page))
    assert "road S-000123 → Place wuhan_a" in words(client.get(f"/stock/{road}"))


def test_counts_nothing_on_the_road_as_free(stocked: Cast, client_of: Callable[..., Any]) -> None:
    operations.open_accounts(
        [operations.Opening("road", "road/S-000123", stocked.places["wuhan_a"], "420100")], by=stocked.keeper
    )
    road = next(a.id for a in queries.accounts(codes=["road/S-000123"]).values())
    suit = stocked.items["SUIT-GB"].id
    line = operations.Transfer("depart", suit, stocked.accounts["reserve"], road, 60, "shipment/S-000123")
    operations.post_batch([line], by=stocked.keeper, idem=key("depart"), at=clock.now())
    client = client_of("duty")
    assert "60 0 – piece" in words(client.get("/stock", {"kind": "road"}))
    assert "on hand 540 piece held 200 free 280" in words(client.get("/stock", {"item": "SUIT-GB"}))


def test_knows_no_such_account(client_of: Callable[..., Any]) -> None:
    assert client_of("duty").get("/stock/99999999").status_code == 404


def count(cast: Cast, counted: str, **more: str) -> dict[str, str]:
    """A filled-in count form for suits."""
    return {
        "act": "count",
        "holding": f"{cast.items['SUIT-GB'].id}:0",
        "counted": counted,
        "reason": "shelf count",
    } | more


def test_books_the_difference_of_a_count_once(stocked: Cast, client_of: Callable[..., Any]) -> None:
    client, form = client_of("keeper"), count(stocked, "480", idem=str(key("count")))
    for _press in range(2):
        assert client.post(page_of(stocked, "reserve"), form).status_code == 302
    assert onhand(stocked, "reserve", "SUIT-GB") == 500
    said = words(client.get(page_of(stocked, "reserve")))
    assert "Suits GB 19082 counted: −20 piece against the books. It is written off" in said
    assert decide(client_of("approver"), "confirm").status_code == 302
    assert onhand(stocked, "reserve", "SUIT-GB") == 480
    found, total = queries.entries(stocked.accounts["reserve"], Cut(clock.now()))
    assert total == 3 and found[0].kind == "count" and found[0].qty == -20


def test_reads_a_count_in_packs(stocked: Cast, client_of: Callable[..., Any]) -> None:
    client_of("keeper").post(page_of(stocked, "reserve"), count(stocked, "10", measure="箱"))
    assert onhand(stocked, "reserve", "SUIT-GB") == 500


@pytest.mark.parametrize(
    ("counted", "measure", "sentence"),
    [
        ("12.5", "", "is not a whole number of the smallest unit"),
        ("many", "", "is not a number"),
        ("-3", "", "is below zero"),
        ("3", "吨", "is not counted in"),
        ("100", "", "free"),
    ],
)
def test_shows_in_place_why_a_count_is_refused(
    stocked: Cast, client_of: Callable[..., Any], counted: str, measure: str, sentence: str
) -> None:
    """The last: 200 are held, a count of 100 would leave less than is promised."""
    answer = client_of("keeper").post(page_of(stocked, "reserve"), count(stocked, counted, measure=measure))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'value="{counted}"' in answer.content.decode()
    assert onhand(stocked, "reserve", "SUIT-GB") == 500


def test_lets_a_storekeeper_count_the_own_unit_alone(stocked: Cast, client_of: Callable[..., Any]) -> None:
    client = client_of("receiver")
    assert client.post(page_of(stocked, "wuhan_a"), count(stocked, "5")).status_code == 302
    assert client.post(page_of(stocked, "wuhan_b"), count(stocked, "5")).status_code == 403
    assert "Book a count" not in words(client.get(page_of(stocked, "wuhan_b")))
    assert client.post(page_of(stocked, "reserve"), count(stocked, "5")).status_code == 404
    assert client_of("audit").post(page_of(stocked, "wuhan_a"), count(stocked, "5")).status_code == 403


def test_offers_no_count_of_a_past_cut(stocked: Cast, client_of: Callable[..., Any]) -> None:
    page = words(client_of("keeper").get(page_of(stocked, "reserve"), {"as_of": BEFORE}))
    assert "A count is booked against the books of now" in page and "Book the count" not in page


def test_books_a_movement_back_once(stocked: Cast, client_of: Callable[..., Any]) -> None:
    client = client_of("keeper")
    opening = queries.entries(stocked.accounts["plant_a"], Cut(clock.now()))[0][0]
    address = f"{page_of(stocked, 'plant_a')}?reverse={opening.id}"
    assert "Book movement" in words(client.get(address))
    assert client.post(address, {"act": "reverse", "reason": "wrong store"}).status_code == 302
    assert onhand(stocked, "plant_a", "SUIT-GB") > 0
    assert decide(client_of("approver"), "confirm").status_code == 302
    assert onhand(stocked, "plant_a", "SUIT-GB") == 0
    again = client.post(address, {"act": "reverse", "reason": "wrong store"})
    assert again.status_code == 422
    assert "cannot be reversed" in words(again)


def decide(client: Any, act: str) -> Any:
    """Confirm or reject the newest correction that waits."""
    waiting = queries.corrections()[0][0]
    return client.post("/stock/corrections", {"act": act, "correction": waiting.id, "note": "seen"})


def test_needs_a_reason_to_book_back(stocked: Cast, client_of: Callable[..., Any]) -> None:
    opening = queries.entries(stocked.accounts["plant_a"], Cut(clock.now()))[0][0]
    address = f"{page_of(stocked, 'plant_a')}?reverse={opening.id}"
    answer = client_of("keeper").post(address, {"act": "reverse", "reason": " "})
    assert answer.status_code == 422 and onhand(stocked, "plant_a", "SUIT-GB") == 40


def test_lets_only_keepers_book_back(stocked: Cast, client_of: Callable[..., Any]) -> None:
    opening = queries.entries(stocked.accounts["plant_a"], Cut(clock.now()))[0][0]
    address = f"{page_of(stocked, 'plant_a')}?reverse={opening.id}"
    for person, status in (("duty", 403), ("receiver", 404)):  # the receiver's province has no such store
        assert client_of(person).post(address, {"act": "reverse", "reason": "x"}).status_code == status


def test_books_back_only_movements_of_the_account(stocked: Cast, client_of: Callable[..., Any]) -> None:
    opening = queries.entries(stocked.accounts["plant_a"], Cut(clock.now()))[0][0]
    answer = client_of("keeper").get(f"{page_of(stocked, 'reserve')}?reverse={opening.id}")
    assert answer.status_code == 404


def test_page_sums_agree_with_the_balances(stocked: Cast) -> None:
    """Without a cut in the past, rows, sums and the ledger's own balances are the same."""
    asked = queries.Asked(clock.now())
    rows = {(h.account, h.item, h.lot): (h.onhand, h.held) for h in queries.stock_rows(asked, limit=None)}
    now = {(h.account, h.item, h.lot): (h.onhand, h.held) for h in queries.free_now(stocked.accounts.values())}
    plain = {(h.account, h.item, h.lot): (h.onhand, h.held) for h in queries.balances(as_of=clock.now())}
    assert rows == now == plain
    assert sum(s.onhand for s in queries.stock_sums(asked)) == sum(onhand for onhand, _held in rows.values())
