"""P17: it degrades, never lies. The database goes away while people read; and no figure is without its stamp."""

from __future__ import annotations

import io
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import openpyxl
import psycopg
from django.db import connections
from django.test import override_settings
from django.utils import translation

from qipan.kernel import clock, figures
from qipan.server import figure_table, middleware, pages
from qipan.ui.templatetags.ui import instant
from tests.doors.aims import addresses
from tests.prove.people import NOW, client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.trials.any_input import shapes
from tests.prove.world import World, served
from tests.provinces import MARKS

Guard = Callable[[], AbstractContextManager[object]]
AWAKE_WITHIN = 60.0
LEFT_OUT = ("/healthz", "/readyz", "/sign-in", "/sign-out", "/language", "/static/", "/api/v1/openapi", "/api/v1/docs")


@dataclass
class Reader:
    """Somebody who reads pages over HTTP; what was answered, by phase."""

    address: str
    cookie: str
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def get(self, where: str) -> tuple[int, str, str]:
        """Status, type and text of an answer."""
        asked = urllib.request.Request(self.address + where, headers={"Cookie": f"qipan_session={self.cookie}"})
        try:
            with _OPENER.open(asked, timeout=60) as answer:
                return answer.status, answer.headers["Content-Type"] or "", answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers["Content-Type"] or "", refusal.read().decode("utf-8", "replace")

    def read(self, where: str, phase: str) -> int:
        """Read an address; a fault, or a figure where there can be none, is kept as bad."""
        status, kind, text = self.get(where)
        self.told[phase, status] += 1
        if status >= 500 and status != 503:
            self.bad.append(f"{phase}: {where} answered {status}")
        if status == 503:
            shown = [mark for mark in (*MARKS, "<table") if mark in text]
            is_problem = not where.startswith("/api/") or json.loads(text).get("code") == "database_asleep"
            if shown or not is_problem:
                self.bad.append(f"{phase}: {where} answered 503 with {shown or kind}")
        elif phase == "asleep":
            self.bad.append(f"asleep: {where} answered {status}")
        return status


class _Stays(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(self, *_more: Any, **_named: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stays)


def attack(effort: Effort, patch: str = "") -> Outcome:
    """Read everything; take the database away while people read; read everything; give it back; read everything."""
    with provinces(effort) as (world, there), served(world, patch=patch, workers=1) as address:
        reader = Reader(address, _cookie(world))
        wanted = [
            w for w in (*shapes(addresses(there), 2), *_of_the_api(addresses(there))) if not w.startswith(LEFT_OUT)
        ]
        random.Random(effort.seed).shuffle(wanted)
        wanted = wanted[: effort.times(110, 14)]
        for round_ in range(effort.times(4)):
            before = {where: reader.read(where, "awake") for where in wanted}
            with _at_it(reader, wanted):
                with taken_away(world):
                    time.sleep(0.5)
                    for where in wanted:
                        reader.read(where, "asleep")
                _wait_until_awake(reader)
            after = {where: reader.read(where, "awake again") for where in wanted}
            reader.bad += [f"round {round_}: {where} answered {before[where]}, and {after[where]} after the night"
                           for where in wanted if before[where] != after[where]]  # fmt: skip
    nights = sum(n for (phase, _status), n in reader.told.items() if phase == "asleep")
    cases = sum(reader.told.values())
    return Outcome(
        cases, reader.bad, f"{nights} asked without a database, {reader.told['while it went', 503]} while it went"
    )


def _cookie(world: World) -> str:
    """The session of the duty officer, under the key of the served platform."""
    with override_settings(SECRET_KEY="prove"):
        return client_of(world, "duty").cookies["qipan_session"].value


def _of_the_api(found: list[str]) -> list[str]:
    return [where for where in found if where.startswith("/api/") and not any(letter.isdigit() for letter in where[8:])]


@contextmanager
def _at_it(reader: Reader, wanted: list[str]) -> Iterator[None]:
    """Two more people read all the time; the database goes away under their pages."""
    is_over = threading.Event()

    def work(number: int) -> None:
        dice = random.Random(number)
        while not is_over.is_set():
            reader.read(dice.choice(wanted), "while it went")
            is_over.wait(0.05)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


@contextmanager
def taken_away(world: World) -> Iterator[None]:
    """The books' database lets nobody in, and everybody who was in is put out, as when the server stops."""
    connections.close_all()
    with psycopg.connect(world.ground.url("superuser", "postgres"), autocommit=True) as root:
        root.execute(f'ALTER DATABASE "{world.name}" ALLOW_CONNECTIONS false')
        root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [world.name])
        try:
            yield
        finally:
            root.execute(f'ALTER DATABASE "{world.name}" ALLOW_CONNECTIONS true')


