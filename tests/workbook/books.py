"""Books as tests write them: rows by sheet, as an Excel file's bytes."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import xlsxwriter

from qipan.workbook.planning import Answer, plan_book
from qipan.workbook.reading import Book, read_book

Rows = list[dict[str, Any]]


def workbook(**sheets: Rows) -> bytes:
    """A workbook with one sheet for each name; headers are the keys of all its rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            heads = list(dict.fromkeys(key for row in rows for key in row))
            for line, cells in enumerate([dict(zip(heads, heads, strict=True)), *rows]):
                for at, head in enumerate(heads):
                    cell = cells.get(head)
                    if isinstance(cell, date):
                        sheet.write_datetime(line, at, cell, day)
                    else:
                        sheet.write(line, at, cell)
    return out.getvalue()


def book_of(**sheets: Rows) -> Book:
    return read_book("book.xlsx", workbook(**sheets))


def answer_of(**sheets: Rows) -> Answer:
    return plan_book(book_of(**sheets))


def sent(answer: Answer) -> dict[tuple[str, str, str], int]:
    """Units by (source, unit, item sent)."""
    found: dict[tuple[str, str, str], int] = {}
    for line in answer.lines:
        key = (line.chain.source, answer.network.sinks[line.sink].unit, line.chain.item)
        found[key] = found.get(key, 0) + line.units
    return found


def supply(source: str = "plant", item: str = "suit", quantity: int = 100, **more: Any) -> dict[str, Any]:
    return {"source": source, "item": item, "quantity": quantity, **more}


def need(unit: str = "hospital", item: str = "suit", quantity: int = 100, **more: Any) -> dict[str, Any]:
    return {"unit": unit, "item": item, "quantity": quantity, **more}


def lane(start: str = "*", end: str = "*", days: int = 0, **more: Any) -> dict[str, Any]:
    return {"From": start, "To": end, "Days": days, **more}


def swap(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"From": start, "To": end, **more}


def policy(**settings: Any) -> Rows:
    return [{"Setting": key.replace("_", " "), "Value": value} for key, value in settings.items()]
