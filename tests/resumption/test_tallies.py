"""Counts of divisions as of any day, what is expected from them without looking ahead, and how well it held."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock, figures
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.resumption import errors, forecasting, queries
from qipan.resumption import operations as resumption
from qipan.resumption.operations import TallyText
from tests.resumption.conftest import NOW, TODAY, Shanxi

GROWING = (120, 160, 215, 290, 380, 470)
"""Counts of a division on the six days up to today."""


def _tell(shanxi: Shanxi, region: str, day: date, resumed: int, *, enterprises: int | None = 1_000) -> None:
    said = TallyText(region, day, resumed, enterprises, None, "above_size", "test")
    resumption.tell_tallies([said], by=shanxi.officer, idem=uuid4())


def _six_days(shanxi: Shanxi, *regions: str) -> None:
    for region in regions:
        for n, resumed in enumerate(GROWING):
            _tell(shanxi, region, TODAY - timedelta(days=5 - n), resumed)


def _counts(cut: Cut) -> list[queries.DayCount]:
    return queries.day_counts(queries.tallies(cut, list_name="above_size"))


class TestCounts:
    def test_divisions_are_added_and_a_day_not_told_keeps_the_last_word(self, shanxi: Shanxi) -> None:
        _tell(shanxi, "140100", TODAY - timedelta(days=1), 100)
        _tell(shanxi, "140200", TODAY - timedelta(days=1), 50)
        _tell(shanxi, "140100", TODAY, 130)
        assert [(c.resumed, c.told, c.tellers) for c in _counts(Cut(NOW))] == [(150, 2, 2), (180, 1, 2)]

    def test_a_division_above_counts_for_those_below(self, shanxi: Shanxi) -> None:
        _tell(shanxi, "140100", TODAY, 100)
        _tell(shanxi, "140000", TODAY, 976, enterprises=4_000)
        assert [c.resumed for c in _counts(Cut(NOW))] == [976]

    def test_a_correction_changes_the_as_of_reading_and_not_the_known_at_reading(self, shanxi: Shanxi) -> None:
        yesterday = TODAY - timedelta(days=1)
        _tell(shanxi, "140100", yesterday, 100)
        with clock.held_at(NOW + timedelta(hours=1)):
            _tell(shanxi, "140100", yesterday, 90)
            cut = clock.end_of(yesterday)
            assert [c.resumed for c in _counts(Cut(cut))] == [90]
            assert [c.resumed for c in _counts(Cut(cut, NOW))] == [100]

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            (TallyText("140100", TODAY, 9, 8, list_name="above_size"), errors.TallyAboveAll),
            (TallyText("140100", TODAY + timedelta(days=1), 9), errors.TallyDayRefused),
            (TallyText("140100", TODAY - timedelta(days=90), 9), errors.TallyDayRefused),
            (TallyText("140100", TODAY, 9, list_name="best"), errors.ClassUnknown),
            (TallyText("420100", TODAY, 9), NotAllowed),
        ],
    )
    def test_refuses_what_cannot_be(self, shanxi: Shanxi, said: TallyText, error: type[Exception]) -> None:
        with pytest.raises(error):
            resumption.tell_tallies([TallyText("140200", TODAY, 1), said], by=shanxi.officer, idem=uuid4())
        assert queries.tallies(Cut(NOW), list_name="") == []


class TestProspects:
    def test_three_days_ahead_with_an_interval_below_the_ceiling(self, shanxi: Shanxi) -> None:
        _six_days(shanxi, "140100", "140200")
        coming = forecasting.prospects(_counts(Cut(NOW)))
        assert [each.day for each in coming] == [TODAY + timedelta(days=n) for n in (1, 2, 3)]
        assert all(940 < each.low <= each.middle <= each.high <= 2_000 for each in coming)

    def test_what_comes_later_changes_no_earlier_prospect(self, shanxi: Shanxi) -> None:
        _six_days(shanxi, "140100")
        then = forecasting.prospects(_counts(Cut(NOW)))
        later = clock.end_of(TODAY + timedelta(days=3))
        with clock.held_at(later):
            for n in (1, 2, 3):
                _tell(shanxi, "140100", TODAY + timedelta(days=n), 990)
            assert forecasting.prospects(_counts(Cut(clock.end_of(TODAY)))) == then
            last = forecasting.scored(_counts(Cut(later)))[-1]
            assert (last.day, last.prospect, last.came) == (TODAY + timedelta(days=3), then[-1], 990)

    def test_too_few_days_expect_nothing(self, shanxi: Shanxi) -> None:
        _tell(shanxi, "140100", TODAY, 100)
        assert forecasting.prospects(_counts(Cut(NOW))) == []
        assert forecasting.compared(_counts(Cut(NOW))) == []

    def test_the_model_is_compared_with_naive_ones_on_the_same_days(self, shanxi: Shanxi) -> None:
        for n, resumed in enumerate((40, 60, 85, *GROWING)):
            _tell(shanxi, "140100", TODAY - timedelta(days=8 - n), resumed)
        tried = {each.model: each for each in forecasting.compared(_counts(Cut(NOW)))}
        assert {each.forecasts for each in tried.values()} == {3}
        assert tried["growth"].error < tried["drift"].error < tried["last"].error


def test_the_figure_is_the_same_on_page_api_and_reading(shanxi: Shanxi, client_of: Any) -> None:
    _six_days(shanxi, "140100", "140200")
    resumption.tell_return(shanxi.feed, is_working=True, note="", by=shanxi.officer, at=NOW, idem=uuid4())
    (row,) = figures.find("resumption.firms_resumed").read(Cut(NOW, place="140000")).rows
    assert (row["resumed"], row["enterprises"], row["followed"]) == (940, 2_000, 1)
    assert row["expected_day"] == "2020-02-09"
    client = client_of("officer")
    said = client.get("/api/v1/resumption/tallies?place=140000").json()
    assert said["days"][-1]["resumed"] == 940
    assert said["expected"][-1]["expected"] == row["expected"]
    page = client.get("/resumption?place=140000").content.decode()
    assert "940" in page
    assert f"{int(row['expected']):,}" in page
    table = client.get("/api/v1/figures/resumption.firms_resumed?place=140000").json()
    assert Decimal(str(table["rows"][0]["resumed"])) == 940


def test_an_officer_counts_on_the_screen_and_by_api(shanxi: Shanxi, client_of: Any) -> None:
    client = client_of("officer")
    typed = {
        "act": "tally", "tally-region": "140100", "tally-list_name": "above_size", "tally-day": "2020-02-06",
        "tally-resumed": "120", "tally-enterprises": "500", "tally-source": "太原市工信局", "idem": str(uuid4()),
    }  # fmt: skip
    page = client.post("/resumption?place=140000", typed, follow=True)
    assert "太原市工信局" in page.content.decode()
    wrong = client.post("/resumption", {**typed, "tally-resumed": "600", "idem": str(uuid4())})
    assert wrong.status_code == 422
    body = [{"region": "140200", "day": "2020-02-06", "resumed": 7, "source": "x"}]
    answer = client.post(
        "/api/v1/resumption/tallies", json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert answer.json() == {"tallies": 1}
    assert [c.resumed for c in _counts(Cut(NOW))] == [127]
    assert client_of("soapmaker").post("/resumption", {**typed, "idem": str(uuid4())}).status_code == 403
