"""Makers of Hubei 2020: real firms with what was published of them; demo plants with simulated lines, labelled so.

The replay sends what was published as sent, out of a few demo plants; so their capacity is simulated too, a little
above their largest day, and says so. What was published of the nation's capacity (30,000 suits of the Chinese standard
and 50,000 of the European one a day on 29 January, 600,000 N95 on 1 February) stands among the publications.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.production import operations as production
from qipan.production import queries as production_reads
from qipan.production.operations import Daily, LineRegistration
from qipan.server.replay.hubei_cast import OPENING, PASSWORD, PLANTS, Cast, read_rows
from qipan.server.replay.script import key

CAPACITY = {
    "SUIT-GB": 13_000, "SUIT-EM": 5_500, "MASK-MED-N95": 28_000, "GOG": 9_500, "SHIELD": 14_000, "THERM-AUTO": 100,
    "DIS-HAND": 3, "DIS-84": 13_000, "AMB-NP": 20, "MON": 800,
}  # fmt: skip
"""Simulated capacity of a demo plant per weight and day, in units of report."""
PRODUCTS = {"防护服": "SUIT-GB", "N95": "MASK-MED-N95", "医用口罩": "MASK-SURG"}
"""Words of the list of factories, by the item they mean."""
WATCHED = "320500"
"""The demo plant with a reporter and a resident commissioner of its own."""
SEES_MORE = 29
"""The commissioner of the watched plant counts one suit in so many fewer than the firm says."""


def register_makers(cast: Cast, folder: Path) -> None:
    """Register the lines of the demo plants and of the real firms whose capacity was stated, and who speaks there."""
    by_code = {row.code: row.id for row in organisation_reads.organisations().values()}
    for code, sources in PLANTS.items():
        item = catalogue.material(code)
        for source, weight in sources:
            capacity = item.to_grains(CAPACITY[code] * weight, item.report_unit_zh)
            wanted = LineRegistration(
                by_code[f"plant-{source}"], item.id, "1#", "running", capacity, "simulated",
                release_days=0, is_simulated=True,
            )  # fmt: skip
            cast.lines[source, code] = production.register_line(
                wanted, by=cast.director, at=OPENING, idem=key("line", source, code)
            )
    for row in read_rows(folder, "factories.csv"):
        known = PRODUCTS.get(row["product"])
        if known and row["daily_or_stated_capacity"].isdigit():
            item = catalogue.material(known)
            wanted = LineRegistration(
                by_code[f"firm-{row['id']}"], item.id, row["product"], "resuming",
                item.to_grains(int(row["daily_or_stated_capacity"])), row["url"][:200], release_days=0,
            )  # fmt: skip
            production.register_line(wanted, by=cast.director, at=OPENING, idem=key("line", row["id"], known))
    watched = by_code[f"plant-{WATCHED}"]
    for name, office, zh, en in (
        ("maker", "maker", "企业填报员（演示）", "Firm's reporter (demo)"),
        ("commissioner", "commissioner", "驻企特派员（演示）", "Resident commissioner (demo)"),
    ):
        organisations.appoint(
            name, name=Both(zh, en), office=office, region=WATCHED, at=OPENING, password=PASSWORD,
            organisation=watched, is_simulated=True,
        )  # fmt: skip
    production.list_makers(
        [by_code[f"plant-{source}"] for source in sorted({s for pairs in PLANTS.values() for s, _weight in pairs})],
        list_name="dispatch", is_member=True, authority="simulated list", by=cast.director, at=OPENING,
        idem=key("dispatch"),
    )  # fmt: skip


def report_output(cast: Cast, source: str, rows: list[tuple[str, int]], *, what: str) -> None:
    """A plant's reports of the running day, in units of report: what it makes now on top of what it has said today."""
    now = clock.now()
    day = clock.day_of(now + timedelta(seconds=1))
    made: dict[str, int] = defaultdict(int)
    for code, quantity in rows:
        item = catalogue.material(code)
        made[code] += item.to_grains(quantity, item.report_unit_zh)
    lines = {code: cast.lines[source, code] for code in made}
    said = {
        row.line_id: row.output
        for row in production_reads.reports(Cut(now), first=day, last=day, line_ids=lines.values())
        if row.voice == "firm"
    }
    reports = []
    for code, grains in made.items():
        output = said.get(lines[code], 0) + grains
        reports.append(
            Daily(lines[code], day, "firm", output, output, 0, opening=0, source="replay", is_simulated=True)
        )
    production.submit_daily_reports(reports, by=cast.director, idem=key("output", source, what))
    if source == WATCHED:
        counted = [
            Daily(r.line, day, "commissioner", r.output - r.output // SEES_MORE, 0, 0, opening=0,
                  note="counted at the packing table (simulated)", source="replay", is_simulated=True)
            for r in reports
        ]  # fmt: skip
        production.submit_daily_reports(counted, by=cast.director, idem=key("counted", source, what))
