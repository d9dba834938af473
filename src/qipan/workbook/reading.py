"""The input book: every row read, every problem of every row named at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.exchange import CellUnreadable, InRow, read_workbook
from qipan.kernel.quantity import QuantityUnreadable
from qipan.kernel.text import pick
from qipan.workbook import words

Spot = tuple[float, float]


@dataclass(frozen=True)
class Supply:
    """So much of an item, standard and lot at a source from a day on. ``row`` is the row of the sheet."""

    row: InRow
    source: str
    item: str
    standard: str
    lot: str
    quantity: int
    measure: str
    ready: date | None
    expiry: date | None
    load: Fraction
    spot: Spot | None


@dataclass(frozen=True)
class Need:
    """What a unit needs of an item in a zone on a day."""

    row: InRow
    unit: str
    place: str
    zone: str
    item: str
    quantity: int
    measure: str
    day: date | None
    tier: int
    weight: Fraction
    minimum: int
    cap: int | None
    covered: int
    spot: Spot | None


@dataclass(frozen=True)
class Lane:
    """A way from a source to a unit; ``start`` and ``end`` may be ``*``. Capacity is per day."""

    row: InRow
    start: str
    end: str
    days: int
    capacity: int | None
    cost: Fraction | None
    lot: int


@dataclass(frozen=True)
class Swap:
    """``ratio`` units of ``start`` (an item or a standard) serve for one of the item ``end``. No zones: everywhere."""

    row: InRow
    start: str
    end: str
    zones: frozenset[str]
    ratio: Fraction
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Policy:
    """The rules of the plan. ``floors``: per cent kept back by source, "" for every other source."""

    first: date | None = None
    last: date | None = None
    level: str = "cumulative"
    shelf_days: int = 0
    swap_cost: Fraction = Fraction(5_000)
    late_cost: Fraction = Fraction(1_000)
    floors: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """What the input book says."""

    name: str
    sha256: str
    supplies: list[Supply]
    needs: list[Need]
    lanes: list[Lane]
    swaps: list[Swap]
    policy: Policy


def read_book(name: str, content: bytes) -> Book:
    """Read an input book.

    Args:
        name: the file's name, shown in every problem.

    Raises:
        FileRefused: with every problem of every sheet, by row and column.
    """
    rows, problems = read_workbook(name, content, words.SHEETS)
    book = Book(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        supplies=[_supply(row) for row in _readable(rows["supply"])],
        needs=[_need(row) for row in _readable(rows["need"])],
        lanes=[_lane(row) for row in _readable(rows["lanes"])],
        swaps=[_swap(row) for row in _readable(rows["swap"])],
        policy=_policy(rows["policy"], problems),
    )
    problems += [*_of_needs(book), *_of_supplies(book), *_of_measures(book), *_of_names(book, rows), *_of_periods(book)]
    for key, sheet in (("supply", words.SUPPLY), ("need", words.NEED)):
        if not rows[key]:
            missing = _("The sheet “%(title)s” is missing or empty.")
            problems.append(
                RowProblem(name, pick(*sheet.titles[:2]), 1, "", "no_rows", missing, {"title": pick(*sheet.titles[:2])})
            )
    if problems:
        order = {title: at for at, sheet in enumerate(words.SHEETS) for title in sheet.titles}
        raise FileRefused(name, sorted(problems, key=lambda p: (order.get(p.sheet, 9), p.row)))
    return book


def _readable(rows: Iterable[InRow]) -> list[InRow]:
    """Rows without a problem of their own: the others are listed already."""
    return [row for row in rows if not row.unreadable]


def _spot(row: InRow) -> Spot | None:
    lon, lat = row.values["lon"], row.values["lat"]
    return None if lon is None or lat is None else (float(lon), float(lat))


def _text(row: InRow, key: str) -> str:
    return row.values[key] or ""


def _supply(row: InRow) -> Supply:
    return Supply(
        row, _text(row, "source"), _text(row, "item"), _text(row, "standard"), _text(row, "lot"),
        row.values["quantity"], _text(row, "measure"), row.values["ready"], row.values["expiry"],
        Fraction(1) if row.values["load"] is None else row.values["load"], _spot(row),
    )  # fmt: skip


def _need(row: InRow) -> Need:
    return Need(
        row, _text(row, "unit"), _text(row, "place"), _text(row, "zone"), _text(row, "item"),
        row.values["quantity"], _text(row, "measure"), row.values["day"], row.values["tier"] or 1,
        row.values["weight"] or Fraction(1), row.values["minimum"] or 0, row.values["cap"],
        row.values["covered"] or 0, _spot(row),
    )  # fmt: skip


def _lane(row: InRow) -> Lane:
    start, end = (("*" if _text(row, key).lower() in words.ANY else _text(row, key)) for key in ("start", "end"))
    values = row.values
    return Lane(row, start, end, values["days"] or 0, values["capacity"], values["cost"], values["lot"] or 0)


def _swap(row: InRow) -> Swap:
    return Swap(
        row, _text(row, "start"), _text(row, "end"), row.values["zones"] or frozenset(),
        row.values["ratio"] or Fraction(1), row.values["valid_from"], row.values["valid_to"],
    )  # fmt: skip


def _policy(rows: Sequence[InRow], problems: list[RowProblem]) -> Policy:
    """The settings of the sheet 政策; what cannot be read is added to ``problems``."""
    by_title = {title.lower(): setting for setting in words.SETTINGS for title in (setting.key, *setting.titles)}
    found: dict[str, Any] = {}
    floors: dict[str, Fraction] = {}
    for row in _readable(rows):
        setting = by_title.get(_text(row, "setting").lower())
        if setting is None:
            names = " · ".join(pick(*s.titles[:2]) for s in words.SETTINGS)
            problems.append(
                row.problem("setting", "no_setting", _("There is no such setting; there is %(names)s."), names=names)
            )
            continue
        value = _setting(row, setting.read, problems)
        if setting.key == "floor":
            whom = _text(row, "whom")
            floors["" if whom.lower() in words.ANY else whom] = value
        else:
            found[setting.key] = value
    return Policy(**{key: value for key, value in found.items() if value is not None}, floors=floors)


def _setting(row: InRow, read: Callable[[Any], Any], problems: list[RowProblem]) -> Any:
    try:
        return read(row.values["value"])
    except CellUnreadable as error:
        problems.append(row.problem("value", error.code, error.sentence, **error.values_for_sentence))
    except QuantityUnreadable as error:
        problems.append(row.problem("value", error.code, error.sentence, text=error.text))
    return None


def _policy_title() -> str:
    return pick(*words.POLICY.titles[:2])


def _of_needs(book: Book) -> list[RowProblem]:
    """Needs that contradict themselves or the horizon."""
    found = []
    first, last = book.policy.first, book.policy.last
    for need in book.needs:
        room = max(0, need.quantity - need.covered)
        if need.minimum > (room if need.cap is None else min(room, need.cap)):
            sentence = _("The minimum is more than may be delivered: need less what is covered, or the cap.")
            found.append(need.row.problem("minimum", "minimum_too_large", sentence))
        if need.day is not None and ((first and need.day < first) or (last and need.day > last)):
            sentence = _("The day lies outside the days of the plan, %(first)s to %(last)s.")
            found.append(need.row.problem("day", "outside_horizon", sentence, first=first or "…", last=last or "…"))
    has_start = first or any(s.ready for s in book.supplies) or any(n.day for n in book.needs)
    if last and not has_start and any(lane.days for lane in book.lanes):
        sentence = _("Nothing says from which day on goods may leave: write the first day too.")
        found.append(RowProblem(book.name, _policy_title(), 1, "", "no_first_day", sentence, {}))
    if first and last and first > last:
        sentence = _("The first day %(first)s is after the last day %(last)s.")
        found.append(
            RowProblem(book.name, _policy_title(), 1, "", "no_horizon", sentence, {"first": first, "last": last})
        )
    return found


def _of_supplies(book: Book) -> list[RowProblem]:
    """Goods that expire before they are there."""
    sentence = _("It expires before it is ready.")
    return [
        supply.row.problem("expiry", "expires_before_ready", sentence)
        for supply in book.supplies
        if supply.expiry and supply.ready and supply.expiry < supply.ready
    ]


def _of_measures(book: Book) -> list[RowProblem]:
    """Rows that count one item in different units: nothing may be converted by guessing."""
    first: dict[str, tuple[str, str, int]] = {}
    found = []
    sentence = _("%(item)s is counted in %(other)s in sheet %(sheet)s, row %(row)s; use one measure.")
    lines: list[Supply | Need] = [*book.supplies, *book.needs]
    for line in lines:
        if not line.measure:
            continue
        measure, sheet, row = first.setdefault(line.item, (line.measure, line.row.sheet, line.row.row))
        if measure != line.measure:
            found.append(
                line.row.problem(
                    "measure",
                    "other_measure",
                    sentence,
                    item=line.item,
                    other=measure,
                    sheet=sheet,
                    number=row,
                    row=row,
                )
            )
    return found


def _of_names(book: Book, rows: dict[str, list[InRow]]) -> list[RowProblem]:
    """Lanes, substitutions and floors that name something that is nowhere; rows with problems lend their names."""

    def named(sheet: str, *keys: str) -> set[str]:
        return {row.values[key] for row in rows[sheet] for key in keys if row.values[key]}

    sources = named("supply", "source") | {"*"}
    ends = named("need", "unit", "place") | {"*"}
    items = named("supply", "item") | named("need", "item")
    goods = items | named("supply", "standard")
    found = []
    no_source: str | Promise = _("No row of the sheet Supply has the source “%(text)s”.")
    for lane in book.lanes:
        if lane.start not in sources:
            found.append(lane.row.problem("start", "unknown_source", no_source, text=lane.start))
        if lane.end not in ends:
            sentence = _("No row of the sheet Need has the unit or place “%(text)s”.")
            found.append(lane.row.problem("end", "unknown_unit", sentence, text=lane.end))
    for swap in book.swaps:
        if swap.start not in goods:
            sentence = _("No row has the item or standard “%(text)s”.")
            found.append(swap.row.problem("start", "unknown_item", sentence, text=swap.start))
        if swap.end not in items:
            sentence = _("No row has the item “%(text)s”.")
            found.append(swap.row.problem("end", "unknown_item", sentence, text=swap.end))
    for source in book.policy.floors:
        if source and source not in sources:
            found.append(
                RowProblem(book.name, _policy_title(), 1, pick(*words.POLICY.columns[2].titles[:2]),
                           "unknown_source", no_source, {"text": source})
            )  # fmt: skip
    return found


def _of_periods(book: Book) -> list[RowProblem]:
    """Permissions that end before they begin; lanes that are stated twice."""
    found = []
    has_days = (
        book.policy.first or any(s.ready for s in book.supplies) or any(n.day for n in book.needs) or book.policy.last
    )
    for swap in book.swaps:
        if (swap.valid_from or swap.valid_to) and not has_days:
            sentence = _("The permission has days and the plan has none; write the first day in the sheet Policy.")
            found.append(swap.row.problem("valid_from" if swap.valid_from else "valid_to", "no_days", sentence))
        if swap.valid_from and swap.valid_to and swap.valid_to < swap.valid_from:
            found.append(swap.row.problem("valid_to", "ends_before", _("It ends before it begins.")))
    seen: dict[tuple[str, str], int] = {}
    for lane in book.lanes:
        row = seen.setdefault((lane.start, lane.end), lane.row.row)
        if row != lane.row.row:
            sentence = _("This lane stands in row %(row)s already.")
            found.append(lane.row.problem("end", "lane_twice", sentence, row=row))
    return found
