"""Whole quantities read from what people type, and exact ratios between units.

The ledger counts in whole numbers of an item's smallest unit; nothing here
uses binary floating point.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from math import isfinite

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

QUANTITY_MAX = 2**53 - 1
"""Largest quantity accepted, in the smallest unit: exact in Excel and JSON too."""

_PLAIN = re.compile(r"^[+]?\d+(?:\.\d+)?$")
_GROUPED = re.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$")


class QuantityUnreadable(ValueError):
    """The text is not a quantity that can be booked; ``sentence`` says why and what would be right."""

    def __init__(self, text: str, code: str, sentence: str | Promise) -> None:
        super().__init__(code, text)
        self.text = text
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence) % {"text": self.text}


def read_quantity(value: object, *, zero_allowed: bool = False) -> Fraction:
    """Read a quantity as typed: ``1000``, ``1,000``, ``１０００``, ``0.5``, ``1.2万``.

    Args:
        value: text, int, float (from a spreadsheet) or Fraction.
        zero_allowed: whether 0 passes (counts may be 0, needs may not).

    Returns:
        The exact number, 0 < n <= QUANTITY_MAX.

    Raises:
        QuantityUnreadable: empty, not a number, negative, zero, or too large.
    """
    number = _number_of(value)
    text = str(value).strip()
    if number < 0:
        raise QuantityUnreadable(text, "negative", _("“%(text)s” is below zero; write a quantity above 0."))
    if number == 0 and not zero_allowed:
        raise QuantityUnreadable(text, "zero", _("0 is no quantity; leave the row out instead."))
    if number > QUANTITY_MAX:
        raise QuantityUnreadable(text, "too_large", _("“%(text)s” is too large for a quantity."))
    return number


def _number_of(value: object) -> Fraction:
    if isinstance(value, bool) or value is None:
        raise QuantityUnreadable(str(value or ""), "empty", _("A quantity is missing."))
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise QuantityUnreadable(str(value), "not_a_number", _("“%(text)s” is not a number."))
        return Fraction(repr(value))
    text = "".join(map(_narrow, str(value))).replace("−", "-").replace(" ", "").strip()
    if not text:
        raise QuantityUnreadable("", "empty", _("A quantity is missing."))
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("-")
    factor = 1
    if text.endswith("万"):
        factor, text = 10_000, text[:-1]
    if _GROUPED.match(text):
        text = text.replace(",", "")
    if len(text) > 40 or not _PLAIN.match(text):
        raise QuantityUnreadable(str(value).strip()[:40], "not_a_number", _("“%(text)s” is not a number."))
    return sign * Fraction(text) * factor


def _narrow(letter: str) -> str:
    """A full-width letter as its narrow twin; a raised 6 stays what it is, so that 10⁶ is never read as 106."""
    is_wide = unicodedata.decomposition(letter).startswith("<wide>") or letter.isspace()
    return unicodedata.normalize("NFKC", letter) if is_wide else letter


def whole(number: Fraction, *, of: str = "") -> int:
    """The number as an int, refused when it is not whole (a tenth of a suit)."""
    if number.denominator != 1:
        raise QuantityUnreadable(
            f"{float(number):g}{of}", "not_whole", _("“%(text)s” is not a whole number of the smallest unit.")
        )
    return number.numerator


def plain(number: Fraction | int) -> int | float:
    """A JSON number: an int when whole, else the nearest float."""
    fraction = Fraction(number)
    return fraction.numerator if fraction.denominator == 1 else float(fraction)
