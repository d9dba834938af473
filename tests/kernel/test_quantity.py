"""Quantities as people type them: read exactly, or refused with the reason."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.quantity import QUANTITY_MAX, QuantityUnreadable, plain, read_quantity, whole

SEVERAL = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1000", 1000),
        ("1,000", 1000),
        ("1 000", 1000),
        ("12,345,678.5", Fraction(24691357, 2)),
        ("１２", 12),
        ("１，０００", 1000),
        ("٣٢", 32),
        ("0.1", Fraction(1, 10)),
        ("1.2万", 12_000),
        ("3,200 万", 32_000_000),
        ("+7", 7),
        ("  7 ", 7),
        ("007", 7),
        (7, 7),
        (7.0, 7),
        (0.1, Fraction(1, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.5"), Fraction(1, 2)),
        (str(QUANTITY_MAX), QUANTITY_MAX),
    ],
)
def test_reads_what_people_type(typed: object, number: Fraction) -> None:
    assert read_quantity(typed) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("  　", "empty"),
        (None, "empty"),
        (True, "empty"),
        (False, "empty"),
        ("0", "zero"),
        (0, "zero"),
        ("0.00", "zero"),
        ("-1", "negative"),
        ("−1", "negative"),
        ("－１", "negative"),
        (-1, "negative"),
        ("-1.5万", "negative"),
        ("1,00", "not_a_number"),
        ("1,0000", "not_a_number"),
        (",100", "not_a_number"),
        ("NaN", "not_a_number"),
        (math.nan, "not_a_number"),
        ("Infinity", "not_a_number"),
        (math.inf, "not_a_number"),
        (Decimal("NaN"), "not_a_number"),
        ("1e5", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("3/4", "not_a_number"),
        ("½", "not_a_number"),
        ("10⁶", "not_a_number"),
        ("5²", "not_a_number"),
        ("⑫", "not_a_number"),
        ("一百", "not_a_number"),
        ("万", "not_a_number"),
        ("100件", "not_a_number"),
        ("=1+1", "not_a_number"),
        ("9" * 100_000, "not_a_number"),
        (str(2**63), "too_large"),
        (2**63, "too_large"),
        (QUANTITY_MAX + 1, "too_large"),
        ("9" * 40, "too_large"),
        ("99999999999999万", "too_large"),
        (1e300, "too_large"),
    ],
)
def test_refuses_what_is_no_quantity(typed: object, code: str) -> None:
    with pytest.raises(QuantityUnreadable) as refusal:
        read_quantity(typed)
    assert refusal.value.code == code


def test_a_count_may_be_nought() -> None:
    assert read_quantity("0", zero_allowed=True) == 0


def test_a_count_may_not_be_below_nought() -> None:
    with pytest.raises(QuantityUnreadable):
        read_quantity("-1", zero_allowed=True)


def test_says_in_both_languages_what_is_wrong() -> None:
    with pytest.raises(QuantityUnreadable) as refusal:
        read_quantity("1,00")
    with translation.override("en"):
        assert str(refusal.value) == "“1,00” is not a number."
    with translation.override("zh-hans"):
        assert str(refusal.value).startswith("“1,00”不是")


def test_does_not_repeat_a_huge_text() -> None:
    with pytest.raises(QuantityUnreadable) as refusal:
        read_quantity("x" * 1_000_000)
    assert len(str(refusal.value)) < 100


def test_a_tenth_of_a_suit_is_not_whole() -> None:
    with pytest.raises(QuantityUnreadable) as refusal:
        whole(read_quantity("0.1"), of="件")
    assert (refusal.value.code, refusal.value.text) == ("not_whole", "0.1件")


def test_json_numbers_are_whole_where_the_quantity_is() -> None:
    assert (plain(Fraction(6, 2)), plain(Fraction(1, 2)), plain(QUANTITY_MAX)) == (3, 0.5, QUANTITY_MAX)
    assert isinstance(plain(Fraction(6, 2)), int)


@SEVERAL
@given(st.integers(1, QUANTITY_MAX))
def test_reads_every_way_of_writing_a_number_alike(number: int) -> None:
    full_width = str(number).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    assert {read_quantity(w) for w in (number, str(number), f"{number:,}", full_width, f"{number}.0")} == {number}


@SEVERAL
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert 0 < read_quantity(text) <= QUANTITY_MAX
    except QuantityUnreadable as refusal:
        assert str(refusal)
