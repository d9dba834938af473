"""The only place that asks for the time.

Instants are aware datetimes; people see China Standard Time (UTC+08:00, no
daylight saving). A business day ends at 24:00, which is the next day's 00:00
and is shown as 24:00 of the day that ends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone

CST = timezone(timedelta(hours=8), "CST")
YEARS = range(1900, 2200)
"""The years in which an instant may lie; a day can be added to each of them in any time zone."""
_INSTANT = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?(Z|[+-]\d{2}:\d{2})?$")
_held: list[datetime] = []


class InstantUnreadable(ValueError):
    """The text is not an instant such as 2020-01-29T24:00."""

    def __init__(self, text: str) -> None:
        super().__init__(f"not an instant: {text!r}; write 2020-01-29T24:00 or 2020-01-29T16:00:00Z")
        self.text = text


def now() -> datetime:
    """The present instant: held, shifted (a replayed case runs on), or real."""
    if _held:
        return _held[-1]
    return datetime.now(tz=CST) + timedelta(seconds=float(os.environ.get("QIPAN_CLOCK_SHIFT", "0")))


def real_now() -> datetime:
    """The machine's own instant, whatever case is being replayed."""
    return datetime.now(tz=CST)


def today() -> date:
    """The business day that is running now, in China Standard Time."""
    return now().astimezone(CST).date()


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at ``instant`` while the block runs (replays and tests)."""
    _held.append(instant)
    try:
        yield
    finally:
        _held.pop()


def end_of(day: date) -> datetime:
    """24:00 of ``day``: the cut of its cumulative figures."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=CST)


def start_of(day: date) -> datetime:
    """00:00 of ``day``."""
    return datetime.combine(day, time(0), tzinfo=CST)


def day_of(instant: datetime) -> date:
    """The business day an instant belongs to; 24:00 belongs to the day it ends."""
    return (instant.astimezone(CST) - timedelta(microseconds=1)).date()


CUTS = (8, 19, 24)
"""The hours of a business day at which figures are cut: the two meetings and the day's end."""


def cuts_between(after: datetime, until: datetime) -> list[datetime]:
    """Every 08:00, 19:00 and 24:00 later than ``after`` and not later than ``until``, in order."""
    day, found = after.astimezone(CST).date(), []
    while start_of(day) <= until:
        found += [cut for hour in CUTS if after < (cut := start_of(day) + timedelta(hours=hour)) <= until]
        day += timedelta(days=1)
    return found


def last_cut(now: datetime) -> datetime:
    """The last 08:00, 19:00 or 24:00 that is not later than ``now``."""
    return cuts_between(now - timedelta(days=1), now)[-1]


def read_instant(text: str) -> datetime:
    """Read ``2020-01-29T24:00``; without an offset it is China Standard Time.

    A bare day means its 24:00.

    Raises:
        InstantUnreadable: the text has another form, names no real instant or one outside YEARS.
    """
    found = _INSTANT.match(text.strip())
    if not found:
        raise InstantUnreadable(text)
    year, month, day, hour, minute, second, offset = found.groups()
    if int(year) not in YEARS:
        raise InstantUnreadable(text)
    try:
        whole_day = date(int(year), int(month), int(day))
        zone = _zone(offset)
        if hour is None or (hour == "24" and minute == "00" and (second or "00") == "00"):
            return datetime.combine(whole_day + timedelta(days=1), time(0), tzinfo=zone)
        return datetime.combine(whole_day, time(int(hour), int(minute), int(second or 0)), tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise InstantUnreadable(text) from error


def write_instant(instant: datetime) -> str:
    """ISO 8601 with the offset of China Standard Time, to the second."""
    return instant.astimezone(CST).isoformat(timespec="seconds")


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return CST
    if offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])))
