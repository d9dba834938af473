"""Units that are not hospitals can be registered and put on a key list, on screen and by API."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations import operations
from qipan.organisations.models import Organisation
from qipan.organisations.queries import actor_of
from tests.cast import START, Cast


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


def test_an_officer_of_a_province_registers_inside_it_alone(cast: Cast, client_of: Any) -> None:
    operations.appoint("hubei", name=Both("湖北", "Hubei"), office="provincial_officer", region="420000", at=START)
    client = client_of("hubei")
    for region, status in (("420106", 302), ("140100", 403)):
        answer = client.post("/units/register", {"name_zh": f"{region}校", "kind": "school", "region": region})
        assert answer.status_code == status, answer.text[:300]
    listed = {"list_name": "x", "by": actor_of(cast.person("hubei"), clock.now()), "at": clock.now(), "authority": "x"}
    outside = Organisation.objects.get(code="plant_a").id
    with pytest.raises(NotAllowed):
        operations.list_key_units([outside], idem=uuid4(), **listed)
