"""How figures and instants read. Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from qipan.kernel.clock import CST
from qipan.ui import format


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (81000, "81,000"),
        (0, "0"),
        (-12600, "−12,600"),
        (Decimal("5.000"), "5"),
        (Decimal("96.50"), "96.5"),
        (Decimal("-0.4"), "−0.4"),
        (Fraction(1, 3), "0.333"),
        (Fraction(6, 2), "3"),
        (1234567.25, "1,234,567.25"),
        (None, "–"),
        (float("nan"), "–"),
        ("16,400", "16,400"),
    ],
)
def test_shows_a_figure(value, shown):
    assert format.figure(value) == shown


def test_keeps_the_places_that_a_price_needs():
    assert format.figure(Decimal("96"), places=2) == "96.00"


def test_rounds_half_away_from_zero():
    assert (format.figure(Decimal("2.5"), places=0), format.figure(Decimal("-2.5"), places=0)) == ("3", "−3")


def test_never_shows_a_negative_zero():
    assert format.figure(Decimal("-0.0001")) == "0"


def test_marks_a_difference_with_its_sign():
    assert [format.signed(value) for value in (840, -50, 0, None)] == ["+840", "−50", "0", "–"]


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (81000, "8.1万", "81,000"),
        (128100, "12.81万", "128,100"),
        (68400, "6.84万", "68,400"),
        (9999, "9,999", "9,999"),
        (-26500, "−2.65万", "−26,500"),
        (120_000_000, "1.2亿", "120,000,000"),
        (None, "–", "–"),
    ],
)
def test_counts_in_myriads_in_chinese_only(value, zh, en):
    assert (format.wan(value, "zh-hans"), format.wan(value, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (0.844, "84.4%"),
        (Decimal("0.63"), "63.0%"),
        (1, "100%"),
        (Decimal("1.0"), "100%"),
        (0, "0%"),
        (0.9999, "99.9%"),
        (1.0001, "100.1%"),
        (0.0001, "<0.1%"),
        (1.25, "125.0%"),
        (-0.05, "−5.0%"),
        (None, "–"),
    ],
)
def test_says_whole_and_nothing_only_when_they_are(ratio, shown):
    assert format.percent(ratio) == shown


def test_ends_a_day_at_24_00_in_both_languages():
    cut = datetime(2020, 1, 30, 0, 0, tzinfo=CST)
    assert format.instant(cut, "zh-hans", year=2020) == "1月29日 24:00"
    assert format.instant(cut, "en", year=2020) == "29 Jan 24:00"
    assert format.brief(cut) == "1/29 24:00"


def test_ends_a_year_at_24_00():
    cut = datetime(2020, 1, 1, 0, 0, tzinfo=CST)
    assert format.instant(cut, "zh-hans", year=2020) == "2019年12月31日 24:00"


def test_reads_other_zones_as_china_standard_time():
    assert format.instant(datetime(2020, 1, 29, 16, 0, tzinfo=UTC), "en", year=2020) == "29 Jan 24:00"
    assert format.instant(datetime(2020, 1, 29, 16, 1, tzinfo=UTC), "en", year=2020) == "30 Jan 00:01"


def test_gives_the_year_when_it_is_not_the_present_one():
    at = datetime(2020, 1, 29, 8, 0, tzinfo=CST)
    assert format.instant(at, "zh-hans", year=2026) == "2020年1月29日 08:00"
    assert format.instant(at, "en", year=2026) == "29 Jan 2020 08:00"


def test_writes_the_cuts_of_the_day_a_24_00_belongs_to():
    cut = datetime(2020, 1, 30, 0, 0, tzinfo=CST)
    assert format.cut(cut, "08:00") == "2020-01-29T08:00"
    assert format.cut(cut, days=1) == "2020-01-30T24:00"


def test_rounds_hours_left_down():
    assert [format.hours(value, "en") for value in (5, 5.9, 0.4, 0, None)] == [
        "5 h",
        "5 h",
        "<1 h",
        "0 h",
        "–",
    ]
    assert format.hours(Decimal(12), "zh-hans") == "12 小时"


def test_says_an_age_in_its_largest_unit():
    assert [format.timespan(seconds, "en") for seconds in (59, 720, 22_320, 0)] == [
        "59 s",
        "12 min",
        "6 h",
        "0 s",
    ]
