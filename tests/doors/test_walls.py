"""No province reads or changes another's: every address of the router and the API, by everybody who is not of it.

The addresses are taken from the router, so that a new one is covered from its first day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from qipan.kernel.figures import all_figures
from qipan.organisations.models import Person
from tests.cast import Cast
from tests.doors.aims import ACTS, BODIES, QUERIES, READERS, addresses, form, leaks, rows_there, strangers, unsafe
from tests.provinces import Province


@pytest.fixture
def reader(cast: Cast, shanxi: Province) -> Callable[[str], Client]:
    """A signed-in client: Hubei's officer, a hospital's storekeeper, the keeper of a store of one unit."""

    strangers(cast)

    def make(who: str, language: str = "zh-hans") -> Client:
        client = Client(headers={"accept-language": language})
        client.cookies["qipan_language"] = language
        client.force_login(cast.person(who))
        client.raise_request_exception = False
        return client

    return make


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("query", QUERIES)
def test_nothing_of_another_province_is_shown(
    reader: Callable[..., Client], shanxi: Province, who: str, query: str
) -> None:
    client = reader(who)
    wanted = (
        addresses(shanxi) if not query else [a for a in addresses(shanxi) if not re.search(r"\d", a.replace("v1", ""))]
    )
    found = {where + query: bad for where in wanted if (bad := leaks(client, where + query))}
    assert found == {}


def test_the_centre_sees_all_of_it(client_of: Callable[..., Client], shanxi: Province) -> None:
    """Control: the marks are there to be found, in every form."""
    client = client_of("duty", "zh-hans")
    seen = {mark for where in addresses(shanxi) for mark in leaks(client, where)}
    assert seen >= {"7654321", "7,654,321", "晋密", "晋A7788"}


@pytest.mark.parametrize("who", READERS)
def test_a_figure_of_a_place_one_does_not_read_is_refused_and_not_a_part_of_it(
    reader: Callable[..., Client], who: str
) -> None:
    client = reader(who)
    for place in ("140000", "100000", "440000"):
        for figure in all_figures():
            answer = client.get(f"/api/v1/figures/{figure.key}?place={place}")
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_division"), (figure.key, place)
    assert client.get("/needs?place=140000").status_code == 403


def test_without_a_place_a_figure_is_of_ones_own_division(reader: Callable[..., Client]) -> None:
    client = reader("hubei")
    page = client.get("/figures/demand.gap").content.decode()
    assert "湖北省" in page
    assert client.get("/api/v1/figures/demand.gap?place=420100").status_code == 200


@pytest.mark.parametrize("who", READERS)
def test_nothing_of_another_province_is_changed(reader: Callable[..., Client], shanxi: Province, who: str) -> None:
    client = reader(who)
    before = rows_there()
    answered = {}
    for method, where, body in unsafe(shanxi):
        mark = transaction.savepoint()
        answer = client.generic(
            method, where, json.dumps(body), content_type="application/json", headers={"idempotency-key": str(uuid4())}
        )
        answered[method, where] = answer.status_code
        if answer.status_code >= 500:
            transaction.savepoint_rollback(mark)
    assert {key: status for key, status in answered.items() if not 400 <= status < 500} == {}
    assert rows_there() == before


def test_the_centre_may_do_what_they_may_not(client_of: Callable[..., Client], shanxi: Province) -> None:
    """Control: the bodies are good; it is the place that is refused."""
    client = client_of("duty")
    for path in ("/needs", "/needs/approvals", "/place-needs", "/units"):
        answer = client.generic(
            "POST", f"/api/v1{path}", json.dumps(BODIES[path]), content_type="application/json",
            headers={"idempotency-key": str(uuid4())},
        )  # fmt: skip
        assert answer.status_code == 201, (path, answer.content)


def test_somebody_without_a_post_is_told_so_and_sees_nothing(db: None) -> None:
    Person.objects.create_person("nobody", name_zh="无岗", password="x")
    client = Client()
    client.force_login(Person.objects.get(username="nobody"))
    assert client.get("/").status_code == 403
    assert client.get("/api/v1/stock").json()["code"] == "no_post"
    assert client.post("/sign-out").status_code == 302


@pytest.mark.parametrize("who", READERS)
def test_no_form_changes_anything_of_another_province(
    reader: Callable[..., Client], shanxi: Province, who: str
) -> None:
    client = reader(who)
    before = rows_there()
    faults = {}
    for where in addresses(shanxi):
        if where.startswith("/api/"):
            continue
        for act in ACTS:
            mark = transaction.savepoint()
            answer = client.post(where, form(shanxi, act))
            if answer.status_code >= 500:
                faults[where, act] = answer.status_code
                transaction.savepoint_rollback(mark)
            else:
                transaction.savepoint_commit(mark)
    assert faults == {}
    assert rows_there() == before
