"""Instants, business days and 24:00."""

import pytest

from qipan.kernel import clock


def test_reads_24_00_as_the_next_day() -> None:
    assert clock.read_instant("2020-01-29T24:00") == clock.read_instant("2020-01-30T00:00:00+08:00")


def test_a_bare_day_means_its_end() -> None:
    assert clock.read_instant("2020-01-29") == clock.end_of(clock.day_of(clock.read_instant("2020-01-29T24:00")))


@pytest.mark.parametrize(
    "text", ["", "2020-02-30", "2020-01-29T24:01", "29 Jan", "2020-1-2", "9999-12-31T24:00", "0001-01-01T00:00"]
)
def test_refuses_what_is_no_instant(text: str) -> None:
    with pytest.raises(clock.InstantUnreadable):
        clock.read_instant(text)
