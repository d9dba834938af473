"""Units that are not hospitals can be registered and put on a key list, on screen and by API."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.cast import Cast


def test_a_duty_officer_registers_a_school_on_the_screen(cast: Cast, client_of: Any) -> None:
    client = client_of("duty")
    answer = client.post(
        "/units/register", {"name_zh": "某校", "kind": "school", "region": "420106", "idem": str(uuid4())}, follow=True
    )
    assert answer.status_code == 200
    assert "某校" in answer.content.decode()


def test_refuses_a_region_that_does_not_exist(cast: Cast, client_of: Any) -> None:
    answer = client_of("duty").post("/units/register", {"name_zh": "某校", "kind": "school", "region": "999999"})
    assert answer.status_code == 422
    assert "999999" in answer.content.decode()


def test_refuses_who_is_no_duty_officer(cast: Cast, client_of: Any) -> None:
    answer = client_of("keeper").post("/units/register", {"name_zh": "某校", "kind": "school", "region": "420106"})
    assert answer.status_code == 403


def test_the_api_puts_a_unit_on_a_key_list_once(cast: Cast, client_of: Any) -> None:
    client, key = client_of("duty"), str(uuid4())
    body = {"units": ["wuhan_a"], "list_name": "list", "authority": "test"}
    for _ in range(2):
        answer = client.post(
            "/api/v1/key-units", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key}
        )
        assert answer.status_code == 201
    listed = client.get("/api/v1/key-units").json()
    assert [row["code"] for row in listed] == ["wuhan_a"]


def test_a_material_is_placed_under_control_on_its_page(cast: Cast, client_of: Any) -> None:
    client = client_of("duty")
    client.post("/catalogue/GOG/control", {"authority": "notice 1", "idem": str(uuid4())})
    rows = {row["code"]: row["central_control"] for row in client.get("/api/v1/materials").json()}
    assert rows["GOG"] is True
    assert rows["SHIELD"] is False


def test_a_policy_is_written_down_by_the_api_and_read_back(cast: Cast, client_of: Any) -> None:
    client = client_of("duty")
    body = {
        "code": "p", "version": 1, "name_zh": "政策", "authority": "test",
        "tiers": [{"name_zh": "一", "zones": ["ICU"], "minimum_share_pct": 20, "cap_pct": 90}],
    }  # fmt: skip
    answer = client.post(
        "/api/v1/policies", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201
    found = next(row for row in client.get("/api/v1/policies").json() if row["code"] == "p")
    assert (found["tiers"][0]["minimum_share_pct"], found["tiers"][0]["cap_pct"]) == (20, 90)
