"""Files in: every problem at once, with row, column and reason. Files out: text stays text."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from qipan.kernel import clock, exchange, uploads
from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.exchange import CellUnreadable, InColumn, InRow, read_table, read_text, write_workbook
from qipan.kernel.quantity import read_quantity
from qipan.kernel.text import Both

COLUMNS = (
    InColumn("unit", ("单位", "Unit"), read_text(20), example="医院 A"),
    InColumn("quantity", ("数量", "Quantity"), read_quantity, example="1,000"),
    InColumn("at", ("时间", "At"), exchange.read_at, required=False, example="2020-01-29T24:00"),
)
CSV = '单位,数量,时间\n金银潭医院,"1,000",2020-01-29T24:00\n同济医院,１２,\n'
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
    "http://example.org",
)


def _xlsx(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _read(content: bytes, name: str = "needs.csv") -> list[tuple[int, dict[str, Any]]]:
    rows, problems = read_table(name, content, COLUMNS)
    assert problems == []
    return [(row.row, row.values) for row in rows]


def _problems(content: bytes, name: str = "needs.csv") -> list[RowProblem]:
    return read_table(name, content, COLUMNS)[1]


def _refusal(content: bytes, name: str = "needs.csv") -> RowProblem:
    with pytest.raises(FileRefused) as refusal:
        read_table(name, content, COLUMNS)
    (problem,) = refusal.value.problems
    return problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_reads_csv_of_every_office(encoding: str) -> None:
    assert _read(CSV.encode(encoding)) == [
        (2, {"unit": "金银潭医院", "quantity": 1000, "at": clock.read_instant("2020-01-29T24:00")}),
        (3, {"unit": "同济医院", "quantity": 12, "at": None}),
    ]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_reads_csv_with_either_line_end(end: str) -> None:
    assert len(_read(CSV.replace("\n", end).encode())) == 2


def test_reads_a_workbook_with_numbers_and_dates() -> None:
    content = _xlsx(("Unit", "Quantity", "At"), ("A", 1000, datetime(2020, 1, 29, 14, 20)), (42.0, 0.5, None))
    assert _read(content, "needs.xlsx") == [
        (2, {"unit": "A", "quantity": 1000, "at": clock.read_instant("2020-01-29T14:20")}),
        (3, {"unit": "42", "quantity": Fraction(1, 2), "at": None}),
    ]


@pytest.mark.parametrize(
    "header", ["单位,数量", "Unit,Quantity", "unit,quantity", " UNIT *,数量*", "数量,备注,单位", "Quantity,,unit"]
)
def test_knows_a_column_by_any_of_its_titles_wherever_it_stands(header: str) -> None:
    cells = ["A" if "单位" in word or "nit" in word.lower() else "5" for word in header.split(",")]
    assert _read(f"{header}\n{','.join(cells)}\n".encode()) == [(2, {"unit": "A", "quantity": 5, "at": None})]


def test_counts_rows_as_the_file_shows_them() -> None:
    assert [row for row, _values in _read(b"unit,quantity\nA,1\n,\n\nB,2\n")] == [2, 5]


def test_reads_a_short_row_as_empty_cells() -> None:
    (problem,) = _problems(b"unit,quantity\nA\n")
    assert (problem.row, problem.column, problem.code) == (2, "quantity", "missing")


def test_names_row_column_and_reason_of_every_problem() -> None:
    rows, problems = read_table("needs.csv", "单位,数量,时间\nA,1\n,2\nC,-3\nD,x,soon\n".encode(), COLUMNS)
    assert [(row.row, row.is_read("unit"), row.is_read("quantity")) for row in rows] == [
        (2, True, True),
        (3, False, True),
        (4, True, False),
        (5, True, False),
    ]
    assert [(p.file, p.sheet, p.row, p.column, p.code) for p in problems] == [
        ("needs.csv", "", 3, "单位", "missing"),
        ("needs.csv", "", 4, "数量", "negative"),
        ("needs.csv", "", 5, "数量", "not_a_number"),
        ("needs.csv", "", 5, "时间", "not_an_instant"),
    ]


def test_tells_a_problem_in_both_languages() -> None:
    (problem,) = _problems(_xlsx(("单位", "数量"), ("A", "1,00")), "needs.xlsx")
    with translation.override("en"):
        assert str(problem) == "needs.xlsx · Sheet, row 2, column 数量: “1,00” is not a number."
    with translation.override("zh-hans"):
        assert str(problem).startswith("needs.xlsx · Sheet")
        assert "第 2 行" in str(problem)
        assert problem.reason.startswith("“1,00”不是")


def test_a_context_may_add_a_problem_of_its_own() -> None:
    (row,), _none = read_table("needs.csv", "单位,数量\nA,5\n".encode(), COLUMNS)
    assert isinstance(row, InRow)
    problem = row.problem("unit", "unknown", "“%(word)s” is unknown.", word="A")
    assert (problem.row, problem.column, problem.reason) == (2, "单位", "“A” is unknown.")


def test_refuses_a_file_without_a_needed_column() -> None:
    problem = _refusal("单位,日期\nA,1\n".encode())
    assert (problem.row, problem.column, problem.code) == (1, "数量", "no_column")
    with translation.override("en"):
        assert "数量 / Quantity" in problem.reason
    with translation.override("zh-hans"):
        assert "数量 / Quantity" in problem.reason
        assert "缺少" in problem.reason


def test_names_every_missing_column() -> None:
    with pytest.raises(FileRefused) as refusal:
        read_table("needs.csv", b"a,b\n1,2\n", COLUMNS)
    assert [p.column for p in refusal.value.problems] == ["单位", "数量"]
    assert refusal.value.values == {"file": "needs.csv", "count": 2}


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", _xlsx()], ids=["nothing", "BOM", "workbook"])
def test_refuses_an_empty_file(content: bytes) -> None:
    assert _refusal(content).code == "empty"


def test_a_header_alone_is_no_problem_and_no_row() -> None:
    assert _read("单位,数量\n".encode()) == []


def _zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"hello")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + bytes(200),
        b"PK\x03\x04",
        _zip_of("hello.txt"),
        _zip_of("xl/workbook.xml"),
        _xlsx(("单位", "数量"), ("A", 5))[:-400],
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
        b"%PDF-1.7\n\xff\xff\xff\xff\n",
        b'unit,quantity\n"A,5\n',
        b'unit,quantity\n"A"x,5\n',
    ],
    ids=["zeros", "magic", "zip", "zip-xl", "cut", "png", "xls", "pdf", "open-quote", "stray-quote"],
)
def test_refuses_what_is_no_table(content: bytes) -> None:
    assert _refusal(content, "needs.xlsx").code == "unreadable"


def test_refuses_more_rows_than_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """100,001 rows are refused; here the limit is three."""
    assert uploads.ROWS_MAX == 100_000
    monkeypatch.setattr(uploads, "ROWS_MAX", 3)
    for rows, is_refused in ((3, False), (4, True), (50, True)):
        table = [("unit", "quantity"), *[("A", 1)] * rows]
        for content in (_xlsx(*table), "\n".join(f"{a},{b}" for a, b in table).encode()):
            if is_refused:
                assert _refusal(content).code == "too_many_rows"
            else:
                assert len(_read(content)) == rows


def test_refuses_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uploads.FILE_BYTES_MAX == 20 * 2**20
    monkeypatch.setattr(uploads, "FILE_BYTES_MAX", 10)
    assert _refusal(b"unit,quantity\nA,5\n").code == "too_large"


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 21, "too_long"), ("a\x00b", "control_character"), ("a\x1bb", "control_character")]
)
def test_refuses_text_that_nobody_can_read(text: str, code: str) -> None:
    with pytest.raises(CellUnreadable) as refusal:
        read_text(20)(text)
    assert refusal.value.code == code


def _written(*texts: object) -> list[Any]:
    """The cells of the first column of the rows of a workbook written with these values."""
    content = write_workbook(texts[0] if isinstance(texts[0], str) else "t", [("Data as of", "24:00")],
                             [("a", "A")], [{"a": text} for text in texts])  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [row[0] for row in sheet.iter_rows(min_row=5)]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_like_a_formula_is_text(text: str) -> None:
    (cell,) = _written(text)
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value.replace("_x000D_", "\r") == text


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_is_anywhere_in_the_file(text: str) -> None:
    """Title, stamp and headings are typed by people too."""
    content = write_workbook(text, [(text, text)], [("a", text)], [{"a": Both(text, text)}])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = b"".join(archive.read(name) for name in archive.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets


def test_text_like_a_formula_comes_back_as_it_was_typed() -> None:
    content = exchange.write_template(
        [
            InColumn("unit", ("单位", "Unit"), read_text(), example="=1+1"),
            InColumn("quantity", ("数量", "Q"), int, example="5"),
        ]
    )
    rows, problems = read_table("needs.xlsx", content, (InColumn("unit", ("单位", "Unit"), read_text()),))
    assert (problems, rows[0].values) == ([], {"unit": "=1+1"})


def test_numbers_are_numbers_and_the_rest_is_text() -> None:
    cells = _written(5, Fraction(1, 2), True, None, clock.now(), Both("武汉", "Wuhan"), "0012")
    assert [cell.data_type for cell in cells] == ["n", "n", "s", "s", "s", "s", "s"]
    assert [cells[at].value for at in (0, 1, 3, 4, 6)] == [5, 0.5, "", "2020-02-06T19:00:00+08:00", "0012"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_is_read_back_in_either_language(language: str) -> None:
    with translation.override(language):
        content = exchange.write_template(COLUMNS)
    assert _read(content, "template.xlsx") == [
        (2, {"unit": "医院 A", "quantity": 1000, "at": clock.read_instant("2020-01-29T24:00")})
    ]
