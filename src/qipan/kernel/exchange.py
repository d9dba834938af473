"""Files in and out: declared columns, all problems at once, nothing half-written.

A table comes in as CSV or XLSX with Chinese or English headers. Every cell is
read before anything is booked; a problem names file, sheet, row, column and reason.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.quantity import QuantityUnreadable, plain
from qipan.kernel.text import Both, pick
from qipan.kernel.uploads import first_table, named_tables, plain_word, refused


class CellUnreadable(ValueError):
    """A reader's refusal of one cell: a stable code and a sentence with the way out."""

    def __init__(self, code: str, sentence: str | Promise, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.values_for_sentence = values


@dataclass(frozen=True)
class InColumn:
    """A column a file may bring: key, accepted headers, how a cell is read, whether it must be there."""

    key: str
    titles: tuple[str, ...]
    read: Callable[[Any], Any]
    required: bool = True
    example: str = ""


@dataclass(frozen=True)
class InSheet:
    """A sheet a workbook may bring: key, accepted names, columns, whether it must be there."""

    key: str
    titles: tuple[str, ...]
    columns: Sequence[InColumn]
    required: bool = True


@dataclass(frozen=True)
class InRow:
    """One row as read: its number in the file (1 = header) and its values by column key."""

    file: str
    sheet: str
    row: int
    values: dict[str, Any]
    titles: Mapping[str, str]
    unreadable: frozenset[str] = frozenset()

    def is_read(self, key: str) -> bool:
        """Whether the cell could be read (an unreadable one has its problem listed already)."""
        return self.titles.get(key, key) not in self.unreadable

    def problem(self, key: str, code: str, sentence: str | Promise, **values: Any) -> RowProblem:
        """A problem of this row that only the context can see (an unknown unit, a zone rule)."""
        return RowProblem(self.file, self.sheet, self.row, self.titles.get(key, key), code, sentence, values)


def read_table(name: str, content: bytes, columns: Sequence[InColumn]) -> tuple[list[InRow], list[RowProblem]]:
    """Read the first sheet of an XLSX, or a CSV, by its headers.

    Args:
        name: the file's name, shown in every problem.
        content: a file as it was sent; see ``uploads`` for the bounds.

    Returns:
        Every row with what could be read of it, and every problem of the cells that could not.

    Raises:
        FileRefused: the file as a whole cannot be read, or a required column is missing.
    """
    sheet, table = first_table(name, content)
    return _rows_of(name, sheet, table, columns)


def read_workbook(
    name: str, content: bytes, sheets: Sequence[InSheet]
) -> tuple[dict[str, list[InRow]], list[RowProblem]]:
    """Read several sheets of an XLSX by their names; sheets that are not asked for are passed over.

    Returns:
        The rows of every sheet by its key (none where an optional sheet is not there), and every problem.

    Raises:
        FileRefused: the file cannot be read, or sheets or columns are missing; all that is missing is named.
    """
    wanted = {plain_word(word): sheet.key for sheet in sheets for word in _names_of(sheet)}
    tables = named_tables(name, content, wanted)
    rows: dict[str, list[InRow]] = {}
    problems: list[RowProblem] = []
    lacking: list[RowProblem] = []
    for sheet in sheets:
        rows[sheet.key] = []
        title, table = tables.get(sheet.key, (sheet.titles[0], []))
        if not table and sheet.required:
            missing = _("The sheet “%(title)s” is missing or empty.")
            names = {"title": " / ".join(sheet.titles[:2])}
            lacking.append(RowProblem(name, pick(*sheet.titles[:2]), 1, "", "no_sheet", missing, names))
        if table:
            try:
                rows[sheet.key], found = _rows_of(name, title, table, sheet.columns)
            except FileRefused as error:
                lacking += error.problems
            else:
                problems += found
    if lacking:
        raise FileRefused(name, lacking + problems)
    return rows, problems


def _names_of(sheet: InSheet) -> tuple[str, ...]:
    return (sheet.key, *sheet.titles)


def _rows_of(
    name: str, sheet: str, table: list[list[Any]], columns: Sequence[InColumn]
) -> tuple[list[InRow], list[RowProblem]]:
    """Every row of one table as far as it can be read, and every problem of its cells."""
    if not table:
        raise refused(name, sheet, "empty", _("The file has no rows."))
    found = _match_headers(name, sheet, table[0], columns)
    rows: list[InRow] = []
    problems: list[RowProblem] = []
    titles = {key: str(table[0][at]) for key, at in found.items()}
    by_key = {column.key: column for column in columns}
    for number, cells in enumerate(table[1:], start=2):
        if all(_is_blank(cell) for cell in cells):
            continue
        values: dict[str, Any] = {column.key: None for column in columns}
        wrong: list[RowProblem] = []
        for key, at in found.items():
            cell = cells[at] if at < len(cells) else ""
            try:
                values[key] = _read_cell(by_key[key], cell)
            except QuantityUnreadable as error:
                wrong.append(
                    RowProblem(name, sheet, number, titles[key], error.code, error.sentence, {"text": error.text})
                )
            except CellUnreadable as error:
                wrong.append(
                    RowProblem(
                        name,
                        sheet,
                        number,
                        titles[key],
                        error.code,
                        error.sentence,
                        error.values_for_sentence,
                    )
                )
        problems += wrong
        rows.append(InRow(name, sheet, number, values, titles, frozenset(p.column for p in wrong)))
    return rows, problems


def _read_cell(column: InColumn, cell: Any) -> Any:
    if _is_blank(cell):
        if column.required:
            raise CellUnreadable("missing", _("This cell is empty; it is needed."))
        return None
    return column.read(cell)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _match_headers(name: str, sheet: str, header: Sequence[Any], columns: Sequence[InColumn]) -> dict[str, int]:
    words = {plain_word(str(cell)): at for at, cell in reversed(list(enumerate(header)))}
    found = {
        column.key: words[word]
        for column in columns
        for word in (plain_word(title) for title in (column.key, *column.titles))
        if word in words
    }
    missing = [column for column in columns if column.required and column.key not in found]
    if missing:
        raise FileRefused(
            name,
            [
                RowProblem(
                    name,
                    sheet,
                    1,
                    column.titles[0],
                    "no_column",
                    _("The column “%(title)s” is missing."),
                    {"title": " / ".join(column.titles)},
                )
                for column in missing
            ],
        )
    return found


def read_text(length_max: int = 200) -> Callable[[Any], str]:
    """A reader of plain text; codes typed as numbers lose their ``.0``."""

    def read(cell: Any) -> str:
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if len(text) > length_max:
            raise CellUnreadable("too_long", _("Longer than %(most)s characters."), most=length_max)
        if any(ord(letter) < 32 and letter not in "\n\t\r" for letter in text):
            raise CellUnreadable("control_character", _("There is an invisible control character in it."))
        return text

    return read


def read_at(cell: Any) -> datetime:
    """A reader of instants: 2020-01-29T24:00, or a date cell of a spreadsheet."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=clock.CST)
    text = cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
    try:
        return clock.read_instant(text)
    except clock.InstantUnreadable as error:
        raise CellUnreadable(
            "not_an_instant", _("“%(text)s” is no instant; write 2020-01-29T24:00."), text=text[:40]
        ) from error


@dataclass(frozen=True)
class OutSheet:
    """A further sheet of a workbook: its title, (key, heading) in order, rows by key."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Iterable[Mapping[str, Any]]


def write_workbook(
    title: str,
    stamp: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Mapping[str, Any]],
    more: Sequence[OutSheet] = (),
) -> bytes:
    """A sheet with title, stamp lines (as-of, completeness, simulated), header and rows; further sheets after it.

    Numbers are numbers; text is always text, so that nothing a person typed can run as a formula.

    Args:
        columns: (key, heading) in order.
        rows: values by key; Both shows the reader's language.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(gettext("Figures"))
        sheet.write_string(0, 0, title, book.add_format({"bold": True}))
        for line, (label, value) in enumerate(stamp, start=1):
            sheet.write_string(line, 0, label)
            sheet.write_string(line, 1, value)
        _write_rows(book, sheet, len(stamp) + 2, columns, rows)
        for further in more:
            _write_rows(book, book.add_worksheet(further.title), 0, further.columns, further.rows)
    return out.getvalue()


def _write_rows(
    book: Any, sheet: Any, line: int, columns: Sequence[tuple[str, str]], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Headings from a line on, and the rows below them."""
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    number = book.add_format({"num_format": "#,##0.###;−#,##0.###;0"})
    for at, (_key, heading) in enumerate(columns):
        sheet.write_string(line, at, heading, head)
    for place, row in enumerate(rows, start=line + 1):
        for at, (key, _heading) in enumerate(columns):
            write_cell(sheet, place, at, row.get(key), number)
    sheet.set_column(0, max(len(columns) - 1, 0), 18)


