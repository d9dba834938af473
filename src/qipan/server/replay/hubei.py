"""The case hubei-2020: 23 January to 19 February 2020, every act at its instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.catalogue import operations as catalogue_writes
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand_reads
from qipan.kernel import clock, figures
from qipan.kernel.figures import Cut
from qipan.kernel.models import Publication
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.server import worker
from qipan.server.replay.hubei_cast import OPENING, PLANTS, Cast, gather_cast, read_rows
from qipan.server.replay.hubei_flows import (
    write_last_loads,
    write_loads,
    write_receipt,
)
from qipan.server.replay.hubei_makers import register_makers, report_output, write_field
from qipan.server.replay.hubei_needs import UNITS_MOST, WITHOUT_BOOKS, WUHAN_DAY, shares, unit_weight, write_needs
from qipan.server.replay.script import Say, Script, case_folder, key
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport import operations as transport
from qipan.ui import format

CASE = "hubei-2020"
END = datetime(2020, 2, 12, 24 - 1, 59, tzinfo=clock.CST) + timedelta(minutes=1)
IMPLIED_AT = datetime(2020, 2, 6, 22, 0, tzinfo=clock.CST)
DEADLINE = datetime(2020, 2, 8, 22, 30, tzinfo=clock.CST)
WORST_HIT = ["420100", "420900", "421100"]
CONTROLLED = (
    "SUIT-GB", "SUIT-GB-RAD", "SUIT-EM", "SUIT-IMP", "MASK-MED-N95", "GOG", "AMB-NP", "DRUG-LISTED",
)  # fmt: skip
POLICY_TIERS = (
    {
        "name_zh": "疫情重灾区隔离病区",
        "name_en": "Worst-hit areas, isolation ICU and wards",
        "regions": WORST_HIT,
        "zones": ["ICU", "ISO"],
    },
    {"name_zh": "重点防控单位", "name_en": "Key units", "is_key_unit": True},
    {"name_zh": "一线医务人员", "name_en": "Front-line staff", "zones": ["ICU", "ISO", "FEV"]},
    {"name_zh": "其他", "name_en": "Others"},
)
BATCH_OUTPUT = {"SUIT-GB": 22_000, "SUIT-EM": 9_000, "MASK-MED-N95": 70_000, "GOG": 11_000}
RESERVES = {"SUIT-GB": 16, "MASK-MED-N95": 24, "GOG": 7}
"""Simulated opening stock of a provincial reserve per million people."""


def play(until: datetime, say: Say) -> Cast:
    """Play the case up to ``until``; returns the cast.

    Figures published for 29 January, 1, 6 and 12 February are hit to the piece by sums over movements.
    """
    folder = case_folder(CASE)
    script = Script(at_cut=worker.pass_cut)
    with clock.held_at(OPENING):
        catalogue_writes.load_catalogue()
        cast = gather_cast(folder)
        register_makers(cast, folder)
        _rules(cast)
        _reserves(cast)
    publish_figures(script, folder)
    write_needs(script, cast, folder)
    write_loads(script, cast)
    write_field(script, cast)
    _use(script, cast)
    script.write(IMPLIED_AT, "stock implied by Wuhan's published gap", lambda: _imply(cast))
    _batch(script, cast)
    script.write(
        datetime(2020, 2, 12, 18, tzinfo=clock.CST),
        "free stock for the next batch",
        lambda: _output(cast, "free"),
    )
    script.play(until, say)
    return cast


def _rules(cast: Cast) -> None:
    duty = cast.actors["duty"]
    notice = catalogue_writes.DeclarationText(
        Both(
            "关于组织做好疫情防控重点物资生产企业复工复产和调度安排工作的紧急通知",
            "Urgent notice on restarting makers of key supplies and allocating them",
        ),
        "国办发明电〔2020〕2号",
        "国务院办公厅",
        controlled=CONTROLLED,
    )
    catalogue_writes.declare_emergency(
        notice, by=duty, at=datetime(2020, 1, 29, tzinfo=clock.CST), idem=key("emergency", 1)
    )
    text = allocation.PolicyText(
        Both("重灾区优先", "Worst hit first"),
        "保障疫情重灾区、重点防控单位、一线医务人员（山西省新闻发布会 2020-02-07）；全国统一调拨（工信部 2020-01-30）",
        POLICY_TIERS,
    )
    allocation.state_policy("worst-hit-first", text, version=1, by=duty, at=OPENING, idem=key("policy", 1))


def _reserves(cast: Cast) -> None:
    """Simulated opening stock of the provincial reserves, by population."""
    people = organisations.populations(cast.reserves)
    rng = Random(20200123)
    lines = []
    for region in sorted(set(cast.reserves) - WITHOUT_BOOKS):
        for code, per_million in RESERVES.items():
            item = catalogue.material(code)
            quantity = int(people.get(region, 10_000_000) / 1e6 * per_million * rng.uniform(0.6, 1.4))
            lines.append(
                stock.Transfer(
                    "opening", item.id, cast.accounts["outside/opening"], cast.accounts[f"reserve/{region}"],
                    item.to_grains(max(quantity, 10)), "opening/2020-01-23", basis="simulated",
                )
            )  # fmt: skip
    stock.post_batch(lines, by=cast.director, idem=key("reserves"), at=OPENING)


def publish_figures(script: Script, folder: Path) -> None:
    """Every published figure, as it was said, on the morning of the day it was published."""
    codes = {row["published"]: row["code"] for row in read_rows(case_folder(CASE), "items.csv")}
    for row in read_rows(folder, "figures.csv"):
        published_on = datetime.fromisoformat(row["published"]).date()
        period = row["as_of"]
        publication = Publication(
            at=clock.read_instant(period.split("/")[-1]),
            period=period,
            place=row["region_code"],
            subject=codes.get(row["item"], ""),
            subject_as_published=row["item"],
            metric=row["metric"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            qualifier=row["qualifier"],
            publisher=row["publisher"],
            outlet=row["outlet"],
            published_on=published_on,
            note=row["note"],
        )
        script.write(
            clock.start_of(published_on) + timedelta(hours=7),
            f"published: {row['item']} {row['metric']}",
            partial(_publish, publication),
        )


def _publish(publication: Publication) -> None:
    figures.publish([publication])


def _use(script: Script, cast: Cast) -> None:
    """Simulated use: each evening three fifths of what units hold of consumables is used up."""
    for day in range(23, 45):
        if day == 37:  # 6 February: the implied stock stands instead
            continue
        at = datetime(2020, 1, 1, 23, 30, tzinfo=clock.CST) + timedelta(days=day - 1)
        script.write(at, "use at the units (simulated)", lambda: _use_up(cast))


def _use_up(cast: Cast) -> None:
    materials = catalogue.materials()
    stores = {cast.accounts[c]: c for c in cast.accounts if c.startswith("unit/")}
    lines = [
        stock.Transfer(
            "use",
            h.item,
            h.account,
            cast.accounts["outside/use"],
            h.onhand * 3 // 5,
            f"use/{clock.today()}",
            basis="simulated",
        )
        for h in stock_reads.free_now(stores)
        if not materials[h.item].is_durable and h.onhand * 3 // 5
    ]
    if lines:
        stock.post_batch(lines, by=cast.director, idem=key("use", clock.today()), at=clock.now())


def _imply(cast: Cast) -> None:
    """Book what Wuhan's published need and gap imply to be on hand: need − gap, spread over its units."""
    lines = []
    units = sorted(cast.units["420100"])[: UNITS_MOST["420100"]]
    codes = {place.id: place.code for place in organisations.places(kinds=("unit",)).values()}
    accounts = {unit: cast.accounts[f"unit/{codes[cast.unit_places[unit]]}"] for unit in units}
    every = [cast.accounts[f"unit/{codes[cast.unit_places[unit]]}"] for unit in cast.units["420100"]]
    present = {(h.account, h.item): h.onhand for h in stock_reads.free_now(every)}
    outside = cast.accounts["outside/implied"]
    for code, (need, gap) in WUHAN_DAY.items():
        item = catalogue.material(code)
        targets = dict(zip(accounts.values(), shares(need - gap, [unit_weight(u) ** 2 for u in units]), strict=True))
        for account in every:
            difference = item.to_grains(targets.get(account, 0)) - present.get((account, item.id), 0)
            if difference:
                src, dst = (outside, account) if difference > 0 else (account, outside)
                lines.append(
                    stock.Transfer(
                        "implied",
                        item.id,
                        src,
                        dst,
                        abs(difference),
                        "implied/420100/2020-02-06",
                        basis="implied",
                    )
                )
    stock.post_batch(lines, by=cast.director, idem=key("implied"), at=clock.now())


