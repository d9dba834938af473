"""Files of production: the daily reports of many firms in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.errors import FileRefused, Refused, RowProblem
from qipan.kernel.exchange import CellUnreadable, InColumn, InRow, read_at, read_table, read_text
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import QuantityUnreadable, read_quantity
from qipan.production import errors, operations, queries
from qipan.production.queries import LineRow

any_quantity = partial(read_quantity, zero_allowed=True)


def read_day(cell: Any) -> date:
    """A day as typed or as Excel has it; an instant is the day it belongs to."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    return clock.day_of(read_at(cell))


def read_decimal(most: int, places: int) -> Callable[[Any], Decimal]:
    """A reader of numbers from 0 to ``most`` with so many decimals."""

    def read(cell: Any) -> Decimal:
        number = any_quantity(cell)
        if number > most:
            raise CellUnreadable("too_large", _("“%(text)s” is too large here."), text=str(cell))
        if (number * 10**places).denominator != 1:
            words = {"text": str(cell), "places": places}
            raise CellUnreadable("too_fine", _("“%(text)s” has more than %(places)s decimals."), **words)
        return Decimal(number.numerator) / Decimal(number.denominator)

    return read


REPORT_COLUMNS = (
    InColumn(
        "unit", ("企业", "Enterprise", "单位", "企业名称", "Firm"), read_text(120), example="某某医疗用品有限公司"
    ),
    InColumn("line", ("产线", "Line", "物资", "Item", "产品", "Product"), read_text(80), example="SUIT-GB"),
    InColumn("day", ("日期", "Day", "Date"), read_day, example="2020-02-06"),
    InColumn("output", ("产量", "Output", "当日产量"), any_quantity, example="2000"),
    InColumn(
        "opening", ("期初库存", "Opening", "Opening stock", "昨日库存"), any_quantity, required=False, example="500"
    ),
    InColumn("shipped", ("发货", "Shipped", "当日发货", "出库"), any_quantity, example="1800"),
    InColumn("closing", ("期末库存", "Closing", "Closing stock", "库存"), any_quantity, example="700"),
    InColumn("released", ("放行", "Released"), any_quantity, required=False),
    InColumn("price", ("价格", "Price", "单价", "出厂价"), read_decimal(99_999_999, 4), required=False, example="150"),
    InColumn(
        "people", ("在岗人数", "People", "People on site"), read_decimal(1_000_000, 0), required=False, example="86"
    ),
    InColumn(
        "raw_days",
        ("原料可用天数", "Raw days", "Days of raw material"),
        read_decimal(99_999, 1),
        required=False,
        example="4",
    ),
    InColumn("reason", ("减产原因", "Reason", "Why output fell"), read_text(200), required=False),
    InColumn("note", ("备注", "Note"), read_text(300), required=False),
)


def read_reports(name: str, content: bytes, *, place: str = "") -> list[operations.Daily]:
    """Read an uploaded table of daily reports in the firms' voice; every problem of every row at once.

    A line is named by its item's code or by its own name; a firm with one line need not say which.

    Args:
        place: the division whose lines may be named; "" is the nation.

    Raises:
        FileRefused: one or more problems; names file, sheet, row, column and reason.
    """
    rows, problems = read_table(name, content, REPORT_COLUMNS)
    found = _Lines(queries.lines(Cut(clock.now(), place=place)))
    said: list[operations.Daily] = []
    seen: dict[tuple[int, date], int] = {}
    for row in rows:
        try:
            line = found.of(row)
            each = _daily(row, line) if line and not row.unreadable else None
        except _Wrong as wrong:
            problems.append(row.problem(wrong.key, wrong.code, wrong.sentence, **wrong.values))
            continue
        if each is None:
            continue
        if (each.line, each.day) in seen:
            words = {"line": line.title if line else "", "day": each.day.isoformat()}
            problems.append(row.problem("day", errors.ReportTwice.code, errors.ReportTwice.sentence, **words))
        seen[each.line, each.day] = row.row
        said.append(each)
    if problems:
        raise FileRefused(name, sorted(problems, key=lambda p: (p.row, p.column)))
    if not said:
        raise FileRefused(name, [RowProblem(name, "", 2, "", "empty", _("The file has no rows."))])
    return said


class _Wrong(Exception):
    """What is wrong with a row, and in which column."""

    def __init__(self, key: str, code: str, sentence: str | Promise, values: Mapping[str, Any]) -> None:
        super().__init__(key)
        self.key, self.code, self.sentence, self.values = key, code, sentence, values

    @classmethod
    def of(cls, key: str, error: Refused) -> _Wrong:
        """A refusal of the column."""
        return cls(key, error.code, error.sentence, error.values)


class MakerUnknown(Refused):
    """A firm without a line in the division, or none of that name."""

    code = "maker_unknown"
    status = 422
    sentence = _("“%(word)s” has no line here. Register it under Production, or correct the name.")


class LineUnclear(Refused):
    """A firm with several lines, and the word names none or several of them."""

    code = "line_unclear"
    status = 422
    sentence = _("“%(word)s” names no single line of %(unit)s; it has: %(lines)s.")


class _Lines:
    """Lines by the words people use for firm and line."""

    def __init__(self, lines: Sequence[LineRow]) -> None:
        self.by_firm: dict[str, list[LineRow]] = {}
        for line in lines:
            for word in {line.unit.zh, line.unit.en.lower()} - {""}:
                self.by_firm.setdefault(word, []).append(line)

    def of(self, row: InRow) -> LineRow | None:
        """The line a row speaks of; None where its words could not be read."""
        if not (row.is_read("unit") and row.is_read("line")):
            return None
        firm, word = str(row.values["unit"]).strip(), str(row.values["line"]).strip()
        mine = self.by_firm.get(firm) or self.by_firm.get(firm.lower())
        if not mine:
            raise _Wrong.of("unit", MakerUnknown(word=firm))
        meant = [line for line in mine if word in _words_of(line)]
        if len(meant) != 1:
            known = ", ".join(f"{line.item.code} {line.name}" for line in mine)
            raise _Wrong.of("line", LineUnclear(word=word, unit=firm, lines=known))
        return meant[0]


def _words_of(line: LineRow) -> set[str]:
    item = line.item
    return {line.name, item.code, item.name.zh, item.name.en, item.short.zh, item.short.en}


def _daily(row: InRow, line: LineRow) -> operations.Daily:
    values: Mapping[str, Any] = row.values

    def grains(key: str) -> int:
        typed: Fraction | None = values[key]
        try:
            return 0 if typed is None else line.item.to_grains(typed)
        except QuantityUnreadable as error:
            raise _Wrong(key, error.code, error.sentence, {"text": error.text}) from error

    said = operations.Daily(
        line=line.id, day=values["day"], voice="firm", output=grains("output"), shipped=grains("shipped"),
        closing=grains("closing"), opening=None if values["opening"] is None else grains("opening"),
        released=grains("released"), price_yuan=values["price"],
        people=None if values["people"] is None else int(values["people"]), raw_days=values["raw_days"],
        reason=values["reason"] or "", note=values["note"] or "", source=f"{row.file}, row {row.row}",
    )  # fmt: skip
    if said.opening is not None and said.opening + said.output - said.shipped != said.closing and not said.note:
        raise _Wrong.of("closing", operations.sums_refused(said, line, opening=said.opening))
    if said.day > clock.today():
        last = clock.today().isoformat()
        raise _Wrong.of("day", errors.DayRefused(day=said.day.isoformat(), first="…", last=last))
    return said
