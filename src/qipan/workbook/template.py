"""A book to start from: every sheet with its columns, an example that can be planned as it stands, and a guide."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from qipan.kernel.exchange import InSheet
from qipan.kernel.text import pick
from qipan.workbook import words

EXAMPLE: dict[str, list[dict[str, tuple[Any, Any] | Any]]] = {
    "supply": [
        {"source": ("甲厂", "Plant A"), "item": ("防护服", "Suit"), "standard": "GB 19082", "lot": "A-0130",
         "quantity": 600, "ready": "2020-01-30"},
        {"source": ("甲厂", "Plant A"), "item": ("防护服", "Suit"), "standard": "GB 19082", "lot": "A-0131",
         "quantity": 800, "ready": "2020-01-31"},
        {"source": ("省储备库", "Reserve"), "item": ("防护服", "Suit"), "standard": "EN 14126", "lot": "EU-7",
         "quantity": 900, "ready": "2020-01-30"},
        {"source": ("省储备库", "Reserve"), "item": ("N95口罩", "N95 respirator"), "lot": "R-12",
         "quantity": 2000, "ready": "2020-01-30", "expiry": "2020-02-01"},
        {"source": ("省储备库", "Reserve"), "item": ("外科口罩", "Surgical mask"), "lot": "M-3",
         "quantity": 9000, "ready": "2020-01-30"},
    ],
    "need": [
        {"unit": ("一医院", "Hospital 1"), "place": ("甲市", "City A"), "zone": ("隔离重症", "isolation ICU"),
         "item": ("防护服", "Suit"), "quantity": 1200, "day": "2020-02-01", "tier": 1, "covered": 100},
        {"unit": ("二医院", "Hospital 2"), "place": ("甲市", "City A"), "zone": ("隔离重症", "isolation ICU"),
         "item": ("防护服", "Suit"), "quantity": 900, "day": "2020-02-01", "tier": 1},
        {"unit": ("三医院", "Hospital 3"), "place": ("乙市", "City B"), "zone": ("发热门诊", "fever clinic"),
         "item": ("防护服", "Suit"), "quantity": 700, "day": "2020-02-01", "tier": 2, "minimum": 100},
        {"unit": ("一医院", "Hospital 1"), "place": ("甲市", "City A"), "zone": ("隔离重症", "isolation ICU"),
         "item": ("N95口罩", "N95 respirator"), "quantity": 2500, "day": "2020-02-01", "tier": 1},
        {"unit": ("三医院", "Hospital 3"), "place": ("乙市", "City B"), "zone": ("发热门诊", "fever clinic"),
         "item": ("外科口罩", "Surgical mask"), "quantity": 5000, "day": "2020-02-01", "tier": 2, "cap": 4000},
    ],
    "lanes": [
        {"start": "*", "end": ("甲市", "City A"), "days": 1},
        {"start": "*", "end": ("乙市", "City B"), "days": 2, "capacity": 3000},
    ],
    "swap": [
        {"start": "EN 14126", "end": ("防护服", "Suit"), "zones": ("发热门诊", "fever clinic"), "ratio": 1},
    ],
    "policy": [
        {"setting": "first", "value": "2020-01-30"},
        {"setting": "last", "value": "2020-02-01"},
        {"setting": "level", "value": ("累计", "cumulative")},
        {"setting": "floor", "value": 10, "whom": ("省储备库", "Reserve")},
    ],
}  # fmt: skip
"""A small case that shows each rule at work: a standard kept out of a zone, a lot that expires, a tier that
comes first, a minimum, a cap, a lane that fills. Texts are (Chinese, English); names are those of nobody."""

MEASURES = {"防护服": ("件", "suits"), "N95口罩": ("只", "pieces"), "外科口罩": ("只", "pieces")}


def write_template() -> bytes:
    """The input book with its example, in the reader's language."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        face = {"font_size": 10, "valign": "top"}
        formats = {
            "head": book.add_format({**face, "bold": True, "bottom": 1, "bg_color": "#eef1f4", "text_wrap": True}),
            "cell": book.add_format(face),
            "day": book.add_format({**face, "num_format": "yyyy-mm-dd", "align": "left"}),
            "long": book.add_format({**face, "text_wrap": True}),
            "title": book.add_format({"bold": True, "font_size": 14}),
        }
        for sheet in words.SHEETS:
            _write_sheet(book, sheet, formats)
        _write_guide(book, formats)
    return out.getvalue()


def _write_sheet(book: Any, sheet: InSheet, formats: dict[str, Any]) -> None:
    page = book.add_worksheet(_title(sheet.titles))
    for at, column in enumerate(sheet.columns):
        page.write_string(0, at, _title(column.titles) + (" *" if column.required else ""), formats["head"])
        page.set_column(at, at, max(11, 2 * len(_title(column.titles))))
    for line, row in enumerate(EXAMPLE[sheet.key], start=1):
        for at, column in enumerate(sheet.columns):
            _write(page, line, at, _value(column.key, row), formats)
    page.freeze_panes(1, 0)


def _value(key: str, row: dict[str, Any]) -> Any:
    """A cell of the example in the reader's language."""
    value = row.get(key)
    if key == "measure" and "item" in row:
        value = MEASURES[row["item"][0]]
    if key == "setting":
        return _title(next(setting.titles for setting in words.SETTINGS if setting.key == value))
    return pick(*value) if isinstance(value, tuple) else value


def _write(page: Any, line: int, at: int, value: Any, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, str) and value[:5] == "2020-":
        page.write_datetime(line, at, words.read_day(value), formats["day"])
    elif isinstance(value, str):
        page.write_string(line, at, value, formats["cell"])
    else:
        page.write_number(line, at, value, formats["cell"])


def _write_guide(book: Any, formats: dict[str, Any]) -> None:
    """What every column and setting means."""
    page = book.add_worksheet(_("Guide"))
    for at, width in enumerate((16, 20, 10, 100)):
        page.set_column(at, at, width)
    page.write_string(0, 0, _("How to fill this book"), formats["title"])
    how = _("Replace the example rows with your own, then run: qipan plan FILE.xlsx")
    page.write_string(1, 0, how, formats["cell"])
    for at, title in enumerate((_("Sheet"), _("Column"), _("Must be there"), _("Meaning"))):
        page.write_string(3, at, title, formats["head"])
    line = 4
    for sheet in words.SHEETS:
        for column in sheet.columns:
            meaning = column.meaning if isinstance(column, words.Column) else ""
            _line(page, line, formats, (sheet, _title(column.titles), column.required, str(meaning)))
            line += 1
    for setting in words.SETTINGS:
        _line(page, line, formats, (words.POLICY, _title(setting.titles), False, str(setting.meaning)))
        line += 1


def _line(page: Any, line: int, formats: dict[str, Any], row: tuple[InSheet, str, bool, str]) -> None:
    """One row of the guide: sheet, column, whether it must be there, meaning."""
    sheet, name, required, meaning = row
    page.write_string(line, 0, _title(sheet.titles), formats["cell"])
    page.write_string(line, 1, name, formats["cell"])
    page.write_string(line, 2, _("yes") if required and sheet.required else "", formats["cell"])
    page.write_string(line, 3, meaning, formats["long"])


def _title(titles: tuple[str, ...]) -> str:
    return pick(titles[0], titles[1])
