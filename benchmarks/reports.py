"""3,000 firms report within a minute: one report at a time, and a province's file at once, beside plain inserts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks.books import as_served
from benchmarks.race import Ratio, race

FIRMS, FILE, SINGLES = 3_000, 126, 30
TENANT = 100000
COLUMNS = (
    "line_id, day, voice, revision, region_code, output, released, opening, shipped, closing, flows, reason, note,"
    " flags, at, known_at, actor_id, actor_name, source, is_simulated"
)


def measure() -> Iterator[Ratio]:
    """Each report is checked, kept, booked and written into the trail; an insert only keeps the row."""
    from django.db import connections

    from qipan.kernel import clock
    from qipan.production import operations as production

    by, lines = _open_firms()
    day = clock.day_of(clock.now())
    numbers = itertools.count()
    insert = f"INSERT INTO bench_report ({COLUMNS}) VALUES ({', '.join(['%s'] * 20)})"

    def said(count: int) -> list[Any]:
        """Reports of the next lines; every round of all firms is of an earlier day."""
        found = []
        for number in itertools.islice(numbers, count):
            on = day - timedelta(days=number // FIRMS)
            found.append(
                production.Daily(lines[number % FIRMS], on, "firm", 100, 100, 0, opening=0, source="benchmark")
            )
        return found

    def row(number: int) -> list[Any]:
        now, nothing = clock.now(), json.dumps([])
        head = [lines[number % FIRMS], day, "firm", 1, "130100", 100, 0, 0, 100, 0]
        return [*head, nothing, "", "", nothing, now, now, 1, "benchmark", "benchmark", False]

    owner = connections["owner"]
    owner.ensure_connection()
    with as_served(), owner.get_new_connection(owner.get_connection_params()) as bare:
        bare.autocommit = True
        bare.execute("CREATE TABLE bench_report (LIKE production_dailyreport INCLUDING DEFAULTS INCLUDING IDENTITY)")
        try:

            def one_by_one() -> None:
                for each in said(SINGLES):
                    production.submit_daily_reports([each], by=by, idem=uuid4())

            def file() -> None:
                production.submit_daily_reports(said(FILE), by=by, idem=uuid4())

            def inserts(count: int) -> None:
                for number in range(count):
                    bare.execute(insert, row(number))

            size = f"{FIRMS:,} lines known"
            yield race("a report at a time", one_by_one, "a bare INSERT of each row", lambda: inserts(SINGLES),
                       size=f"{SINGLES} reports, {size}", rounds=15)  # fmt: skip
            yield race("a file of a province", file, "a bare INSERT of each row", lambda: inserts(FILE),
                       size=f"{FILE} reports, {size}", rounds=10)  # fmt: skip
        finally:
            bare.execute("DROP TABLE bench_report")


def _open_firms() -> tuple[Any, list[int]]:
    """3,000 firms with a line each, registered long enough ago; who speaks for all of them, and the lines."""
    from qipan.catalogue import queries as catalogue
    from qipan.kernel import clock
    from qipan.kernel.access import Actor, Grant
    from qipan.kernel.text import Both
    from qipan.organisations import offices
    from qipan.organisations import operations as organisations
    from qipan.organisations.operations import Registration
    from qipan.production import operations as production
    from qipan.stock import operations as stock

    stock.open_books(TENANT)
    by = Actor(1, "benchmark", grants=(Grant(offices.EVERYTHING, reads="100000"),))
    before = clock.now() - timedelta(days=50)
    rows = [
        Registration(f"bench-{n}", "enterprise", Both(f"厂 {n}", f"Works {n}"), "130100", "benchmark")
        for n in range(FIRMS)
    ]
    item = catalogue.material("SUIT-GB").id
    units = organisations.register(rows, by=by, at=before)
    lines = [
        production.register_line(
            production.LineRegistration(unit, item, "1#", "running", 1000, "benchmark", 0),
            by=by,
            at=before,
            idem=uuid4(),
        )
        for unit in units.values()
    ]
    return by, lines
