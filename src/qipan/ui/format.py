"""How figures and instants read, in both languages. Pure: no clock, no settings.

Minus is U+2212, nothing is an en dash, 24:00 is the end of a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import isfinite

from qipan.kernel.clock import CST

NOTHING = "–"
MINUS = "−"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WAN = Decimal(10_000)
YI = Decimal(100_000_000)

Number = int | float | Decimal | Fraction


def is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


def exact(value: object) -> Decimal | None:
    """``value`` as a decimal, or None when it is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        return number if number.is_finite() else None
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else None
    return None


def figure(value: object, *, places: int | None = None) -> str:
    """Thousands separators and a true minus: −12,600. None is –.

    Without ``places`` at most three decimals are shown and trailing zeros are
    dropped; with it exactly that many, half away from zero.
    """
    number = exact(value)
    if number is None:
        return NOTHING if value is None or isinstance(value, float) else str(value)
    rounded = number.quantize(Decimal(1).scaleb(-(3 if places is None else places)), ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if rounded < 0 else "") + text


def signed(value: object, *, places: int | None = None) -> str:
    """A difference: ＋ before a rise, − before a fall, 0 bare."""
    number = exact(value)
    text = figure(value, places=places)
    return f"+{text}" if number is not None and number > 0 else text


def wan(value: object, language: str) -> str:
    """For prose and axes: 81000 is 8.1万 in Chinese and 81,000 in English.

    At most two decimals; under ten thousand the plain figure.
    """
    number = exact(value)
    if number is None or not is_chinese(language) or abs(number) < WAN:
        return figure(value)
    unit, word = (YI, "亿") if abs(number) >= YI else (WAN, "万")
    share = (number / unit).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return figure(share) + word


def percent(ratio: object, *, places: int = 1) -> str:
    """A ratio as per cent: 0.844 is 84.4%, 1 is 100%.

    What is not whole never reads 100% and what is not nothing never reads 0%.
    """
    number = exact(ratio)
    if number is None:
        return NOTHING
    if number in (0, 1):
        return f"{int(number * 100)}%"
    step = Decimal(1).scaleb(-places)
    share = (number * 100).quantize(step, ROUND_HALF_UP)
    if share == 100:
        share = (number * 100).quantize(step, ROUND_DOWN) if number < 1 else share + step
    if share == 0:
        return f"<{step}%" if number > 0 else f"{MINUS}<{step}%"
    return figure(share, places=places) + "%"


def day_of(at: datetime) -> datetime:
    """Midnight at the start of the day ``at`` belongs to; 24:00 belongs to the day it ends."""
    local = at.astimezone(CST)
    if is_midnight(local):
        local -= timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def clock_time(at: datetime) -> str:
    """24-hour time; the end of a day is 24:00."""
    local = at.astimezone(CST)
    return "24:00" if is_midnight(local) else f"{local:%H:%M}"


def day(at: datetime, language: str, *, year: int | None = None) -> str:
    """1月29日 / 29 Jan; with its year when that is not ``year``."""
    first = day_of(at)
    if is_chinese(language):
        text = f"{first.month}月{first.day}日"
        return text if first.year == year else f"{first.year}年{text}"
    text = f"{first.day} {MONTHS[first.month - 1]}"
    return text if first.year == year else f"{text} {first.year}"


def instant(at: datetime, language: str, *, year: int | None = None) -> str:
    """1月29日 24:00 / 29 Jan 24:00, in China Standard Time."""
    return f"{day(at, language, year=year)} {clock_time(at)}"


def brief(at: datetime) -> str:
    """For narrow columns: 1/29 24:00."""
    first = day_of(at)
    return f"{first.month}/{first.day} {clock_time(at)}"


def cut(at: datetime, time: str = "24:00", *, days: int = 0) -> str:
    """The instant text of a reporting cut on ``at``'s day: 2020-01-29T24:00."""
    return f"{day_of(at) + timedelta(days=days):%Y-%m-%d}T{time}"


def hours(value: object, language: str) -> str:
    """Hours left, rounded down so that no shelf looks fuller than it is."""
    number = exact(value)
    if number is None:
        return NOTHING
    whole = int(number.to_integral_value(ROUND_DOWN))
    text = "<1" if 0 < number < 1 else figure(whole)
    return f"{text} 小时" if is_chinese(language) else f"{text} h"


def timespan(seconds: object, language: str) -> str:
    """An age in words: 12 min, 3 h, 2 d."""
    number = exact(seconds)
    if number is None:
        return NOTHING
    steps = ((86_400, "天", "d"), (3_600, "小时", "h"), (60, "分", "min"), (1, "秒", "s"))
    for length, zh, en in steps:
        if number >= length:
            return f"{int(number // length)} {zh if is_chinese(language) else en}"
    return "0 秒" if is_chinese(language) else "0 s"