def write_template(columns: Sequence[InColumn]) -> bytes:
    """An empty workbook with the columns of an import, titles in the reader's language, and an example row."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(gettext("Template"))
        head = book.add_format({"bold": True, "bottom": 1})
        for at, column in enumerate(columns):
            sheet.write_string(0, at, pick(column.titles[0], column.titles[1]), head)
            sheet.write_string(1, at, column.example)
        sheet.set_column(0, len(columns) - 1, 22)
    return out.getvalue()


def write_cell(sheet: Any, line: int, at: int, value: Any, number: Any) -> None:
    """One cell: numbers as numbers in the format ``number``, everything else as text, never a formula."""
    if isinstance(value, Fraction | Decimal):
        value = plain(Fraction(value))
    if isinstance(value, bool) or value is None:
        sheet.write_string(line, at, "" if value is None else gettext("yes") if value else gettext("no"))
    elif isinstance(value, int | float):
        sheet.write_number(line, at, value, number)
    elif isinstance(value, datetime):
        sheet.write_string(line, at, clock.write_instant(value))
    else:
        sheet.write_string(line, at, str(value))


def show(value: Any) -> str:
    """A cell for the terminal."""
    if isinstance(value, Both):
        return str(value)
    if isinstance(value, Fraction | Decimal):
        value = plain(Fraction(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else clock.write_instant(value) if isinstance(value, datetime) else str(value)
