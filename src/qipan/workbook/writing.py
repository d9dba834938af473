"""The answer as a workbook: a summary, the plan, a page for each source and receiver, and every reason."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from qipan.kernel.exchange import write_cell
from qipan.workbook.planning import Answer
from qipan.workbook.prices import Price
from qipan.workbook.reading import Book
from qipan.workbook.rows import (
    Field,
    Row,
    fields,
    item_rows,
    left_rows,
    line_rows,
    need_rows,
    price_rows,
    proof_words,
    tier_rows,
    unit_rows,
)  # fmt: skip


class _Writer:
    """A workbook being filled; every sheet prints on landscape pages, its head on each."""

    def __init__(self, out: io.BytesIO) -> None:
        self.book = xlsxwriter.Workbook(
            out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        face = {"font_size": 10, "valign": "top"}
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.label = self.book.add_format({**face, "font_color": "#5b6470"})
        self.head = self.book.add_format({**face, "bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#eef1f4"})
        self.cell = self.book.add_format(face)
        self.long = self.book.add_format({**face, "text_wrap": True})
        self.number = self.book.add_format({**face, "num_format": "#,##0.###;−#,##0.###;0"})
        self.share = self.book.add_format({**face, "num_format": "0.0%"})
        self.group = self.book.add_format({"bold": True, "font_size": 12, "top": 1})
        self.sign = self.book.add_format({**face, "font_color": "#5b6470", "bottom": 4})

    def sheet(self, name: str, columns: Sequence[Field]) -> Any:
        found = self.book.add_worksheet(name)
        found.set_landscape()
        found.set_paper(9)
        found.fit_to_pages(1, 0)
        found.hide_gridlines(2)
        found.set_footer("&C&P / &N")
        for at, column in enumerate(columns):
            found.set_column(at, at, column.width)
        return found

    def table(self, sheet: Any, line: int, columns: Sequence[Field], rows: Sequence[Row]) -> int:
        """Heading and rows from a line on; the line after them."""
        for at, column in enumerate(columns):
            sheet.write_string(line, at, column.title, self.head)
        for number, row in enumerate(rows, start=line + 1):
            for at, column in enumerate(columns):
                self._write(sheet, number, at, column, row.get(column.key))
        return line + len(rows) + 1

    def _write(self, sheet: Any, line: int, at: int, column: Field, value: Any) -> None:
        if isinstance(value, date):
            sheet.write_string(line, at, value.isoformat(), self.cell)
        elif isinstance(value, str):
            sheet.write_string(line, at, value, self.long if column.width > 40 else self.cell)
        else:
            write_cell(sheet, line, at, value, self.share if column.is_share else self.number)

    def listing(self, name: str, columns: Sequence[Field], rows: Sequence[Row], empty: str) -> None:
        """A sheet that is one table, with its head held and filters on it."""
        sheet = self.sheet(name, columns)
        end = self.table(sheet, 0, columns, rows)
        if not rows:
            sheet.write_string(1, 0, empty, self.label)
            return
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, end - 1, len(columns) - 1)

    def grouped(self, name: str, key: str, columns: Sequence[Field], rows: Sequence[Row], sign: str) -> None:
        """A sheet with a page for each source or receiver: its lines, and a place to sign."""
        sheet = self.sheet(name, columns)
        breaks, line = [], 0
        for title in dict.fromkeys(row[key] for row in rows):
            own = [row for row in rows if row[key] == title]
            sheet.write_string(line, 0, title, self.group)
            line = self.table(sheet, line + 1, columns, own) + 1
            sheet.write_string(line, 0, sign, self.sign)
            line += 2
            breaks.append(line)
        sheet.set_h_pagebreaks(breaks[:-1])
        if not rows:
            sheet.write_string(0, 0, _("Nothing is sent."), self.label)


def write_answer(answer: Answer, prices: Sequence[Price] = (), left_out: int = 0) -> bytes:
    """The workbook of a plan, in the reader's language."""
    out = io.BytesIO()
    writer = _Writer(out)
    lines, needs = line_rows(answer), need_rows(answer)
    _summary(writer, answer)
    writer.listing(
        _("Plan lines"),
        fields("source", "unit", "place", "zone", "item", "sent_item", "standard", "lot", "expiry", "leaves",
               "arrives", "quantity", "measure", "tier", "why"),
        lines, _("Nothing is sent."),
    )  # fmt: skip
    by_source = sorted(lines, key=lambda row: row["source"])
    writer.grouped(
        _("By source"), "source",
        fields("unit", "place", "zone", "sent_item", "standard", "lot", "expiry", "leaves", "arrives", "quantity",
               "measure"),
        by_source, _("Handed over by, date:"),
    )  # fmt: skip
    writer.grouped(
        _("By receiver"), "unit",
        fields("source", "place", "zone", "item", "sent_item", "standard", "lot", "expiry", "leaves", "arrives",
               "quantity", "measure"),
        sorted(lines, key=lambda row: (row["unit"], row["place"])), _("Received by, date:"),
    )  # fmt: skip
    writer.listing(_("Fill"), fields("tier", "unit", "place", "needs", "met", "unreachable", "lowest", "mean"),
                   unit_rows(answer), "")  # fmt: skip
    of_needs = ("tier", "unit", "zone", "item", "day", "needed", "covered", "given", "missing", "level", "measure",
                "cause", "why", "row")  # fmt: skip
    writer.listing(_("Needs and why"), fields(*of_needs), needs, "")
    short = [row for row in needs if row["missing"]]
    writer.listing(_("Unmet"), fields(*of_needs), short, _("Every need is met in full."))
    writer.listing(
        _("Left over stock"),
        fields("source", "sent_item", "standard", "lot", "expiry", "left", "measure", "row"),
        left_rows(answer), _("All stock is sent."),
    )  # fmt: skip
    _prices(writer, prices, left_out)
    writer.book.close()
    return out.getvalue()


