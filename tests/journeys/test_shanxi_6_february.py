"""What Shanxi's industry department said on 7 February 2020, read from the books although the case has gone on.

28 disinfectant makers, 8 products, 4 categories; 28 batches, 32 kinds, more than 50 key units; 16 commissioners at 13
firms in 3 waves; 13 temporary permits, 8 in the dispatch scope; not before 9 February 24:00; 44 measures; 976 firms
resumed and more than 1,100 expected by 9 February; CNY 20 million of working capital.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.figures import Cut, find, published
from qipan.organisations import queries as organisations
from qipan.organisations.models import Person
from qipan.production import queries as production
from qipan.resumption import forecasting
from qipan.resumption import queries as resumption
from qipan.transport.models import ShipmentLine

pytestmark = pytest.mark.usefixtures("shanxi_case")
THEN = clock.read_instant("2020-02-06T24:00")
NOW = clock.read_instant("2020-02-10T08:00")
CUT = Cut(THEN, place="140000")


@pytest.fixture(autouse=True)
def _later() -> Any:
    with clock.held_at(NOW):
        yield


def _officer() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(username="shanxi"))
    return client


def _row(key: str, **where: str) -> dict[str, Any]:
    (row,) = (row for row in find(key).read(CUT).rows if all(row[k] == v for k, v in where.items()))
    return row


def test_28_makers_of_8_products() -> None:
    lines = production.lines(CUT)
    assert len({line.unit_id for line in lines}) == 28
    assert len({line.item.code for line in lines}) == 8
    assert len(find("production.daily_output").read(CUT).rows) == 8


def test_4_categories() -> None:
    roots = {code for code, _name, above in catalogue.categories() if not above}
    assert len(roots - {"INPUT"}) == 4


def test_28_batches_of_32_kinds_for_more_than_50_key_units() -> None:
    rows = find("allocation.batches").read(CUT).rows
    assert [row["state"] for row in rows] == ["issued"] * 28
    loaded = ShipmentLine.objects.filter(shipment__known_at__lte=THEN)
    assert len(set(loaded.values_list("material_id", flat=True))) == 32
    assert len({code for row in rows for code in row["items"].zh.split("、")}) == 32
    key = {row.unit.id for row in organisations.key_list(THEN)}
    supplied = set(loaded.values_list("shipment__consignee_place__holder_id", flat=True))
    assert len(supplied & key) > 50


def test_16_commissioners_at_13_firms_in_3_waves() -> None:
    row = _row("production.commissioners")
    assert (row["commissioners"], row["firms"], row["waves"]) == (16, 13, 3)


def test_13_permits_8_in_scope_on_figure_page_and_api() -> None:
    row = _row("resumption.permits")
    assert (row["valid"], row["in_dispatch"], row["kind_code"]) == (13, 8, "hygiene_temporary")
    client = _officer()
    rows = client.get("/api/v1/resumption/permits?state=valid&as_of=2020-02-06T24:00&place=140000").json()
    assert (len(rows), sum(row["in_dispatch"] for row in rows)) == (13, 8)
    page = client.get("/resumption/permits?as_of=2020-02-06T24:00&state=valid").content.decode()
    assert "13 valid, 8 of them" in page


def test_every_permitted_maker_has_made_something_within_a_day() -> None:
    rows = find("production.permit_to_output").read(CUT).rows
    assert sum(row["granted"] for row in rows) == sum(row["making"] for row in rows) == 13
    assert max(row["longest"] for row in rows) <= 1


def test_not_before_9_february_24_00_and_44_measures() -> None:
    (rule,) = (row for row in resumption.rules(CUT) if not row.list_name)
    assert rule.not_before == clock.read_instant("2020-02-10T00:00")
    page = _officer().get("/resumption?as_of=2020-02-06T24:00").content.decode()
    assert "9 Feb 24:00" in page
    assert len(resumption.checklist("", CUT).measures) == 44


def test_976_resumed_and_more_than_1_100_expected_made_then_without_looking_ahead() -> None:
    row = _row("resumption.firms_resumed", class_code="above_size")
    assert (row["resumed"], row["expected_day"]) == (976, "2020-02-09")
    assert row["expected_low"] <= 1_107 <= row["expected_high"]
    assert row["expected"] > 1_100
    known_then = Cut(THEN, THEN, place="140000")
    assert find("resumption.firms_resumed").read(known_then).rows == find("resumption.firms_resumed").read(CUT).rows
    counts = resumption.day_counts(resumption.tallies(Cut(NOW, place="140000"), list_name="above_size"))
    (scored,) = (each for each in forecasting.scored(counts) if each.day.isoformat() == "2020-02-09")
    assert (scored.prospect.middle, scored.came, scored.held) == (row["expected"], 1_107, True)


def test_what_was_said_stands_beside_with_the_20_million() -> None:
    metrics = ("industrial_firms_resumed", "industrial_firms_resumed_forecast", "working_capital_requested")
    said = {row.metric: int(row.value) for row in published(place="140000", metrics=metrics, as_of=NOW)}
    assert (said["industrial_firms_resumed"], said["industrial_firms_resumed_forecast"]) == (976, 1_100)
    assert said["working_capital_requested"] == 20_000_000


def test_what_is_simulated_says_so() -> None:
    assert _row("resumption.firms_resumed", class_code="above_size")["simulated"]
    assert _row("resumption.permits")["simulated"] == 13
    assert all(row["simulated"] for row in find("production.daily_output").read(CUT).rows)