def _output(cast: Cast, what: str) -> None:
    """Simulated output that is free for a batch."""
    for code, total in BATCH_OUTPUT.items():
        sources = PLANTS[code]
        for (source, _w), quantity in zip(sources, shares(total, [w for _s, w in sources]), strict=True):
            report_output(cast, source, [(code, quantity)], what=f"{what}/{code}")


def _batch(script: Script, cast: Cast) -> None:
    """The evening of 6 February: one batch planned, approved by another person, issued; its loads follow."""
    at = datetime(2020, 2, 6, 22, 30, tzinfo=clock.CST)
    number: list[int] = []

    def plan() -> None:
        number.append(
            allocation.plan_batch(
                by=cast.actors["duty"], idem=key("plan", 1), at=clock.now(), policy="worst-hit-first", deadline=DEADLINE,
                title=Both("湖北防护物资", "Protective goods for Hubei"), items=list(WUHAN_DAY), place="420000",
            )
        )  # fmt: skip

    def approve() -> None:
        allocation.approve_batch(number[0], by=cast.actors["approver"], at=clock.now(), idem=key("approve", 1))

    def issue() -> None:
        allocation.issue_batch(number[0], by=cast.actors["approver"], at=clock.now(), idem=key("issue", 1))
        received = _write_batch_loads(script, cast, number[0])
        write_last_loads(script, cast, received)

    script.write(at - timedelta(minutes=10), "output free for the batch (simulated)", lambda: _output(cast, "batch"))
    script.write(at, "batch 1 planned", plan)
    script.write(at + timedelta(minutes=30), "batch 1 approved", approve)
    script.write(at + timedelta(minutes=50), "batch 1 issued", issue)