def _summary(writer: _Writer, answer: Answer) -> None:
    """The first sheet: what was planned from what, by tier and by item, and what was proved."""
    book = answer.network.book
    of_items = fields("good", "stock", "kept", "sent", "left", "needed", "covered", "missing", "measure")
    sheet = writer.sheet(_("Summary"), of_items)
    sheet.write_string(0, 0, _("Plan from %(file)s") % {"file": book.name}, writer.title)
    line = 2
    for label, value in [*_settings(book), *proof_words(answer), (_("Input, SHA-256"), book.sha256)]:
        sheet.write_string(line, 0, label, writer.label)
        sheet.write_string(line, 1, value, writer.cell)
        line += 1
    of_tiers = fields("tier", "needs", "met", "unreachable", "lowest", "mean")
    line = writer.table(sheet, line + 1, of_tiers, tier_rows(answer))
    line = writer.table(sheet, line + 1, of_items, item_rows(answer))
    if answer.rows:
        rows = [{"source": row.source, "unit": row.unit, "day": row.day} for row in answer.rows]
        titled = [*fields("source", "unit"), Field("day", _("Full on"), 11)]
        writer.table(sheet, line + 1, titled, rows)


def _prices(writer: _Writer, prices: Sequence[Price], left_out: int) -> None:
    """What each rule costs: what would change without it."""
    columns = fields("rule", "more", "less", "item", "change")
    sheet = writer.sheet(_("Price of rules"), columns)
    line = writer.table(sheet, 0, columns, price_rows(prices))
    if not prices:
        sheet.write_string(line, 0, _("No rule holds anything back."), writer.label)
    if left_out:
        words = _("%(count)s more rules were not tried: the book is large.")
        sheet.write_string(line + 1, 0, words % {"count": left_out}, writer.label)


def _settings(book: Book) -> list[tuple[str, str]]:
    """The rules that held."""
    policy = book.policy
    words = {"cumulative": _("all days together"), "day": _("each day for itself")}
    days = " – ".join(day.isoformat() if day else "…" for day in (policy.first, policy.last))
    found = [(_("Days"), days), (_("Level counted"), words[policy.level])]
    everybody = _("every source")
    found += [(_("Kept back"), f"{source or everybody}: {float(share):g}%") for source, share in policy.floors.items()]
    if policy.shelf_days:
        found.append((_("Valid on arrival for"), _("%(days)s days") % {"days": policy.shelf_days}))
    return found
