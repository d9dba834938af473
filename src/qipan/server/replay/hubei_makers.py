"""Makers of Hubei 2020: real firms with what was published of them; demo plants with simulated lines, labelled so.

The replay sends what was published as sent, out of a few demo plants; so their capacity is simulated too, a little
above their largest day, and says so. What was published of the nation's capacity (30,000 suits of the Chinese standard
and 50,000 of the European one a day on 29 January, 600,000 N95 on 1 February) stands among the publications.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.organisations.operations import Registration
from qipan.production import operations as production
from qipan.production import queries as production_reads
from qipan.production.operations import CommissionText, Daily, LineRegistration, TicketText
from qipan.server.replay.hubei_cast import OPENING, PASSWORD, PLANTS, Cast, read_rows
from qipan.server.replay.script import Script, key

CAPACITY = {
    "SUIT-GB": 13_000, "SUIT-EM": 5_500, "MASK-MED-N95": 28_000, "GOG": 9_500, "SHIELD": 14_000, "THERM-AUTO": 100,
    "DIS-HAND": 3, "DIS-84": 13_000, "AMB-NP": 20, "MON": 800,
}  # fmt: skip
"""Simulated capacity of a demo plant per weight and day, in units of report."""
PRODUCTS = {"防护服": "SUIT-GB", "N95": "MASK-MED-N95", "医用口罩": "MASK-SURG"}
"""Words of the list of factories, by the item they mean."""
GROUND = "按回放最大日产量设定（模拟） · set for the replay (simulated)"
WATCHED = "320500"
"""The demo plant with a reporter and a resident commissioner of its own."""
SUIT_MAKERS = ("130100", "310000", "320500", "330300", "340800", "370200", "410700", "440100")
"""Demo plants that make suits."""
SCREENED = ("130600", "320600", "340100", "370100", "370700", "410100", "410500")
"""Where the other demo enterprises of the screened list are, so that it has fifteen as published."""
SENT_AT = datetime(2020, 1, 29, 18, 0, tzinfo=clock.CST)
SENT = 26
HINDRANCES = (
    (
        "130100",
        "SUIT-GB",
        "material",
        "覆膜无纺布只够两天（模拟） · laminated fabric for two days (simulated)",
        "industry",
        3,
    ),
    (
        "340800",
        "SUIT-GB",
        "transport",
        "原料车在省界滞留（模拟） · raw material held at the border (simulated)",
        "transport",
        1,
    ),
    (
        "410700",
        "SUIT-GB",
        "people",
        "缝纫和压胶工人未返岗（模拟） · sewers and sealers not back (simulated)",
        "labour",
        6,
    ),
    ("330300", "SUIT-EM", "licence", "缺国内生产资质（模拟） · no domestic licence (simulated)", "drug", 10),
)
"""One hindrance of each of the four published kinds, on a demo line."""
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
                by_code[f"plant-{source}"], item.id, "1#", "running", capacity, GROUND,
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
    organisations.list_enterprises(
        [by_code[f"plant-{source}"] for source in sorted({s for pairs in PLANTS.values() for s, _weight in pairs})],
        list_name="dispatch", is_member=True, authority="simulated list", by=cast.director, at=OPENING,
        idem=key("dispatch"),
    )  # fmt: skip


def write_field(script: Script, cast: Cast) -> None:
    """The evening of 29 January: fifteen makers are listed, twenty-six commissioners sent, hindrances written down."""

    def send() -> None:
        by_code = {row.code: row.id for row in organisation_reads.organisations().values()}
        rows = []
        for region in SCREENED:
            name = organisation_reads.region(region).name
            both = Both(f"{name.zh}演示防护服企业", f"{name.en} demo suit maker")
            rows.append(Registration(f"maker-{region}", "enterprise", both, region, "simulated", is_simulated=True))
        made = organisations.register(rows, by=cast.director, at=clock.now())
        firms = [by_code[f"plant-{region}"] for region in SUIT_MAKERS] + list(made.values())
        wanted = [
            CommissionText(
                firms[n % len(firms)], f"特派员{n + 1:02d}（演示）", wave=1, is_lead=n < len(firms), is_simulated=True
            )
            for n in range(SENT)
        ]
        authority = "工业和信息化部（公布人数；派驻到企业为模拟）"
        production.send_commissioners(
            wanted, authority=authority, by=cast.director, at=clock.now(), idem=key("commissioners")
        )
        organisations.list_enterprises(
            firms, list_name="key", is_member=True, authority="simulated list of fifteen", by=cast.director,
            at=clock.now(), idem=key("key makers"),
        )  # fmt: skip
        for region, item, kind, title, owner, days in HINDRANCES:
            text = TicketText(
                cast.lines[region, item], kind, title, owner, clock.now() + timedelta(days=days), is_simulated=True
            )
            production.open_ticket(text, by=cast.director, at=clock.now(), idem=key("ticket", kind))

    script.write(SENT_AT, "commissioners sent to fifteen makers", send)


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
