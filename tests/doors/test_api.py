"""The API a stranger can count on: shapes, problems, keys, tokens, and no write without the CSRF token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from qipan.demand import queries as demand
from qipan.kernel import clock
from qipan.kernel.figures import Cut, all_figures
from qipan.kernel.models import Event
from qipan.server.api import api
from tests.cast import Cast, key

HOME = "/api/v1"
SAMPLES = {
    "kind": "rule", "number": "1", "key": "demand.gap", "code": "SUIT-GB", "place": "420000", "ref": "1", "post": "1",
    "webhook": "1", "day": "2020-01-29", "act": "11111111-1111-4111-8111-111111111111",
}  # fmt: skip
NEED = {"unit": "wuhan_a", "item": "SUIT-GB", "zone": "ICU", "quantity": "100", "measure": "件"}
ClientOf = Callable[..., Client]


def _operations() -> list[tuple[str, str]]:
    """Every operation of the API: (method, address with sample values)."""
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, entry in methods.items():
            asked = [p["name"] for p in entry.get("parameters", ()) if p["in"] == "query" and p.get("required")]
            address = re.sub(r"\{(\w+)\}", lambda name: SAMPLES[name[1]], path)
            query = "&".join(f"{name}={SAMPLES[name]}" for name in asked)
            found.append((method.upper(), f"{address}?{query}".rstrip("?")))
    return found


NEEDS_A_KEY = "/api/v1/log/checkpoint"
SAFE = [address for method, address in _operations() if method == "GET"]
UNSAFE = [(method, address) for method, address in _operations() if method != "GET"]


def _send(client: Client, method: str, path: str, body: Any = None, *, idem: UUID | None = None, **more: str) -> Any:
    headers = {"idempotency-key": str(idem or uuid4()), **more}
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json", headers=headers)


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    body: dict[str, Any] = json.loads(answer.content)
    assert (body["status"], body["code"]) == (status, code)
    assert {"type", "title", "detail", "instance"} <= body.keys()
    assert body["detail"] and "%(" not in body["detail"]
    return body


# What stands behind the address


def test_the_description_answers_without_signing_in(db: None) -> None:
    answer = Client().get(f"{HOME}/openapi.json")
    body = answer.json()
    assert answer.status_code == 200
    assert body["openapi"].startswith("3.")
    assert (body["info"]["title"], body["info"]["version"]) == ("Qipan", "1")


def test_every_write_declares_its_key(db: None) -> None:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, entry in methods.items():
            names = {p["name"] for p in entry.get("parameters", ()) if p["in"] == "header"}
            assert method == "get" or "Idempotency-Key" in names, (method, path)


def test_every_operation_has_a_summary_of_its_own() -> None:
    entries = [entry for methods in api.get_openapi_schema()["paths"].values() for entry in methods.values()]
    assert all(entry["summary"] for entry in entries)
    assert len({entry["operationId"] for entry in entries}) == len(entries)


def test_the_reference_page_loads_nothing_from_outside(db: None) -> None:
    answer = Client().get(f"{HOME}/docs")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert re.findall(r"(?:src|href|action)=[\"']?(?:https?:)?//[^\"' >]*", html) == []
    assert f"{HOME}/batches" in html
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("address", SAFE)
def test_reading_needs_a_session_or_a_token(db: None, address: str) -> None:
    _problem(Client().get(address), 401, "sign_in_needed")


@pytest.mark.parametrize(
    "address", [a for a in SAFE if "{" not in a and "/1" not in a and "movements" not in a and a != NEEDS_A_KEY]
)
def test_every_list_answers(client_of: ClientOf, address: str) -> None:
    answer = client_of("duty").get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")


# Figures


@pytest.mark.parametrize("figure", [f.key for f in all_figures()])
def test_a_figure_has_the_promised_shape(client_of: ClientOf, figure: str) -> None:
    body = client_of("duty").get(f"{HOME}/figures/{figure}?as_of=2020-01-29T24:00&place=420000").json()
    wanted = {"key", "title", "kind", "as_of", "known_at", "completeness", "columns", "rows"}
    assert wanted <= body.keys()
    assert body["key"] == figure
    assert body["kind"] in ("stock", "cumulative", "rate")
    assert (body["as_of"], body["known_at"]) == ("2020-01-30T00:00:00+08:00", None)
    assert body["completeness"].keys() == {"reported", "expected"}
    assert body["title"].keys() == {"zh", "en"}
    for column in body["columns"]:
        assert {"key", "title", "unit"} <= column.keys()
        assert column["title"].keys() == {"zh", "en"}


def test_the_promised_figures_have_the_promised_columns() -> None:
    columns = {f.key: {c.key for c in f.columns} for f in all_figures()}
    assert {"unit", "shipped", "arrived", "in_transit"} <= columns["transport.shipped_and_arrived"]
    assert {"place", "need", "on_hand", "in_transit", "gap", "hours_to_empty", "shortage_grade"} <= columns[
        "demand.gap"
    ]
    assert "allocation.batches" in columns


def test_rows_of_a_figure_name_both_languages_and_keep_numbers_exact(cast: Cast, client_of: ClientOf) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    (row,) = client_of("duty").get(f"{HOME}/figures/demand.gap?place=420100").json()["rows"]
    assert (row["item_code"], row["need"], row["gap"]) == ("SUIT-GB", 100, 100)
    assert row["item"].keys() == row["place"].keys() == {"zh", "en"}


def test_every_figure_is_listed(client_of: ClientOf) -> None:
    listed = client_of("duty").get(f"{HOME}/figures").json()
    assert [row["key"] for row in listed] == [f.key for f in all_figures()]


# Problems


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/figures/no.such", 404, "not_found"),
        ("/figures/demand.gap?as_of=yesterday", 422, "instant_unreadable"),
        ("/figures/demand.gap?known_at=2020-02-30", 422, "instant_unreadable"),
        ("/figures/demand.gap?place=999999", 422, "region_unknown"),
        ("/needs?item=SUIT-XX", 422, "material_unknown"),
        ("/batches/999", 404, "batch_unknown"),
        ("/shipments/S-999999", 404, "shipment_unknown"),
        ("/batches/many", 422, "invalid"),
        ("/nowhere", 404, "not_found"),
    ],
)
def test_a_refused_read_is_a_problem(client_of: ClientOf, path: str, status: int, code: str, language: str) -> None:
    answer = client_of("duty", language).get(HOME + path)
    body = _problem(answer, status, code)
    if code != "invalid":
        assert bool(re.search(r"[\u4e00-\u9fff]{2,}", body["detail"])) is (language == "zh-hans"), body["detail"]


def test_a_wrong_body_is_told_with_pointers(client_of: ClientOf) -> None:
    body = _problem(_send(client_of("duty"), "POST", f"{HOME}/needs", [{"unit": "wuhan_a"}]), 422, "invalid")
    assert {e["pointer"] for e in body["errors"]} == {"/0/item", "/0/quantity"}


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client_of: ClientOf) -> None:
    answer = _send(client_of("duty"), "DELETE", f"{HOME}/needs")
    assert "POST" in _problem(answer, 405, "method_not_allowed")["detail"]
    assert "POST" in answer["Allow"]


def test_a_body_that_is_no_json_is_a_problem(client_of: ClientOf) -> None:
    client = client_of("duty")
    answer = client.generic(
        "POST", f"{HOME}/needs", "{", content_type="application/json", headers={"idempotency-key": str(uuid4())}
    )
    _problem(answer, 400, "body_unreadable")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"unit": "nobody"}, "organisation_unknown"),
        ({"item": "nothing"}, "material_unknown"),
        ({"zone": "RED"}, "zone_unknown"),
        ({"measure": "吨"}, "unit_unknown"),
        ({"quantity": "0"}, "quantity_unreadable"),
        ({"quantity": "-1"}, "quantity_unreadable"),
        ({"quantity": "0.1"}, "quantity_unreadable"),
        ({"quantity": str(2**63)}, "quantity_unreadable"),
        ({"quantity": str(2**53 - 1), "measure": "箱"}, "quantity_unreadable"),
        ({"item": "DIS-84", "quantity": "0.5", "measure": "升"}, "quantity_unreadable"),
    ],
)
def test_a_need_that_cannot_be_booked_is_a_problem(client_of: ClientOf, change: dict[str, str], code: str) -> None:
    _problem(_send(client_of("duty"), "POST", f"{HOME}/needs", [{**NEED, **change}]), 422, code)
    assert demand.stated(Cut(clock.now())) == []


def test_who_may_not_is_told_so(client_of: ClientOf) -> None:
    body = {"title_zh": "题", "policy": "test-policy", "deadline": "2020-02-07T19:00"}
    _problem(_send(client_of("receiver"), "POST", f"{HOME}/batches", body), 403, "not_allowed")


# Cross-site requests


def test_there_are_writes_to_guard() -> None:
    assert len(UNSAFE) >= 10


@pytest.mark.parametrize(("method", "address"), UNSAFE)
def test_a_session_cookie_alone_writes_nothing(cast: Cast, method: str, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.person("duty"))
    before = Event.objects.count()
    _problem(_send(client, method, address, NEED), 403, "csrf_failed")
    assert Event.objects.count() == before


@pytest.mark.parametrize(("method", "address"), UNSAFE)
def test_the_csrf_token_opens_the_way(cast: Cast, method: str, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.person("duty"))
    client.get("/needs")
    token = client.cookies["qipan_csrf"].value
    answer = _send(client, method, address, {}, **{"x-csrftoken": token})
    assert json.loads(answer.content).get("code") != "csrf_failed"


@pytest.mark.parametrize(("method", "address"), UNSAFE)
def test_a_token_of_another_page_is_no_csrf_token(cast: Cast, method: str, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.person("duty"))
    client.get("/needs")
    _problem(_send(client, method, address, NEED, **{"x-csrftoken": "a" * 32}), 403, "csrf_failed")


# Idempotency keys


def test_the_same_key_and_body_get_the_same_answer(client_of: ClientOf) -> None:
    client, idem = client_of("duty"), key("needs")
    first, second = (_send(client, "POST", f"{HOME}/needs", [NEED], idem=idem) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, {"added": 1})
    assert len(demand.stated(Cut(clock.now()))) == 1
    assert Event.objects.filter(key="demand.reported").count() == 1


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        ("/needs", ([NEED], [{**NEED, "quantity": "101"}])),
        ("/needs/approvals", ([NEED], [{**NEED, "quantity": "101"}])),
    ],
)
def test_the_same_key_with_another_body_is_refused(client_of: ClientOf, path: str, bodies: tuple[Any, Any]) -> None:
    client, idem = client_of("duty"), key("other")
    assert _send(client, "POST", HOME + path, bodies[0], idem=idem).status_code == 201
    _problem(_send(client, "POST", HOME + path, bodies[1], idem=idem), 409, "same_key_other_body")


def test_a_key_serves_one_operation_only(client_of: ClientOf) -> None:
    client, idem = client_of("duty"), key("both")
    assert _send(client, "POST", f"{HOME}/needs", [NEED], idem=idem).status_code == 201
    _problem(_send(client, "POST", f"{HOME}/needs/approvals", [NEED], idem=idem), 409, "same_key_other_body")


def test_a_plan_is_made_once_per_key(cast: Cast, client_of: ClientOf) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    body = {"title_zh": "题", "policy": "test-policy", "deadline": "2020-02-07T19:00", "items": ["SUIT-GB"]}
    client, idem = client_of("duty"), key("plan")
    first, second = (_send(client, "POST", f"{HOME}/batches", body, idem=idem) for _ in range(2))
    assert first.json() == second.json() == {"number": 1}
    _problem(
        _send(client, "POST", f"{HOME}/batches", {**body, "title_zh": "别"}, idem=idem), 409, "same_key_other_body"
    )


def test_a_count_is_booked_once_per_key(cast: Cast, client_of: ClientOf) -> None:
    cast.put("reserve", "SUIT-GB", 60)
    body = {"account": cast.accounts["reserve"], "item": "SUIT-GB", "counted": "58", "reason": "two torn"}
    client, idem = client_of("keeper"), key("count")
    first, second = (_send(client, "POST", f"{HOME}/stock/counts", body, idem=idem) for _ in range(2))
    assert first.json() == second.json() == {"difference": -2, "waits_for_a_second_person": True}
    _problem(
        _send(client, "POST", f"{HOME}/stock/counts", {**body, "counted": "57"}, idem=idem), 409, "same_key_other_body"
    )


@pytest.mark.parametrize("wrong", [{}, {"idempotency-key": "not-a-uuid"}])
def test_a_write_without_a_key_is_refused(client_of: ClientOf, wrong: dict[str, str]) -> None:
    answer = client_of("duty").generic(
        "POST", f"{HOME}/needs", json.dumps([NEED]), content_type="application/json", headers=wrong
    )
    _problem(answer, 422, "invalid")
    assert demand.stated(Cut(clock.now())) == []


def test_from_the_plan_to_the_receipt(cast: Cast, client_of: ClientOf) -> None:
    """Everything a person does on the screens, through the API alone."""
    cast.put("plant_a", "SUIT-GB", 60)
    duty, approver, keeper, driver, receiver = map(client_of, ("duty", "approver", "keeper", "driver", "receiver"))
    assert _send(duty, "POST", f"{HOME}/needs/approvals", [NEED]).json() == {"approved": 1}
    plan = {"title_zh": "题", "policy": "test-policy", "deadline": "2020-02-07T19:00", "items": ["SUIT-GB"]}
    number = _send(duty, "POST", f"{HOME}/batches", plan).json()["number"]
    assert _send(approver, "POST", f"{HOME}/batches/{number}/approve").json()["state"] == "approved"
    assert _send(approver, "POST", f"{HOME}/batches/{number}/issue").json()["lines"] == 1
    (need,) = approver.get(f"{HOME}/batches/{number}").json()["needs"]
    body = {
        "lines": [line["id"] for line in need["lines"]], "vehicle": "鄂A00001", "driver": "d",
        "planned_arrival": "2020-02-07T12:00",
    }  # fmt: skip
    load = _send(keeper, "POST", f"{HOME}/shipments", body).json()["number"]
    assert _send(keeper, "POST", f"{HOME}/shipments/{load}/depart").json()["state"] == "on_road"
    assert _send(driver, "POST", f"{HOME}/shipments/{load}/arrive").json()["state"] == "arrived"
    stray = {"lines": [{"line": 1, "counted": "58", "reason": "two torn"}, {"line": 2, "counted": "1"}]}
    _problem(_send(receiver, "POST", f"{HOME}/shipments/{load}/receipt", stray), 422, "line_unknown")
    counted = {"lines": stray["lines"][:1]}
    assert _send(receiver, "POST", f"{HOME}/shipments/{load}/receipt", counted).json()["state"] == "short"
    (row,) = duty.get(f"{HOME}/figures/transport.shipped_and_arrived?place=420000").json()["rows"]
    assert (row["shipped"], row["arrived"], row["in_transit"]) == (60, 58, 2)
