"""What MIIT said on 30 January 2020, summed from the ledger although the case has gone on to 19 February.

"截至1月29日24时，协调各地防护服厂家发货8.1万件，已运抵湖北6.84万件；医用护目镜发货10.2万副，已运抵7.83万副；
全自动红外测温仪发货30台，已运抵10台；N95口罩12.81万个、免洗手消毒液5吨、84消毒液3.2万箱，都已运抵湖北。"
And what was said on 2, 7 and 13 February.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from qipan.allocation import queries as allocation
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.kernel import clock, sealing
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut, find, published
from qipan.organisations import queries as organisations
from qipan.organisations.models import Person
from qipan.server.replay import hubei
from qipan.server.replay.hubei_cast import hospital_code
from qipan.server.replay.script import case_folder
from qipan.stock import operations as ledger
from qipan.stock import queries as stock

pytestmark = pytest.mark.usefixtures("hubei")
THEN = clock.read_instant("2020-01-29T24:00")
END = clock.read_instant("2020-02-19T24:00")
SAID_30_JANUARY = (
    ("SUIT-GB", "件", 81_000, 68_400),
    ("GOG", "副", 102_000, 78_300),
    ("THERM-AUTO", "台", 30, 10),
    ("MASK-MED-N95", "只", 128_100, 128_100),
    ("DIS-HAND", "吨", 5, 5),
    ("DIS-84", "箱", 32_000, 32_000),
)


def _figure(at: str, item: str, *, place: str = "420000", known_at: str = "") -> dict[str, Any]:
    cut = Cut(clock.read_instant(at), clock.read_instant(known_at) if known_at else None, place, item)
    (row,) = find("transport.shipped_and_arrived").read(cut).rows
    return row


def _moved(item: str, at: str, kind: str, *, region: str = "42%") -> Fraction:
    """Movements of a kind on roads into a region by an instant, in units of report: a sum of our own."""
    material = catalogue.material(item)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(m.qty), 0) FROM stock_movement m JOIN stock_account a ON a.id IN (m.src_id, m.dst_id)"
            " WHERE a.kind = 'road' AND a.region_code LIKE %s AND m.material_id = %s AND m.kind = %s"
            " AND m.occurred_at <= %s AND m.id NOT IN (SELECT reverses_id FROM stock_movement WHERE reverses_id > 0)",
            [region, material.id, kind, clock.read_instant(at)],
        )
        return material.reported(int(cursor.fetchone()[0]))


def _rows(name: str) -> list[dict[str, str]]:
    with (case_folder("hubei-2020") / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("item", "unit", "shipped", "arrived"), SAID_30_JANUARY)
def test_what_was_said_on_30_january_is_a_sum_over_movements(item: str, unit: str, shipped: int, arrived: int) -> None:
    assert (_moved(item, "2020-01-29T24:00", "depart"), _moved(item, "2020-01-29T24:00", "receive")) == (
        shipped,
        arrived,
    )
    row = _figure("2020-01-29T24:00", item)
    assert (row["shipped"], row["arrived"], row["in_transit"]) == (shipped, arrived, shipped - arrived)
    assert (row["published_shipped"], row["published_arrived"], row["difference"]) == (shipped, arrived, 0)
    assert row["unit"].zh == unit


@pytest.mark.parametrize(
    ("language", "head", "words"),
    [
        ("zh-hans", "发货与到货 · 湖北省 · 2020年1月29日 24:00", ("已发货", "81,000", "68,400", "12,600")),
        ("en", "Shipped and arrived · Hubei · 29 Jan 2020 24:00", ("Shipped", "81,000", "68,400", "12,600")),
    ],
)
def test_the_briefing_says_it_in_the_readers_language(language: str, head: str, words: tuple[str, ...]) -> None:
    with translation.override(language):
        lines = hubei.briefing(THEN)
    assert lines[0] == head
    assert all(word in lines[1] for word in ("SUIT-GB", *words))
    assert bool(re.search(r"[\u4e00-\u9fff]", "".join(lines))) == (language == "zh-hans")


def test_the_api_says_the_same_though_the_case_has_gone_on() -> None:
    client = Client()
    with clock.held_at(END):
        client.force_login(Person.objects.get(username="press"))
        address = "/api/v1/figures/transport.shipped_and_arrived?place=420000&as_of=2020-01-29T24:00"
        rows = {row["item_code"]: row for row in client.get(address).json()["rows"]}
    said = {item: (shipped, arrived) for item, _unit, shipped, arrived in SAID_30_JANUARY}
    assert {item: (rows[item]["shipped"], rows[item]["arrived"]) for item in said} == said


def test_the_case_has_gone_on_since() -> None:
    assert _figure("2020-02-12T24:00", "SUIT-GB")["shipped"] > 81_000


def test_what_is_booked_late_does_not_change_what_was_known_then() -> None:
    suits = catalogue.material("SUIT-GB").id
    stores = {row.id for row in stock.accounts(kinds=("store",)).values() if row.code.startswith("plant/")}
    plant = next(h.account for h in stock.free_now(stores) if h.item == suits and h.onhand > h.held)
    road = next(row.id for row in stock.accounts(kinds=("road",)).values() if row.region.startswith("42"))
    with clock.held_at(END):
        line = ledger.Transfer("depart", suits, plant, road, 1, "late")
        ledger.post_batch([line], by=Actor(1, "late"), idem=uuid4(), at=THEN)
        sealing.seal()
    assert _figure("2020-01-29T24:00", "SUIT-GB")["shipped"] == 81_001
    assert _figure("2020-01-29T24:00", "SUIT-GB", known_at="2020-01-30T08:00")["shipped"] == 81_000


def test_eu_suits_reach_wuhan_at_more_than_10_000_a_day() -> None:
    days = {
        day: arrived
        for day, _left, arrived in stock.flow_days(item=catalogue.material("SUIT-EM").id, as_of=THEN, like="4201%")
    }
    assert [days[date(2020, 1, n)] > 10_000 for n in (27, 28, 29)] == [True, True, True]
    (said,) = published(place="420100", metrics=("arrived_per_day",), as_of=THEN)
    assert (said.subject, said.value, said.qualifier) == ("SUIT-EM", 10_000, "more_than")


def test_the_rate_of_eu_suits_is_never_shown_beside_a_cumulative_sum() -> None:
    row = _figure("2020-01-29T24:00", "SUIT-EM", place="420100")
    assert (row["published_arrived"], row["difference"]) == (None, None)


def test_suits_on_1_february() -> None:
    row = _figure("2020-02-01T24:00", "SUIT-GB")
    assert (row["shipped"], row["arrived"], row["difference"]) == (136_000, 117_000, 0)


def test_the_break_in_the_goggles_series_is_shown() -> None:
    goggles, shields = _figure("2020-02-01T24:00", "GOG"), _figure("2020-02-01T24:00", "SHIELD")
    assert (goggles["published_shipped"], goggles["published_arrived"]) == (188_000, 110_000)
    assert (goggles["shipped"] + shields["shipped"], goggles["arrived"] + shields["arrived"]) == (188_000, 110_000)
    assert "includes medical isolation face shields" in goggles["published_note"].en
    assert "face shields" not in _figure("2020-01-29T24:00", "GOG")["published_note"].en


def test_where_we_and_the_press_differ_both_are_shown() -> None:
    row = _figure("2020-02-01T24:00", "MASK-MED-N95")
    assert (row["arrived"], row["published_arrived"], row["difference"]) == (131_100, 110_000, 21_100)
    assert "more than" in row["published_note"].en


@pytest.mark.parametrize(
    ("item", "need", "on_hand", "gap"),
    [("SUIT-GB", 59_900, 18_500, 41_400), ("MASK-MED-N95", 119_000, 62_200, 56_800), ("GOG", 22_500, 3_300, 19_200)],
)
def test_the_gap_of_wuhan_on_6_february(item: str, need: int, on_hand: int, gap: int) -> None:
    cut = Cut(clock.read_instant("2020-02-06T24:00"), place="420100", item=item)
    (row,) = find("demand.gap").read(cut).rows
    assert (row["voice"], row["need"], row["on_hand"], row["in_transit"], row["gap"]) == (
        "official",
        need,
        on_hand,
        0,
        gap,
    )
    assert row["shortage_grade"].zh == "严重短缺"


def test_one_batch_was_planned_approved_by_another_person_and_issued_with_its_certificate() -> None:
    (batch,), total = allocation.batches(Cut(clock.read_instant("2020-02-07T08:00")))
    assert (total, batch.number, batch.state, batch.is_proven) == (1, 1, "issued", True)
    planned, approved, issued = batch.steps
    assert planned.actor_id not in (approved.actor_id, issued.actor_id)
    assert all(f["feasible"] and f["fair"] and f["gap"] == 0 and not f["faults"] for f in batch.certificate["families"])


def test_eu_suits_of_the_batch_go_to_isolation_wards_only() -> None:
    needs, _total = allocation.needs(_batch_id(), limit=10_000)
    served = {(line.item.code, need.zone) for need in needs for line in need.lines}
    assert {zone for item, zone in served if item == "SUIT-EM"} == {"ISO"}
    assert ("SUIT-GB", "ICU") in served


def _batch_id() -> int:
    found = allocation.batch(1, Cut(END))
    assert found is not None
    return found.id


def test_suits_that_arrived_by_12_february() -> None:
    row = _figure("2020-02-12T24:00", "SUIT-GB")
    assert _moved("SUIT-GB", "2020-02-12T24:00", "receive") == 726_700
    assert (row["arrived"], row["published_arrived"], row["difference"]) == (726_700, 726_700, 0)


def test_the_history_of_requests_ends_where_the_table_of_requests_stands() -> None:
    wanted = {
        (hospital_code(r["city_code"], r["hospital"]), r["item"]): (
            int(r["value"]) if r["meaning"] == "quantity" else None
        )
        for r in _rows("hospital_requests.csv")
    }
    units = organisations.organisations(kinds=("hospital",))
    found = {
        (units[s.organisation].code, s.item_text): s.quantity
        for s in demand.stated(Cut(END))
        if s.source.startswith("request_changes.csv")
    }
    assert len(wanted) == 1_519
    assert {key: (wanted.get(key), found.get(key)) for key in wanted.keys() ^ found.keys()} == {}
    assert [key for key in wanted if wanted[key] != found[key]] == []


def test_a_request_without_a_number_stays_without_a_number() -> None:
    meanings = {r["meaning"]: bool(r["value"]) for r in _rows("hospital_requests.csv")}
    assert meanings == {"requested_no_quantity": False, "quantity": True}
    assert (
        sum(s.quantity is None for s in demand.stated(Cut(END)) if s.source.startswith("request_changes.csv")) == 1_395
    )


def test_case_counts_that_fell_are_kept_and_marked_as_revisions() -> None:
    by_region: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in _rows("province_daily.csv") + _rows("hubei_city_daily.csv"):
        if row["as_of_date"] <= "2020-02-19":
            by_region[row["region_code"]].append((date.fromisoformat(row["as_of_date"]), int(row["confirmed_cum"])))
    falls = {}
    for region, counts in by_region.items():
        ordered = sorted(counts)
        falls[region] = [day for (_day, before), (day, after) in pairwise(ordered) if after < before]
    assert sum(map(len, falls.values())) > 0
    for region, counts in by_region.items():
        kept = demand.case_counts(region, as_of=END)
        assert [(clock.day_of(row.at), row.confirmed) for row in kept] == sorted(counts)
        assert [clock.day_of(row.at) for row in kept if row.is_revision] == falls[region]


def test_nothing_is_created_or_lost_over_the_whole_case() -> None:
    kinds = {row.id: row.kind for row in stock.accounts().values()}
    sums: dict[int, int] = defaultdict(int)
    for (account, item), grains in stock.total_by_kind().items():
        sums[item] += grains
        assert kinds[account] in ("source", "sink") or grains >= 0
        assert kinds[account] != "source" or _is_implied(account) or grains <= 0
    assert set(sums.values()) == {0}


def _is_implied(account: int) -> bool:
    """``outside/implied`` also takes back what Wuhan's published gap says is not there."""
    return stock.accounts()[account].code == "outside/implied"


