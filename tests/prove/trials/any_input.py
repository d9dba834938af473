"""P12: any input gets an answer. Requests made from the OpenAPI, and every form of every page with odd values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from qipan.kernel import clock
from qipan.kernel.quantity import QuantityUnreadable
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.models import Organisation, Person, Post
from qipan.server.api import api
from qipan.stock.models import Correction
from tests.doors.aims import addresses
from tests.prove import anything
from tests.prove.anything import Asked
from tests.prove.paper import Paper, forms_of
from tests.prove.people import client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World
from tests.provinces import Province

PEOPLE = ("duty", "chief", "keeper", "approver", "driver", "receiver", "audit", "")
Guard = Callable[[], AbstractContextManager[object]]
"""How a guard is taken away."""


def attack_api(effort: Effort, guard: Guard | None = None) -> Outcome:
    """Every operation, as everybody: no fault, and every refusal is a problem with a code.

    Without a guard it is over as soon as there is a fault.
    """
    bad: dict[str, str] = {}
    counted: dict[int, int] = {}
    with (guard or nullcontext)(), provinces(effort) as (world, there):
        words = vocabulary(world, there)
        clients = [client_of(world, who) for who in PEOPLE]
        schema = api.get_openapi_schema()
        parts = schema["components"]["schemas"]
        operations = [(m, path, op) for path, ways in schema["paths"].items() for m, op in ways.items()]
        for method, path, operation in operations:
            name = f"{method.upper()} {path}"

            def ask(pair: tuple[Asked, int]) -> None:
                found, who = pair
                if guard and bad:
                    return
                answer = sent(
                    clients[who].generic, found.method, found.where, found.body, content_type="application/json",
                    headers=found.headers,
                )  # fmt: skip
                status = 500 if isinstance(answer, Exception) else answer.status_code
                counted[status] = counted.get(status, 0) + 1
                if wrong := fault_of(answer):
                    bad.setdefault(f"{name}: {wrong}", f"{PEOPLE[who] or 'nobody'}: {found}")  # noqa: B023

            asked = anything.request(method, path, operation, words, parts)
            rounds = effort.times(50, 30 if guard else 3) * (1 if method == "get" else 2)
            draw(st.tuples(asked, st.sampled_from(SEATS)), ask, rounds, effort.seed)
    done = sum(n for status, n in counted.items() if status < 400)
    figure = f"{len(operations)} operations; {done:,} answered, {sum(counted.values()) - done:,} refused"
    return Outcome(sum(counted.values()), [f"{name} [{how}]" for name, how in bad.items()], figure)


SEATS = (*range(len(PEOPLE)), 0, 0, 0, 0)
"""The duty officer, who may do most, asks most often."""


def fault_of(answer: object) -> str:
    """What is wrong with an answer of the API; "" if nothing is."""
    if isinstance(answer, Exception):
        return f"500 {_cause(answer)}"
    status, kind = answer.status_code, answer.headers.get("Content-Type", "")  # type: ignore[attr-defined]
    if status >= 500:
        return f"{status} {_cause(answer)}"
    if status < 400:
        return "" if kind.startswith("application/json") else f"{status} as {kind}"
    try:
        said = json.loads(answer.content)  # type: ignore[attr-defined]
    except ValueError:
        return f"{status} without a problem"
    is_problem = kind.startswith("application/problem+json") and said.get("code") and said.get("status") == status
    return "" if is_problem else f"{status} as {kind}"


def sent(way: Callable[..., object], *words: object, **more: object) -> Any:
    """The answer; or the exception that came out past the page of faults, which is a 500 on the wire."""
    try:
        return way(*words, **more)
    except Exception as error:
        return error


def _cause(answer: object) -> str:
    if isinstance(answer, Exception):
        return f"{type(answer).__name__}: {str(answer)[:120]}"
    found = getattr(answer, "exc_info", None)
    return f"{found[0].__name__}: {str(found[1])[:120]}" if found else ""


def attack_forms(effort: Effort, guard: Guard | None = None) -> Outcome:
    """Every form as its page offers it, with odd values put in; and bodies that are no forms."""
    bad: dict[str, str] = {}
    asked = 0
    with (guard or nullcontext)(), provinces(effort) as (world, there):
        vocabulary(world, there)
        people = PEOPLE[: effort.times(7, 7 if guard else 2)]
        near = shapes(addresses(there), effort.times(9, 1))
        clients = {who: client_of(world, who) for who in people}
        papers = {(who, p.where, *p.fields): (who, p) for who in people for p in _papers(clients[who], near)}
        wanted = [(name[0], Paper(name[1]), paper) for name, (_who, paper) in papers.items()]

        def send(pair: tuple[int, dict[str, object]]) -> None:
            nonlocal asked
            who, _blank, paper = wanted[pair[0]]
            if guard and bad:
                return
            answer = sent(clients[who].post, paper.where, pair[1])
            asked += 1
            if isinstance(answer, Exception) or answer.status_code >= 500:
                bad.setdefault(f"POST {paper.where}: {_cause(answer)}", f"{who}: {pair[1]!r}"[:400])

        filled = st.integers(0, len(wanted) - 1).flatmap(lambda at: st.tuples(st.just(at), filled_in(wanted[at][2])))
        draw(filled, send, effort.times(2_500, 1_200 if guard else 120), effort.seed)
        for where in sorted({paper.where for _who, _blank, paper in wanted}):
            for kind, body in BROKEN:
                answer = clients["duty"].generic("POST", where, body, content_type=kind)
                asked += 1
                if answer.status_code >= 500:
                    bad.setdefault(f"POST {where}: {_cause(answer)}", f"duty: {kind} {body[:80]!r}")
    places = len({paper.where for _who, _blank, paper in wanted})
    return Outcome(
        asked, [f"{name} [{how}]" for name, how in bad.items()], f"{len(wanted)} forms at {places} addresses"
    )


FILES = (b"", b"PK\x03\x04", b"unit,item\n\xff\xfe", b'{"a":1}', b"\x00", b"[" * 5_000)
BROKEN = (
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name"),
    ("multipart/form-data", b"x"),
    ("application/x-www-form-urlencoded; charset=utf-99", b"act=%ff"),
    ("application/x-www-form-urlencoded", b"act=%ff%00&line=%b2&idem=%00"),
    ("application/json", b'{"act": "count"}'),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(5_100))),
)


def _papers(client: Client, near: list[str]) -> Iterator[Paper]:
    for where in near:
        answer = client.get(where)
        if answer.status_code < 500 and answer.headers.get("Content-Type", "").startswith("text/html"):
            yield from forms_of(answer.content.decode(), where)


def shapes(found: list[str], most: int) -> list[str]:
    """At most so many addresses of pages that differ by nothing but a number; of accounts the form to book back too."""
    kept: dict[str, list[str]] = {}
    for where in found:
        shape = re.sub(r"\d+", "#", where)
        if not where.startswith("/api/") and len(kept.setdefault(shape, [])) < most:
            kept[shape] += [where, where + "?reverse=1"] if shape == "/stock/#" else [where]
    return [where for some in kept.values() for where in some]


def filled_in(paper: Paper) -> SearchStrategy[dict[str, object]]:
    """The form as offered, now and then with an odd value, a field left out, or one too many."""

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, object]:
        odd = st.sampled_from(anything.ODD_TEXTS).map(_on_the_wire) | st.text(max_size=9)
        form: dict[str, object] = {}
        for name, offered in paper.fields.items():
            dice = draw(st.integers(0, 7))
            if dice:
                form[name] = draw(odd) if dice < 3 or not offered else draw(st.sampled_from(offered))
        for name in paper.files:
            content = draw(
                st.sampled_from((b"", b"PK\x03\x04", b"unit,item\n\xff\xfe", b'{"a":1}', b"\x00", b"[" * 5_000))
            )
            form[name] = SimpleUploadedFile(draw(st.sampled_from(("x.xlsx", "x.csv", "x" * 200))), content)
        if draw(st.integers(0, 5)) == 0:
            form["idem"] = draw(odd)
        return form

    return build()


def _on_the_wire(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def draw(strategy: SearchStrategy[object], ask: Callable[..., None], rounds: int, number: int) -> None:
    """Ask that many seeded values, without stopping at the first that is answered badly."""
    quiet = settings(
        max_examples=rounds, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    seed(number)(quiet(given(strategy)(ask)))()


def vocabulary(world: World, there: Province) -> anything.Words:
    """What this world calls its things, by the names of fields; and somebody who gives posts."""
    place = world.cast.person("duty").posts.first()
    assert place is not None
    organisations.appoint(
        "chief", name=Both("任命", "Chief"), office="administrator", region="420100", at=place.valid_from, password="x"
    )
    world.cast.put("plant_a", "SUIT-GB", 500)
    world.cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    batch = world.cast.plan("SUIT-GB", place="420000")
    instants = ["2020-02-06T19:00", "2020-02-05", "2020-02-07T24:00", "1999-01-01", "2100-01-01T00:00Z"]
    codes = [*Organisation.objects.values_list("code", flat=True)[:8]]
    numbers = ["1", "5", "0", "0.5", "1,000", "１０", "9007199254740991", "-3"]
    items = ["SUIT-GB", "GOG", "防护服", "DIS-84"]
    regions = ["420000", "420100", "140000", "140100", "100000", "999999"]
    kinds = ["store", "road", "hospital", "plant", "reserve", "stock", "need", "lane", "rule", "stock_movement"]
    corrections = [*Correction.objects.values_list("id", flat=True)]
    return {
        "key": ["demand.gap", "transport.shipped_and_arrived", "allocation.batches"], "code": items, "item": items,
        "items": items, "controlled": items, "permitted": items, "place": regions, "region": regions,
        "regions": regions, "unit": codes, "units": codes, "holder": codes, "owner": codes, "as_of": instants,
        "known_at": instants, "deadline": instants, "planned_arrival": instants, "valid_from": instants,
        "valid_to": instants, "holds_until": instants, "quantity": numbers, "counted": numbers,
        "measure": ["件", "个", "箱", "升", ""], "zone": ["ICU", "ISO", "OPC", ""], "kind": kinds,
        "number": [batch, there.batch, there.shipment, *corrections, 1], "batch": [batch, there.batch],
        "post": [*Post.objects.values_list("id", flat=True)],
        "username": [*Person.objects.values_list("username", flat=True)],
        "office": ["receiver", "driver", "duty_officer"], "account": [there.account, *world.cast.accounts.values()],
        "movement": [*there.movements, 2, 3], "line": [*there.lines, 1], "lines": [*there.lines, 1], "ref": [1, 2, 3],
        "policy": ["test-policy"], "level": ["province", "city"], "state": ["waiting", "planned", "on_road"],
        "voice": ["official", "burn_rate", "scenario"], "limit": [1, 100], "cursor": [1, 0],
        "pools": ["plant", "own_reserve"], "zones": ["ICU", "ISO"], "source": ["0", "x"], "need": ["0", "1"],
        "rule": ["0"],
    }  # fmt: skip


def without_quantity() -> AbstractContextManager[object]:
    """A quantity that cannot be read is nobody's business at the door of the API."""
    kept = {kind: handler for kind, handler in api._exception_handlers.items() if kind is not QuantityUnreadable}
    return mock.patch.object(api, "_exception_handlers", kept)


def without_instant() -> AbstractContextManager[object]:
    """An instant is read without looking at it first."""
    from datetime import datetime

    return mock.patch.object(clock, "read_instant", lambda text: datetime.fromisoformat(text).astimezone(clock.CST))


TRIALS = (
    Trial(
        "P12", "api", "requests made from the OpenAPI to every operation, as eight persons", attack_api,
        {
            "the reading of quantities": lambda effort: attack_api(effort, without_quantity),
            "the reading of instants": lambda effort: attack_api(effort, without_instant),
        },
    ),
    Trial(
        "P12", "forms", "every form of every page with odd values, as seven persons", attack_forms,
        {"the reading of instants": lambda effort: attack_forms(effort, without_instant)},
    ),
)  # fmt: skip
