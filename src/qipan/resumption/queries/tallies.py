"""Reads of how many firms divisions count as resumed, day by day, as we knew it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.resumption.models import Tally


@dataclass(frozen=True)
class TallyRow:
    """What a division counts of a class at the end of a day; ``enterprises`` is how many there are, where told."""

    region: str
    list_name: str
    day: date
    resumed: int
    enterprises: int | None
    people: int | None
    source: str
    actor_name: str
    known_at: datetime
    is_simulated: bool


@dataclass(frozen=True)
class DayCount:
    """How many had resumed at the end of a day: the sum of the divisions that count for themselves.

    ``told`` of ``tellers`` divisions spoke of this very day; of the others their last word before it stands.
    """

    day: date
    resumed: int
    enterprises: int | None
    told: int
    tellers: int
    is_simulated: bool


def tallies(cut: Cut, *, list_name: str) -> list[TallyRow]:
    """The last word on each division and day at the cut, by division and day. One query."""
    rows = Tally.objects.filter(cut.by_then, list_name=list_name, day__lt=last_day(cut) + timedelta(days=1))
    if cut.place:
        rows = rows.filter(organisations.within("region_code", cut.place))
    newest = rows.order_by("region_code", "day", "-at", "-id").distinct("region_code", "day")
    return [
        TallyRow(
            row.region_code, row.list_name, row.day, row.resumed, row.enterprises, row.people, row.source,
            row.actor_name, row.known_at, row.is_simulated,
        )
        for row in newest
    ]  # fmt: skip


def last_day(cut: Cut) -> date:
    """The day the cut lies in or ends."""
    return clock.day_of(cut.as_of)


def tellers(rows: Iterable[TallyRow]) -> set[str]:
    """Divisions that count for themselves: none of those above them counts too."""
    told = {row.region for row in rows}
    above = {region: {organisations.NATION, *organisations.way_down(region)} - {region} for region in told}
    return {region for region in told if not above[region] & told}


def latest(rows: Iterable[TallyRow]) -> dict[str, TallyRow]:
    """The last day told of each division."""
    found: dict[str, TallyRow] = {}
    for row in rows:
        if row.region not in found or row.day > found[row.region].day:
            found[row.region] = row
    return found


def day_counts(rows: Iterable[TallyRow]) -> list[DayCount]:
    """The sum of the tellers for each day from the first on which all have told, oldest first, without a gap."""
    of_teller = tellers(rows := list(rows))
    by_day: dict[date, dict[str, TallyRow]] = defaultdict(dict)
    for row in rows:
        if row.region in of_teller:
            by_day[row.day][row.region] = row
    found: list[DayCount] = []
    known: dict[str, TallyRow] = {}
    day = min(by_day, default=None)
    while day is not None and day <= max(by_day):
        known.update(by_day.get(day, {}))
        if len(known) == len(of_teller):
            of = [row.enterprises for row in known.values()]
            found.append(
                DayCount(
                    day, sum(row.resumed for row in known.values()),
                    None if None in of else sum(n for n in of if n is not None), len(by_day.get(day, {})),
                    len(of_teller), any(row.is_simulated for row in known.values()),
                )
            )  # fmt: skip
        day += timedelta(days=1)
    return found