def test_present_balances_are_the_sums_of_their_movements() -> None:
    sums = {key: grains for key, grains in stock.total_by_kind().items() if grains}
    kinds = {row.id: row.kind for row in stock.accounts().values()}
    present: dict[tuple[int, int], int] = defaultdict(int)
    for holding in stock.free_now(kinds):
        present[(holding.account, holding.item)] += holding.onhand
    assert dict(present) == {key: grains for key, grains in sums.items() if kinds[key[0]] in ("store", "road")}


def test_what_left_has_arrived_is_on_the_road_or_is_missing_with_a_reason() -> None:
    roads = sum(h.onhand for h in stock.balances(as_of=END, kinds=("road",)))
    flows = stock.flows(as_of=END)
    assert roads == sum(f.in_transit for f in flows) > 0


def test_twenty_six_commissioners_are_at_fifteen_makers() -> None:
    """ "15家防护服生产企业……派出由司局长带队的26名驻企特派员": the numbers are published, who is where is simulated."""
    rows = find("production.commissioners").read(Cut(THEN)).rows
    sums = [sum(row[key] for row in rows) for key in ("firms", "commissioners", "simulated")]
    assert sums == [15, 26, 26]
    assert find("production.commissioners").read(Cut(clock.read_instant("2020-01-28T24:00"))).rows == []


def test_the_four_kinds_of_hindrance_are_open() -> None:
    rows = find("production.bottlenecks").read(Cut(THEN)).rows
    assert sum(row["open"] for row in rows) == 4
    assert len({row["kind"] for row in rows}) == 4