def _write_batch_loads(script: Script, cast: Cast, number: int) -> dict[str, int]:
    """One load per store and receiver on 7 February; one late, one short. Returns what will be received."""
    rng = Random(20200207)
    materials = catalogue.materials()
    groups: dict[tuple[int, int], list[allocation_reads.IssuedLine]] = {}
    for line in allocation_reads.lines_to_load(number):
        groups.setdefault((line.source_place, line.consignee_place), []).append(line)
    received: dict[str, int] = {}
    for at, (_key, lines) in enumerate(sorted(groups.items())):
        first = materials[lines[0].item]
        short = first.to_grains(min(40, int(first.from_grains(lines[0].qty)) // 2)) if at == 3 else 0
        _write_batch_load(script, cast, lines, at, short, rng)
        for line in lines:
            item = materials[line.item]
            received[item.code] = received.get(item.code, 0) + int(item.from_grains(line.qty))
        received[first.code] -= int(first.from_grains(short))
    return received


def _write_batch_load(
    script: Script, cast: Cast, lines: list[allocation_reads.IssuedLine], at: int, short: int, rng: Random
) -> None:
    leaves = datetime(2020, 2, 7, 6, 0, tzinfo=clock.CST) + timedelta(minutes=rng.randrange(0, 300))
    comes = datetime(2020, 2, 8, 8, 0, tzinfo=clock.CST) + timedelta(minutes=rng.randrange(0, 700))
    planned = comes + timedelta(minutes=-150 if at % 11 == 5 else 60)
    vehicle = transport.Vehicle(
        f"演F·{at + 1:04d}", f"驾驶员{at % 60 + 1:02d}（演示）", f"押运人{at % 60 + 1:02d}（演示）",
        f"000-0000-{at % 60 + 1:04d}",
    )  # fmt: skip
    number: list[str] = []

    def load_and_leave() -> None:
        number.append(
            transport.load_batch_lines(
                [line.id for line in lines], by=cast.director, idem=key("batch-load", at), at=clock.now(), vehicle=vehicle,
                planned_arrival=planned, is_simulated=True,
            )
        )  # fmt: skip
        transport.depart(number[0], by=cast.director, at=clock.now(), idem=key("batch-depart", at))

    script.write(leaves, "a load of batch 1 leaves", load_and_leave)
    write_receipt(script, cast, number, comes, ("batch 1", at), short)


def briefing(as_of: datetime) -> list[str]:
    """The lines `qipan demo --no-serve` prints, in the language in force: shipped and arrived, and Wuhan's gap."""
    found = figures.find("transport.shipped_and_arrived")
    place = organisations.region("420000").name
    lines = [f"{found.title} · {place} · {format.instant(as_of, get_language() or '', year=None)}"]
    for row in found.read(Cut(as_of, place="420000")).rows:
        words = [
            f"{_('Shipped')} {format.figure(row['shipped']):>9}",
            f"{_('Arrived')} {format.figure(row['arrived']):>9}",
            f"{_('In transit')} {format.figure(row['in_transit']):>7}",
        ]
        if row["published_arrived"] is not None:
            said = [format.figure(row[key]) for key in ("published_shipped", "published_arrived")]
            words.append(f"{_('published')} {said[0]} / {said[1]}")
        lines.append(f"  {row['item_code']:<13}{'   '.join(words)}   {row['item']}, {row['unit']}")
    for gap in demand_reads.gap_by_place(Cut(as_of, place="420100")):
        if gap.voice == "official":
            need, have, coming, missing = (
                format.figure(gap.item.from_grains(grains))
                for grains in (gap.need, gap.on_hand, gap.in_transit, gap.gap)
            )
            lines.append(
                f"  {gap.place} {gap.item.code}: {_('Need')} {need} · {_('On hand')} {have} · {_('In transit')} {coming}"
                f" · {_('Gap')} {missing} · {gap.grade.name}"
            )
    return lines