def _wait_until_awake(reader: Reader) -> None:
    end = time.monotonic() + AWAKE_WITHIN
    while reader.get("/stock")[0] != 200:
        if time.monotonic() > end:
            reader.bad.append(f"it did not come back within {AWAKE_WITHIN:.0f} s")
            return
        time.sleep(0.1)


def sleepless() -> None:
    """Called in the served process: the middleware does not know a database that does not answer."""
    middleware.OperationalError = type("Never", (Exception,), {})  # type: ignore[misc,assignment]


def attack_stamps(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """Every figure at many cuts as page, workbook and JSON: as-of, kind and a unit for every number."""
    dice, bad, cases = random.Random(effort.seed), [], 0
    now = clock.read_instant(NOW)
    with provinces(effort) as (world, _there), guard():
        clients = {language: client_of(world, "duty", language) for language in ("zh-hans", "en")}
        cuts = [now, *(now - timedelta(minutes=dice.randint(1, 40_000)) for _each in range(effort.times(60, 1)))]
        for at in cuts:
            for found in figures.all_figures():
                query = f"?as_of={at:%Y-%m-%dT%H:%M}"
                for language, client in clients.items():
                    cases += 3
                    with translation.override(language):
                        kind = figure_table.kind_words()[found.kind][0]
                        said = instant(at)
                        page = client.get(f"/figures/{found.key}{query}").content.decode()
                        words = _words(client.get(f"/figures/{found.key}.xlsx{query}").content)
                    name = f"{found.key} at {at:%Y-%m-%dT%H:%M} in {language}"
                    bad += [f"{name}: the page does not say {word}" for word in (said, kind) if word not in page]
                    bad += [f"{name}: the workbook does not say {word}" for word in (said, kind) if word not in words]
                bad += [f"{found.key}: {what}" for what in _unsaid(clients["en"], found.key, query, at)]
    return Outcome(cases, bad, f"{len(figures.all_figures())} figures at {len(cuts)} cuts")


def _words(content: bytes) -> set[str]:
    """Every text that stands alone in a cell."""
    sheets = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets
    return {str(value) for sheet in sheets for row in sheet.iter_rows(values_only=True) for value in row if value}


def _unsaid(client: Any, key: str, query: str, at: datetime) -> list[str]:
    """What the JSON of a figure leaves out."""
    body = client.get(f"/api/v1/figures/{key}{query}").json()
    bad = [] if body.get("as_of") == clock.write_instant(at) else [f"as of {body.get('as_of')}, asked for {at}"]
    bad += [] if body.get("kind") in figures.KINDS else [f"of the kind {body.get('kind')}"]
    by_row = [c["key"] for c in body["columns"] if c["unit"] == "row"]
    for row in body["rows"]:
        counted = [name for name in by_row if row.get(name) is not None]
        if counted and not row.get("unit"):
            bad.append(f"{counted} without a unit")
    named = {c["key"] for c in body["columns"] if c["unit"]}
    bare = [
        c["key"] for c in body["columns"] if c["value"] in ("number", "hours") and c["key"] not in (*named, "number")
    ]
    return bad + [f"{name} has no unit" for name in bare]


def without_as_of() -> AbstractContextManager[object]:
    """A workbook is stamped with nothing that says when."""
    write = pages.exchange.write_workbook

    def unstamped(title: str, stamp: Any, *more: Any) -> bytes:
        return write(title, stamp[1:], *more)

    return mock.patch.object(pages.exchange, "write_workbook", unstamped)


def without_cut() -> AbstractContextManager[object]:
    """A page shows the figures of now, whatever was asked for."""
    whole = pages.cut_of

    def present(request: Any, **more: Any) -> figures.Cut:
        found = whole(request, **more)
        return figures.Cut(clock.now(), found.known_at, found.place, found.item)

    return mock.patch.object(pages, "cut_of", present)


TRIALS = (
    Trial(
        "P17", "asleep", "the database taken away while people read, and given back, over HTTP", attack,
        {"the middleware that knows it": lambda effort: attack(effort, f"{__name__}:sleepless")},
    ),
    Trial(
        "P17", "stamps", "every figure as page, workbook and JSON at many cuts: as-of, kind, unit", attack_stamps,
        {
            "the as-of of a workbook": lambda effort: attack_stamps(effort, without_as_of),
            "the cut of a page": lambda effort: attack_stamps(effort, without_cut),
        },
    ),
)  # fmt: skip
