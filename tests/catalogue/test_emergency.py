"""A declared emergency switches its rules on, and its end switches them off; on screen and by API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from qipan.allocation.errors import ControlledItem
from qipan.catalogue import errors, operations, queries
from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed, Refused
from qipan.kernel.text import Both
from qipan.organisations import offices
from tests.cast import Cast

NOW = clock.read_instant("2020-02-06T19:00")
LATER = NOW + timedelta(days=3)
PROVINCE = Actor(9, "officer", grants=(Grant(offices.actions_of("provincial_officer"), region="420000"),))


def declare(by: Actor, **more: Any) -> int:
    words = {"title": Both("响应", "Response"), "document": "2020-2", "authority": "test", **more}
    return operations.declare_emergency(operations.DeclarationText(**words), by=by, at=NOW, idem=uuid4())


def test_what_it_controls_is_controlled_from_then_until_its_end(cast: Cast) -> None:
    number = declare(cast.duty, controlled=("SUIT-GB", "GOG"))
    suit, goggles = (cast.items[code].id for code in ("SUIT-GB", "GOG"))
    assert queries.controlled(NOW - timedelta(seconds=1)) == set()
    assert queries.controlled(NOW) == {suit, goggles} == queries.controlled(LATER)
    assert operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4()) == 2
    assert queries.controlled(LATER - timedelta(seconds=1)) == {suit, goggles}
    assert queries.controlled(LATER) == set()


def test_while_it_holds_a_province_may_not_plan_what_it_controls(cast: Cast) -> None:
    """D1 and G9 together: the same plan, before, during and after."""
    from qipan.allocation import operations as allocation

    cast.put("reserve", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)

    def plan() -> int:
        return allocation.plan_batch(
            by=PROVINCE, idem=uuid4(), at=clock.now(), policy="test-policy",
            deadline=clock.now() + timedelta(days=1), title=Both("省", "own"), items=["SUIT-GB"], place="420000",
        )  # fmt: skip

    assert plan() == 1
    number = declare(cast.duty, controlled=("SUIT-GB",))
    with pytest.raises(ControlledItem):
        plan()
    with clock.held_at(LATER):
        operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4())
        assert plan() == 2


def test_what_it_permits_is_not_permitted_after_its_end(cast: Cast) -> None:
    suit = cast.items["SUIT-EM"].id
    zone = sorted(queries.permissions(NOW)[suit])[0]
    number = declare(cast.duty, permitted=("SUIT-EM",))
    assert queries.is_permitted(suit, zone, LATER)
    operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4())
    assert queries.is_permitted(suit, zone, LATER - timedelta(seconds=1))
    assert not queries.is_permitted(suit, zone, LATER)
    assert all(stand.substitute != suit for stand in queries.stands(LATER))
    assert queries.permissions(LATER)[cast.items["SUIT-GB"].id]


def test_an_item_that_was_controlled_before_hangs_on_it_from_now(cast: Cast) -> None:
    operations.place_under_control("GOG", by=cast.duty, at=NOW - timedelta(days=1), authority="notice")
    number = declare(cast.duty, controlled=("GOG",))
    operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4())
    assert queries.controlled(LATER) == set()


def test_a_rule_of_its_own_outlives_it(cast: Cast) -> None:
    operations.place_under_control("GOG", by=cast.duty, at=NOW, authority="notice")
    number = declare(cast.duty, controlled=("SUIT-GB",))
    operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4())
    assert queries.controlled(LATER) == {cast.items["GOG"].id}


@pytest.mark.parametrize("words", [{"document": " "}, {"authority": ""}, {"title": Both("", "x")}])
def test_refuses_without_its_words(cast: Cast, words: dict[str, Any]) -> None:
    with pytest.raises(errors.WordsMissing):
        declare(cast.duty, **words)


def test_refuses_who_is_not_the_command_an_unknown_item_and_a_second_end(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        declare(PROVINCE)
    with pytest.raises(errors.MaterialUnknown):
        declare(cast.duty, controlled=("NOTHING",))
    number = declare(cast.duty)
    refusals: list[tuple[type[Refused], dict[str, Any]]] = [
        (errors.WordsMissing, {"ground": " "}), (NotAllowed, {"by": PROVINCE}),
    ]  # fmt: skip
    for refusal, changed in refusals:
        asked = {"by": cast.duty, "at": LATER, "ground": "over", "idem": uuid4(), **changed}
        with pytest.raises(refusal):
            operations.end_declaration(number, **asked)
    operations.end_declaration(number, by=cast.duty, at=LATER, ground="over", idem=uuid4())
    with pytest.raises(errors.DeclarationEnded):
        operations.end_declaration(number, by=cast.duty, at=LATER, ground="again", idem=uuid4())
    with pytest.raises(errors.DeclarationUnknown):
        operations.end_declaration(10**9, by=cast.duty, at=LATER, ground="over", idem=uuid4())


def test_the_screen_declares_and_ends(cast: Cast, client_of: Callable[..., Any]) -> None:
    client = client_of("duty")
    form = {
        "act": "declare", "title_zh": "一级响应", "title_en": "First level", "document": "2020-2", "authority": "test",
        "controlled": ["SUIT-GB"],
    }  # fmt: skip
    assert client.post("/emergencies", form).status_code == 302
    page = client.get("/emergencies").content.decode()
    assert "First level" in page and "in force" in page and "emergency declared" in page
    number = queries.declarations(NOW)[0].id
    assert client.post("/emergencies", {"act": "end", "declaration": number, "ground": ""}).status_code == 422
    assert client.post("/emergencies", {"act": "end", "declaration": number, "ground": "over"}).status_code == 302
    assert "ended" in client.get("/emergencies").content.decode()
    assert client.post("/emergencies", {"act": "declare"}).status_code == 422
    assert client_of("keeper").post("/emergencies", form).status_code == 403


def test_the_api_declares_and_ends_once(cast: Cast, client_of: Callable[..., Any]) -> None:
    client, key = client_of("duty"), str(uuid4())

    def send(path: str, body: dict[str, Any], idem: str) -> Any:
        return client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"idempotency-key": idem}
        )

    body = {"title_zh": "响应", "document": "2", "authority": "test", "controlled": ["GOG"]}
    first, again = (send("/emergencies", body, key) for _twice in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    number = first.json()["id"]
    assert client.get("/api/v1/emergencies").json()[0]["controlled"] == ["GOG"]
    with clock.held_at(LATER):
        assert send(f"/emergencies/{number}/end", {"ground": "over"}, str(uuid4())).json() == {"rules_ended": 1}
        assert client.get("/api/v1/emergencies").json()[0]["ground"] == "over"
