"""Pages of no context: sign-in, search, figures, refusals, the sleeping database, the API's reference."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client

from qipan.kernel import clock, sealing
from qipan.kernel.figures import Column, Reading
from qipan.server import figure_table
from qipan.transport import operations
from tests.cast import Cast, key

LANGUAGES = ("zh-hans", "en")


@pytest.fixture
def shipped(cast: Cast) -> str:
    """A direct load of 40 suits that left for hospital A and was recorded when the test runs, a day later."""
    cast.put("plant_a", "SUIT-GB", 60, at=clock.read_instant("2020-02-05T08:00"))
    material = cast.items["SUIT-GB"]
    number = operations.load_shipment(
        [operations.Load(material.id, material.to_grains(40))], by=cast.keeper, idem=key("load"),
        at=clock.read_instant("2020-02-05T09:00"), vehicle=operations.Vehicle("演A·1", "d"),
        route=operations.Route(
            cast.places["plant_a"], cast.places["wuhan_a"], clock.read_instant("2020-02-07T09:00")
        ),
    )  # fmt: skip
    operations.depart(number, by=cast.keeper, at=clock.read_instant("2020-02-05T10:00"), idem=key("depart"))
    return number


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_answer_in_both_languages(client_of: Callable[..., Any], shipped: str, language: str) -> None:
    client = client_of("duty", language)
    for path in (
        "/figures", "/figures/transport.shipped_and_arrived", "/figures/demand.gap", "/figures/allocation.batches",
        "/figures/transport.shipped_and_arrived?item=SUIT-GB&known_at=2020-02-05T24:00",
        "/search", "/search?q=wuhan", f"/search?q={shipped}", "/search?q=zzzz", "/api/v1/docs",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path


def test_a_figure_shows_its_definition_kind_movements_and_exports(client_of: Callable[..., Any], shipped: str) -> None:
    page = client_of("duty").get("/figures/transport.shipped_and_arrived?place=420000&item=SUIT-GB").text
    assert "never added to daily figures" in page
    assert f'href="/shipments/{shipped}"' in page
    assert "Place plant_a" in page
    assert "/figures/transport.shipped_and_arrived.xlsx?place=420000&amp;item=SUIT-GB" in page
    assert "/api/v1/figures/transport.shipped_and_arrived?place=420000&amp;item=SUIT-GB" in page
    assert "Excel · 1 row" in page


def test_what_was_known_then_stands_beside_it(client_of: Callable[..., Any], shipped: str) -> None:
    path = "/figures/transport.shipped_and_arrived?as_of=2020-02-05T24:00&item=SUIT-GB"
    page = client_of("duty").get(f"{path}&known_at=2020-02-05T24:00").text
    assert "what we knew at" in page
    assert "not known then" in page
    assert "is-late" in page


def test_side_by_side_marks_exactly_what_differs() -> None:
    columns = [Column("item", "Item"), Column("shipped", "Shipped", value="number"), Column("note", "Note")]
    now = Reading(
        [{"item_code": "A", "item": "a", "shipped": 81}, {"item_code": "B", "item": "b", "shipped": 5}],
        2,
        2,
    )
    then = Reading(
        [{"item_code": "A", "item": "a", "shipped": 68}, {"item_code": "C", "item": "c", "shipped": 1}], 1, 2
    )
    sides = figure_table.compared(columns, now, then)
    rows = figure_table.table(columns, now, then, sides)
    assert [c.key for c in sides] == ["shipped"]
    assert [(row["item_code"], row["differences"][0]["by"]) for row in rows] == [("A", 13), ("B", None), ("C", None)]
    assert rows[2]["now"][0]["value"] is None
    same = figure_table.table(columns, now, now, sides)
    assert [row["differences"] for row in same] == [[], []]


@pytest.mark.parametrize(
    "path", ["/figures/demand.gap?as_of=xx", "/figures/demand.gap?known_at=2020-13-01", "/search?q=a&as_of=1"]
)
def test_a_wrong_instant_is_422_and_says_what_is_right(client_of: Callable[..., Any], path: str) -> None:
    answer = client_of("duty").get(path)
    assert answer.status_code == 422
    assert "2020-01-29T24:00" in answer.text


def test_an_unknown_figure_or_region_is_404(client_of: Callable[..., Any]) -> None:
    client = client_of("duty")
    assert client.get("/figures/nothing.here").status_code == 404
    assert client.get("/figures/demand.gap?place=999999").status_code == 422
    assert client.get("/no/such/address").status_code == 404


def test_an_empty_figure_says_so(client_of: Callable[..., Any]) -> None:
    assert "Nothing stands in this figure" in client_of("duty").get("/figures/transport.shipped_and_arrived").text


def test_search_finds_by_number_name_and_code(client_of: Callable[..., Any], shipped: str) -> None:
    client = client_of("duty")
    assert f'href="/shipments/{shipped}"' in client.get(f"/search?q={shipped}").text
    assert (
        "/catalogue/SUIT-GB" in client.get("/search?q=SUIT-GB").text
        or "SUIT-GB" in client.get("/search?q=SUIT-GB").text
    )
    assert "No unit, material, batch or load" in client.get("/search?q=zzzzqqq").text
    assert client.get("/search", {"q": "<script>alert(1)</script>"}).text.count("<script>alert") == 0


def test_demo_accounts_are_shown_in_a_demo_only(db: None, settings: Any) -> None:
    settings.IS_DEMO = True
    assert 'value="keeper"' in Client().get("/sign-in").text
    settings.IS_DEMO = False
    page = Client().get("/sign-in").text
    assert 'value="keeper"' not in page
    assert "qipan-demo" not in page


def test_a_form_without_its_token_is_refused_and_says_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = client.post("/sign-in", {"login": "duty", "password": "test"})
    assert answer.status_code == 403
    assert "The form is stale" in answer.text
    assert "Nothing was booked." in answer.text


def test_a_sleeping_database_shows_no_figures(
    client_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, shipped: str
) -> None:
    client = client_of("duty")

    def asleep(*_args: object, **_more: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("qipan.organisations.queries.actor_of", asleep)
    for path in ("/", "/shipments", "/figures/demand.gap"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "The database does not answer" in answer.text
        assert "<table" not in answer.text
        assert answer["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
    answer = client.get("/api/v1/figures")
    assert answer.status_code == 503
    assert answer.json()["code"] == "database_asleep"


def test_a_database_that_falls_asleep_inside_a_page_is_told_too(
    client_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of("duty")

    def asleep(*_args: object, **_more: object) -> None:
        raise OperationalError("connection lost")

    monkeypatch.setattr("qipan.transport.queries.loads", asleep)
    assert client.get("/shipments").status_code == 503


def test_is_not_ready_while_a_movement_waits_for_its_seal(client_of: Callable[..., Any], shipped: str) -> None:
    client = client_of("duty")
    assert (client.get("/readyz").status_code, client.get("/readyz").json()["sealer"]) == (200, True)
    with clock.held_at(clock.now() + timedelta(minutes=2)):
        assert (client.get("/readyz").status_code, client.get("/readyz").json()["sealer"]) == (503, False)
        sealing.seal()
        assert client.get("/readyz").status_code == 200


def test_no_page_carries_inline_script_or_style(client_of: Callable[..., Any], shipped: str) -> None:
    client = client_of("duty")
    for path in (
        "/figures/transport.shipped_and_arrived?item=SUIT-GB",
        f"/shipments/{shipped}",
        "/sign-in",
        "/api/v1/docs",
    ):
        page = client.get(path).text
        assert " style=" not in page, path
        assert "<script>" not in page, path
        assert " onclick=" not in page, path


def _without_tokens(page: str) -> str:
    """A page without its CSRF tokens, which differ on every answer."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def _lose_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks while an act is being booked."""

    def broken(*_args: object, **_more: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("qipan.transport.operations.depart", broken)


def test_an_act_whose_answer_is_lost_is_unknown_and_not_failed(
    client_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, shipped: str
) -> None:
    _lose_the_answer(monkeypatch)
    idem = str(uuid4())
    answer = client_of("keeper").post(
        f"/api/v1/shipments/{shipped}/depart", {}, content_type="application/json", headers={"idempotency-key": idem}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert idem in answer.json()["detail"]
    page = client_of("keeper").post(f"/shipments/{shipped}/step", {"act": "depart", "idem": idem})
    assert page.status_code == 503
    assert idem in page.text
    assert "was not booked" not in page.text


def test_one_asks_what_became_of_it_by_its_key(client_of: Callable[..., Any], cast: Cast) -> None:
    client, idem = client_of("duty"), uuid4()
    where = f"/api/v1/acts/{idem}"
    assert client.get(where).json()["code"] == "not_booked"
    need = [{"unit": "wuhan_a", "item": "SUIT-GB", "zone": "ICU", "quantity": "100", "measure": "件"}]
    client.post("/api/v1/needs", need, content_type="application/json", headers={"idempotency-key": str(idem)})
    assert client.get(where).json()["answer"] == {"added": 1}
    assert client_of("approver").get(where).json()["code"] == "not_booked"
