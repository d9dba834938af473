"""No province reads or changes another's: every address of the router and the API, by everybody who is not of it.

The addresses are taken from the router, so that a new one is covered from its first day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from qipan.kernel import grants, scope
from qipan.kernel.figures import all_figures
from qipan.organisations.models import Person, Post
from qipan.server.api import api
from tests.cast import START, Cast
from tests.provinces import MARKS, Province

READERS = ("hubei", "receiver", "storekeeper")
LEFT_OUT = ("sign-out", "sign-in", "healthz", "readyz", "static/")


@pytest.fixture
def reader(cast: Cast, shanxi: Province) -> Callable[[str], Client]:
    """A signed-in client: Hubei's officer, a hospital's storekeeper, the keeper of a store of one unit."""

    def make(who: str, language: str = "zh-hans") -> Client:
        if who != "receiver":
            person = Person.objects.create_person(who, name_zh=who)
            office = "provincial_officer" if who == "hubei" else "store_keeper"
            unit = None if who == "hubei" else cast.units["xiaogan"]
            Post.objects.create(
                person=person, office=office, region_id="420000", organisation_id=unit, valid_from=START
            )
        client = Client(headers={"accept-language": language})
        client.cookies["qipan_language"] = language
        client.force_login(cast.person(who))
        client.raise_request_exception = False
        return client

    return make


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        else:
            yield from _routes(entry, path)


def addresses(there: Province) -> list[str]:
    """Every address, its parameters filled with each of the other province's things in turn."""
    ids = {there.unit, there.place, there.account, there.batch, there.shipment, there.person, *there.movements}
    kinds = ("kernel_event", "stock_movement", "stock_hold")
    words: dict[str, list[str]] = {
        "code": ["SUIT-GB"], "kind": list(kinds), "origin": ["x"], "key": [f.key for f in all_figures()],
    }  # fmt: skip
    found: set[str] = set()
    for route in _routes(get_resolver()):
        if route.startswith(LEFT_OUT):
            continue
        filled = [route]
        for whole, name in re.findall(r"(<(?:\w+:)?(\w+)>)", route):
            filled = [f.replace(whole, str(value)) for f in filled for value in words.get(name, ids)]
        found |= {"/" + address for address in filled}
    return sorted(found)


QUERIES = (
    "",
    "?place=140000",
    "?place=140100",
    "?place=140000&item=SUIT-GB",
    "?place=100000",
    "?q=晋A7788",
    "?text=晋",
)


def leaks(client: Client, where: str) -> list[str]:
    """What of the other province stands in the answer, and every fault."""
    mark = transaction.savepoint()
    try:
        answer = client.get(where)
    finally:
        transaction.savepoint_rollback(mark)
    if answer.status_code >= 500:
        return [f"fault {answer.status_code}"]
    text = _words_of(answer)
    asked = where.rsplit("?", maxsplit=1)[-1]
    return [mark for mark in MARKS if mark in text and mark not in asked]


def _words_of(answer: object) -> str:
    content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content  # type: ignore[attr-defined]
    if content[:2] == b"PK":
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return content.decode("utf-8", "replace")


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


BODIES: dict[str, object] = {
    "/needs": [{"unit": "jin_unit", "item": "SUIT-GB", "zone": "ICU", "quantity": "1", "measure": "件"}],
    "/needs/approvals": [{"unit": "jin_unit", "item": "SUIT-GB", "zone": "ICU", "quantity": "1", "measure": "件"}],
    "/place-needs": [
        {"voice": "scenario", "place": "140000", "item": "SUIT-GB", "quantity": "1", "source": "x"}
    ],
    "/stock/counts": {"account": 0, "item": "SUIT-GB", "counted": "1", "reason": "x"},
    "/stores": {"kind": "plant", "name_zh": "x", "name_en": "x", "holder": "jin_firm", "region": "140000"},
    "/units": {"kind": "hospital", "name_zh": "x", "name_en": "x", "region": "140100"},
    "/key-units": {"list_name": "x", "unit": "jin_unit", "authority": "x"},
    "/batches": {
        "policy": "test-policy", "deadline": "2020-02-07T19:00", "title_zh": "x", "title_en": "x", "items": ["SUIT-GB"],
        "place": "140000",
    },
    "/shipments": {
        "lines": [0], "vehicle": "x", "driver": "x", "planned_arrival": "2020-02-07T19:00",
    },
}  # fmt: skip


def unsafe(there: Province) -> list[tuple[str, str, object]]:
    """Every unsafe operation of the API, aimed at the other province."""
    found: list[tuple[str, str, object]] = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods.keys() - {"get"}:
            short = path.removeprefix("/api/v1")
            number = there.shipment if "shipments" in path else str(there.batch)
            words = {"number": number, "code": "SUIT-GB", "post": str(there.post), "webhook": "1"}
            where = re.sub(r"\{(\w+)\}", lambda name, words=words: words[name[1]], path)
            body = json.loads(json.dumps(BODIES.get(short, {"note": "x", "reason": "x", "lines": []})))
            if short == "/stock/counts":
                body["account"] = there.account
            if short == "/shipments":
                body["lines"] = there.lines
            found.append((method.upper(), where, body))
    return found


@pytest.mark.parametrize("who", READERS)
def test_nothing_of_another_province_is_changed(reader: Callable[..., Client], shanxi: Province, who: str) -> None:
    client = reader(who)
    before = _rows()
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
    assert _rows() == before


def _rows() -> dict[str, int]:
    """The other province's rows by table; what is outside the books is everybody's."""
    found = {}
    with scope.entered("14%"), connection.cursor() as cursor:
        for table in grants.walled():
            own = " WHERE region_code <> ''" if table == "stock_account" else ""
            cursor.execute(f"SELECT count(*) FROM {table}{own}")
            found[table] = int(cursor.fetchone()[0])
    return found


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


ACTS = ("count", "reverse", "approve", "report", "issue", "void", "load", "depart", "arrive", "receive", "settle")


@pytest.mark.parametrize("who", READERS)
def test_no_form_changes_anything_of_another_province(
    reader: Callable[..., Client], shanxi: Province, who: str
) -> None:
    client = reader(who)
    before = _rows()
    faults = {}
    for where in addresses(shanxi):
        if where.startswith("/api/"):
            continue
        for act in ACTS:
            form = {
                "act": act, "holding": f"{shanxi.item}:0", "counted": "1", "reason": "x", "item": "SUIT-GB",
                "zone": "ICU", "quantity": "1", "measure": "件", "note": "x", "lines": list(map(str, shanxi.lines)),
                "vehicle": "x", "driver": "x", "planned_arrival": "2020-02-07T19:00", "counted_1": "1", "step": act,
                "reverse": str(shanxi.movements[0]), "region": "140000", "unit": str(shanxi.unit),
            }  # fmt: skip
            mark = transaction.savepoint()
            answer = client.post(where, form)
            if answer.status_code >= 500:
                faults[where, act] = answer.status_code
                transaction.savepoint_rollback(mark)
            else:
                transaction.savepoint_commit(mark)
    assert faults == {}
    assert _rows() == before
