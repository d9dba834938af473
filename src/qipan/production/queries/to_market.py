"""Reads of how fast what a permit allows comes to market: days from the grant to the first output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.production.models import FIRM, DailyReport
from qipan.production.queries.daily import lines
from qipan.resumption import queries as resumption
from qipan.resumption.queries import PermitRow


@dataclass(frozen=True)
class ToMarket:
    """A permit that was granted for an item, and the first day from then on that its maker reported output of it."""

    permit: PermitRow
    granted_on: date
    first_output: date | None

    @property
    def days(self) -> int | None:
        """Days from the grant to the first output, 0 on the same day; None where nothing was made yet."""
        return None if self.first_output is None else (self.first_output - self.granted_on).days


def to_market(cut: Cut) -> list[ToMarket]:
    """Granted permits for an item whose maker has a line of it, in the permits' order. Sixteen queries at most."""
    granted = [row for row in resumption.permits(cut) if row.is_granted and row.item is not None]
    of_maker: dict[tuple[int, int], list[int]] = {}
    for line in lines(Cut(cut.as_of, cut.known_at, cut.place, cut.item)):
        of_maker.setdefault((line.unit_id, line.item.id), []).append(line.id)
    wanted = [(row, of_maker.get((row.unit_id, row.item.id), [])) for row in granted if row.item is not None]
    found = []
    made = _output_days({line for _row, of in wanted for line in of}, cut)
    for row, of in wanted:
        assert row.end is not None
        on = clock.day_of(row.end.at)
        days = [day for line in of for day in made.get(line, ()) if day >= on]
        if of:
            found.append(ToMarket(row, on, min(days, default=None)))
    return found


def _output_days(line_ids: set[int], cut: Cut) -> dict[int, list[date]]:
    """Days on which the newest word of the firm known at the cut says that something was made. One query."""
    rows = DailyReport.objects.filter(cut.by_then, line_id__in=line_ids, voice=FIRM)
    found: dict[int, list[date]] = {}
    for row in rows.order_by("line_id", "day", "-revision").distinct("line_id", "day"):
        if row.output > 0:
            found.setdefault(row.line_id, []).append(row.day)
    return found
