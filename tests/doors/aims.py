"""Everything that can be aimed at another province: addresses of the router, operations of the API, and its marks."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

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
"""Hubei's officer, a hospital's storekeeper, the keeper of a store of one unit: see ``strangers``."""
ACTS = ("count", "reverse", "approve", "report", "issue", "void", "load", "depart", "arrive", "receive", "settle")
LEFT_OUT = ("sign-out", "sign-in", "healthz", "readyz", "static/")


def strangers(cast: Cast) -> None:
    """Appoint those of READERS who are not of the cast."""
    for who, office, unit in (
        ("hubei", "provincial_officer", None), ("storekeeper", "store_keeper", cast.units["xiaogan"])
    ):  # fmt: skip
        person = Person.objects.create_person(who, name_zh=who)
        Post.objects.create(person=person, office=office, region_id="420000", organisation_id=unit, valid_from=START)


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        else:
            yield from routes(entry, path)


def addresses(there: Province) -> list[str]:
    """Every address, its parameters filled with each of the other province's things in turn."""
    ids = {
        there.unit,
        *there.numbers.values(),
        there.place,
        there.account,
        there.batch,
        there.shipment,
        there.person,
        *there.movements,
    }
    kinds = ("kernel_event", "stock_movement", "stock_hold")
    words: dict[str, list[str]] = {
        "code": ["SUIT-GB"], "kind": list(kinds), "origin": ["x"],
        "photo_id": [str(there.photo)], "key": [f.key for f in all_figures()],
    }  # fmt: skip
    found: set[str] = set()
    for route in routes(get_resolver()):
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
    text = words_of(answer)
    asked = where.rsplit("?", maxsplit=1)[-1]
    return [mark for mark in MARKS if mark in text and mark not in asked]


def words_of(answer: Any) -> str:
    """What can be read in an answer; of a workbook all its parts."""
    content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return content.decode("utf-8", "replace")


BODIES: dict[str, object] = {
    "/needs": [{"unit": "jin_unit", "item": "SUIT-GB", "zone": "ICU", "quantity": "1", "measure": "件"}],
    "/needs/approvals": [{"unit": "jin_unit", "item": "SUIT-GB", "zone": "ICU", "quantity": "1", "measure": "件"}],
    "/place-needs": [
        {"voice": "scenario", "place": "140000", "item": "SUIT-GB", "quantity": "1", "source": "x"}
    ],
    "/stock/counts": {"account": 0, "item": "SUIT-GB", "counted": "1", "reason": "x"},
    "/production/lines": {"unit": "jin_firm", "item": "SUIT-GB", "name": "x", "capacity": "1", "ground": "x"},
    "/production/lines/{number}/state": {"state": "idle", "capacity": "0", "ground": "x"},
    "/resumption/rules": {"region": "140000", "not_before": "2020-02-09T24:00", "document": "x"},
    "/resumption/exemptions": {"unit": "jin_firm", "ground": "other", "text": "x", "start_at": "2020-02-03T08:00"},
    "/resumption/exemptions/{number}/decision": {"is_approved": True},
    "/resumption/checklists": {
        "code": "x", "title_zh": "x", "authority": "x", "source": "x", "region": "140000",
        "measures": [{"chapter_zh": "x", "text_zh": "x"}],
    },
    "/resumption/assessments": {"unit": "jin_firm", "answers": [{"number": 1, "answer": "met"}]},
    "/resumption/commitments": {"unit": "jin_firm", "signer": "x", "document": "x"},
    "/resumption/phases": {
        "unit": "jin_firm", "number": 9, "title": "x", "is_core": True, "people": 1, "planned_on": "2020-02-06",
    },
    "/resumption/attendance": {"unit": "jin_firm", "day": "2020-02-06", "on_site": 1, "normal": 2},
    "/resumption/returns": {"unit": "jin_firm", "is_working": True},
    "/resumption/tallies": [{"region": "140000", "day": "2020-02-06", "resumed": 1, "source": "x"}],
    "/resumption/permits": {
        "unit": "jin_firm", "kind": "device", "title": "x", "department": "health", "due_at": "2099-02-06T24:00",
    },
    "/resumption/permits/{number}/steps": {"kind": "note", "text": "x"},
    "/listings": {"units": ["jin_firm"], "name": "key", "authority": "x"},
    "/production/commissioners": {"commissioners": [{"unit": "jin_firm", "who": "x"}], "authority": "x"},
    "/production/logs": {"unit": "jin_firm", "day": "2020-02-06", "entries": {"quality": "x"}},
    "/production/tickets": {
        "line": 0, "kind": "other", "title": "x", "owner": "firm", "due_at": "2020-02-09T24:00",
    },
    "/production/tickets/{number}/steps": {"kind": "note", "text": "x"},
    "/production/reports": [
        {"line": 0, "day": "2020-02-06", "output": "1", "shipped": "0", "closing": "1", "opening": "0"}
    ],
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
            for part, own in there.numbers.items():
                if f"/{part}/" in path:
                    number = str(own)
            words = {"number": number, "code": "SUIT-GB", "post": str(there.post), "webhook": "1"}
            where = re.sub(r"\{(\w+)\}", lambda name, words=words: words[name[1]], path)
            body = json.loads(json.dumps(BODIES.get(short, {"note": "x", "reason": "x", "lines": []})))
            if short == "/stock/counts":
                body["account"] = there.account
            if short == "/production/reports":
                body[0]["line"] = there.line
            if short == "/production/tickets":
                body["line"] = there.line
            if short == "/shipments":
                body["lines"] = there.lines
            found.append((method.upper(), where, body))
    return found


def form(there: Province, act: str) -> dict[str, object]:
    """A form that would do ``act`` to the other province's things, whichever page it is sent to."""
    return {
        "act": act, "holding": f"{there.item}:0", "counted": "1", "reason": "x", "item": "SUIT-GB",
        "zone": "ICU", "quantity": "1", "measure": "件", "note": "x", "lines": list(map(str, there.lines)),
        "vehicle": "x", "driver": "x", "planned_arrival": "2020-02-07T19:00", "counted_1": "1", "step": act,
        "reverse": str(there.movements[0]), "region": "140000", "unit": str(there.unit),
    }  # fmt: skip


def rows_there() -> dict[str, int]:
    """The other province's rows by table; what is outside the books is everybody's."""
    found = {}
    with scope.entered("14%"), connection.cursor() as cursor:
        for table in grants.walled():
            own = " WHERE region_code <> ''" if table == "stock_account" else ""
            cursor.execute(f"SELECT count(*) FROM {table}{own}")
            found[table] = int(cursor.fetchone()[0])
    return found
