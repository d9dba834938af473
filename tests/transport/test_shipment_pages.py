"""The screens of transport: what they show, what they refuse in place, and the form a phone sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from qipan.allocation import queries as allocation
from qipan.kernel import clock
from qipan.transport import operations
from qipan.transport.models import ReceiptLine, Shipment, ShipmentStep
from tests.cast import Cast, key

LANGUAGES = ("zh-hans", "en")


@pytest.fixture
def issued(cast: Cast) -> int:
    """An issued batch with lines to two hospitals, nothing of it loaded."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.put("plant_a", "MASK-MED-N95", 4000)
    for unit, per_day in (("wuhan_a", 30), ("wuhan_b", 50)):
        cast.approve(unit, "SUIT-GB", "ICU", per_day)
        cast.approve(unit, "MASK-MED-N95", "ICU", per_day * 20)
    number = cast.plan("SUIT-GB", "MASK-MED-N95")
    cast.issue(number)
    return number


@pytest.fixture
def loaded(issued: int, cast: Cast) -> str:
    """A load for hospital A that still stands in the yard."""
    lines = [line.id for line in allocation.lines_to_load(issued) if line.consignee_place == cast.places["wuhan_a"]]
    return operations.load_batch_lines(
        lines, by=cast.keeper, idem=key("load"), at=clock.now(), vehicle=operations.Vehicle("演A·0012", "d", "e"),
        planned_arrival=clock.now(),
    )  # fmt: skip


@pytest.fixture
def arrived(loaded: str, cast: Cast) -> str:
    """The same load at hospital A's door."""
    operations.depart(loaded, by=cast.keeper, at=clock.now(), idem=key("depart"))
    operations.report_arrival(loaded, by=cast.driver, at=clock.now(), idem=key("arrive"), note="at the gate")
    return loaded


def _receipt(number: str, **changes: str) -> dict[str, str]:
    """The receipt form as the page prefills it, with ``changes``."""
    form = {"act": "receive", "idem": str(uuid4())}
    for line, grains in operations.lines_of(number).items():
        form[f"counted-{line}"] = str(grains)
    return form | {name.replace("_", "-"): value for name, value in changes.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_answer_in_both_languages(
    client_of: Callable[..., Any], arrived: str, issued: int, language: str
) -> None:
    client = client_of("keeper", language)
    for path in ("/shipments", "/shipments?state=arrived", f"/shipments/{arrived}", f"/batches/{issued}/load"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "演A·0012" in answer.text or "load" in path
    page = client.get("/shipments").text
    assert ('lang="en"' if language == "en" else 'lang="zh-Hans"') in page.split("<body")[0]
    assert ("State" if language == "en" else "状态") in page


def test_the_list_says_what_is_on_a_load_and_filters(client_of: Callable[..., Any], arrived: str) -> None:
    client = client_of("duty")
    assert arrived in client.get("/shipments?text=0012").text
    for path in ("/shipments?state=received", "/shipments?text=nothing", "/shipments?batch=9", "/shipments?item=GOG"):
        assert "No load matches this filter." in client.get(path).text, path


def test_an_empty_list_says_what_would_be_here(client_of: Callable[..., Any]) -> None:
    assert "No load yet." in client_of("duty").get("/shipments").text


def test_a_wrong_instant_and_an_unknown_load_are_refused(client_of: Callable[..., Any], loaded: str) -> None:
    client = client_of("duty")
    assert client.get("/shipments?as_of=yesterday").status_code == 422
    assert client.get(f"/shipments/{loaded}?as_of=31-12").status_code == 422
    answer = client.get("/shipments/S-999999")
    assert answer.status_code == 404
    assert "There is no shipment S-999999." in answer.text
    assert client.post("/shipments/S-999999/step", {"act": "depart"}).status_code == 404
    assert client.get("/batches/77/load").status_code == 404


def test_each_step_offers_one_button_to_the_person_who_may(
    client_of: Callable[..., Any], loaded: str, cast: Cast
) -> None:
    page = f"/shipments/{loaded}"
    assert "Report departure" in client_of("keeper").get(page).text
    driver = client_of("driver").get(page).text
    assert "is-locked" in driver
    assert "This needs another post than yours." in driver
    assert client_of("keeper").post(f"{page}/step", {"act": "depart", "note": "gate 3"}).status_code == 302
    driver = client_of("driver").get(page).text
    assert "Report arrival" in driver
    assert "is-locked" not in driver
    assert client_of("driver").post(f"{page}/step", {"act": "arrive"}).status_code == 302
    assert "This needs another post than yours." in client_of("keeper").get(page).text
    assert "gate 3" in client_of("audit").get(page).text


def test_the_receipt_is_prefilled_and_booked_from_the_form(client_of: Callable[..., Any], arrived: str) -> None:
    client = client_of("receiver")
    page = client.get(f"/shipments/{arrived}").text
    for line, grains in operations.lines_of(arrived).items():
        assert f'name="counted-{line}" value="{grains:,}"' in page
    answer = client.post(f"/shipments/{arrived}/step", _receipt(arrived))
    assert answer.status_code == 302
    assert ShipmentStep.objects.filter(shipment__number=arrived, step="received").count() == 1


def test_a_short_count_stays_red_and_in_words(client_of: Callable[..., Any], arrived: str) -> None:
    form = _receipt(arrived, counted_1="20", reason_1="case broken")
    assert client_of("receiver").post(f"/shipments/{arrived}/step", form).status_code == 302
    page = client_of("duty").get(f"/shipments/{arrived}").text
    assert "it is missing still" in page
    assert "case broken" in page
    assert "is-bad" in page
    assert "received short" in client_of("duty").get("/shipments?state=short").text


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"counted_1": "20"}, 422, "short; say why."),
        ({"counted_1": "9999999"}, 422, "were loaded."),
        ({"counted_1": ""}, 422, "has no count; write 0 if nothing came."),
        ({"counted_1": "abc"}, 422, "is not a number."),
        ({"counted_1": "-1"}, 422, "is below zero"),
        ({"idem": "no-uuid"}, 422, "is not valid for"),
    ],
)
def test_a_refusal_stays_on_the_page_with_what_was_typed(
    client_of: Callable[..., Any], arrived: str, changes: dict[str, str], status: int, sentence: str
) -> None:
    answer = client_of("receiver").post(f"/shipments/{arrived}/step", _receipt(arrived, **changes))
    assert answer.status_code == status
    assert 'id="refusal"' in answer.text
    assert sentence in answer.text
    if "counted_1" in changes:
        assert f'name="counted-1" value="{changes["counted_1"]}"' in answer.text
    assert ReceiptLine.objects.count() == 0


def test_somebody_elses_step_is_refused_in_place(client_of: Callable[..., Any], arrived: str, loaded: str) -> None:
    keeper = client_of("keeper")
    answer = keeper.post(f"/shipments/{arrived}/step", _receipt(arrived))
    assert answer.status_code == 403
    assert 'id="refusal"' in answer.text
    assert keeper.post(f"/shipments/{loaded}/step", {"act": "depart"}).status_code == 409
    assert keeper.get(f"/shipments/{loaded}/step").status_code == 302


def test_the_past_shows_no_button_and_no_later_event(client_of: Callable[..., Any], arrived: str) -> None:
    page = client_of("receiver").get(f"/shipments/{arrived}?as_of=2020-02-05T24:00").text
    assert "You are looking at the past" in page
    assert 'name="act"' not in page
    assert "at the gate" not in page


def test_loading_takes_the_chosen_lines_of_one_pair(client_of: Callable[..., Any], issued: int, cast: Cast) -> None:
    client = client_of("keeper")
    group = f"{cast.places['plant_a']}-{cast.places['wuhan_b']}"
    page = client.get(f"/batches/{issued}/load?group={group}").text
    lines = [
        line.id for line in allocation.lines_to_load(issued)
        if (line.source_place, line.consignee_place) == (cast.places["plant_a"], cast.places["wuhan_b"])
    ]  # fmt: skip
    assert all(f'value="{line}" checked' in page for line in lines)
    form = {
        "line": lines,
        "vehicle": "演B·1",
        "driver": "x",
        "planned_arrival": "2020-02-07T08:00",
        "idem": str(uuid4()),
    }
    answer = client.post(f"/batches/{issued}/load?group={group}", form)
    assert answer.status_code == 302
    shipment = Shipment.objects.get()
    assert answer["Location"] == f"/shipments/{shipment.number}"
    assert shipment.lines.count() == len(lines)
    form["idem"] = str(uuid4())
    again = client.post(f"/batches/{issued}/load?group={group}", form)
    assert again.status_code == 409
    assert "is loaded already" in again.text


def test_a_load_form_with_faults_names_each(client_of: Callable[..., Any], issued: int) -> None:
    client = client_of("keeper")
    answer = client.post(f"/batches/{issued}/load", {"vehicle": "", "driver": "x", "planned_arrival": "soon"})
    assert answer.status_code == 422
    assert "“soon” is no instant" in answer.text
    answer = client.post(f"/batches/{issued}/load", {"vehicle": "v", "driver": "x", "planned_arrival": "2020-02-07"})
    assert answer.status_code == 422
    assert "No line to load" in answer.text
    assert Shipment.objects.count() == 0


def test_who_may_not_load_sees_why(client_of: Callable[..., Any], issued: int) -> None:
    page = client_of("driver").get(f"/batches/{issued}/load").text
    assert "is-locked" in page
    assert "This needs another post than yours." in page
    lines = [line.id for line in allocation.lines_to_load(issued)][:1]
    form = {"line": lines, "vehicle": "v", "driver": "x", "planned_arrival": "2020-02-07"}
    assert client_of("driver").post(f"/batches/{issued}/load", form).status_code == 403
