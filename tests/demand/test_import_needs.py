"""A table of needs: every problem at once, named by file, sheet, row, column and reason; nothing half-written."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from qipan.demand import exchange, queries
from qipan.kernel import clock
from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.exchange import write_template
from qipan.kernel.figures import Cut
from tests.cast import Cast

HEADER = "单位,物资,使用区域,数量,计量单位,时间"
GOOD = "wuhan_a,SUIT-GB,ICU,100,件,2020-02-05T12:00"
TOO_LARGE = str(2**63)


def _csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *rows)).encode()


def _problems(*rows: str) -> list[RowProblem]:
    with pytest.raises(FileRefused) as refusal:
        exchange.read_needs("needs.csv", _csv(*rows))
    return refusal.value.problems


def _xlsx(*rows: tuple[Any, ...], sheet: str = "需求") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for at, row in enumerate((tuple(HEADER.split(",")), *rows)):
            page.write_row(at, 0, row)
    return out.getvalue()


def test_reads_a_good_row(cast: Cast) -> None:
    (row,) = exchange.read_needs("needs.csv", _csv(GOOD))
    assert (row.organisation, row.material, row.zone, row.quantity) == (
        cast.units["wuhan_a"], cast.items["SUIT-GB"].id, "ICU", 100,
    )  # fmt: skip
    assert row.at == clock.read_instant("2020-02-05T12:00")
    assert row.source == "needs.csv, row 2"


@pytest.mark.parametrize(
    ("typed", "measure", "pieces"),
    [
        ("１２", "件", 12),
        ('"1,000"', "件", 1_000),
        ("0.1万", "件", 1_000),
        ("3", "箱", 150),
        ("12", "", 12),
        ("0.02", "箱", 1),
    ],
)
def test_reads_quantities_as_people_type_them(cast: Cast, typed: str, measure: str, pieces: int) -> None:
    (row,) = exchange.read_needs("needs.csv", _csv(f"wuhan_a,SUIT-GB,ICU,{typed},{measure},"))
    assert row.quantity == pieces


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("wuhan_z,SUIT-GB,ICU,100,件,", "单位", "organisation_unknown"),
        ("wuhan_a,宇航服,ICU,100,件,", "物资", "material_unknown"),
        ("wuhan_a,SUIT-GB,红区,100,件,", "使用区域", "zone_unknown"),
        ("wuhan_a,SUIT-GB,ICU,100,吨,", "计量单位", "unit_unknown"),
        ("wuhan_a,SUIT-GB,ICU,100,件,明天", "时间", "not_an_instant"),
        ("wuhan_a,SUIT-GB,ICU,100,件,2020-02-30", "时间", "not_an_instant"),
        ("wuhan_a,SUIT-GB,ICU,100,件,2020-02-07T08:00", "时间", "in_the_future"),
        ("wuhan_a,SUIT-GB,ICU,0,件,", "数量", "zero"),
        ("wuhan_a,SUIT-GB,ICU,-1,件,", "数量", "negative"),
        ("wuhan_a,SUIT-GB,ICU,−1,件,", "数量", "negative"),
        ("wuhan_a,SUIT-GB,ICU,0.1,件,", "数量", "not_whole"),
        ("wuhan_a,DIS-84,ICU,0.1,升,", "数量", "not_whole"),
        (f"wuhan_a,SUIT-GB,ICU,{TOO_LARGE},件,", "数量", "too_large"),
        ("wuhan_a,SUIT-GB,ICU,many,件,", "数量", "not_a_number"),
        ("wuhan_a,SUIT-GB,ICU,1e5,件,", "数量", "not_a_number"),
        ("wuhan_a,SUIT-GB,ICU,,件,", "数量", "missing"),
        (",SUIT-GB,ICU,100,件,", "单位", "missing"),
    ],
)
def test_a_bad_cell_is_named(cast: Cast, row: str, column: str, code: str) -> None:
    (problem,) = _problems(GOOD, row)
    assert (problem.file, problem.row, problem.column, problem.code) == ("needs.csv", 3, column, code)


def test_a_count_too_large_in_packs_is_refused(cast: Cast) -> None:
    (problem,) = _problems(f"wuhan_a,SUIT-GB,ICU,{2**53 - 1},箱,")
    assert (problem.column, problem.code) == ("数量", "too_large")


def test_every_problem_of_every_row_is_told_at_once(cast: Cast) -> None:
    found = _problems("wuhan_z,宇航服,红区,100,件,", GOOD, "wuhan_a,SUIT-GB,ICU,0,件,明天")
    assert [p.row for p in found] == [2, 2, 2, 4, 4]
    assert {(p.row, p.code) for p in found} == {
        (2, "organisation_unknown"),
        (2, "zone_unknown"),
        (2, "material_unknown"),
        (4, "zero"),
        (4, "not_an_instant"),
    }


def test_the_sheet_of_a_workbook_is_named(cast: Cast) -> None:
    with pytest.raises(FileRefused) as refusal:
        exchange.read_needs("needs.xlsx", _xlsx(("wuhan_a", "SUIT-GB", "ICU", -1, "件", "")))
    (problem,) = refusal.value.problems
    assert (problem.file, problem.sheet, problem.row, problem.column) == ("needs.xlsx", "需求", 2, "数量")
    with translation.override("en"):
        assert str(problem).startswith("needs.xlsx · 需求, row 2, column 数量: “-1")


@pytest.mark.parametrize(
    "row",
    [
        "wuhan_z,SUIT-GB,ICU,100,件,", "wuhan_a,宇航服,ICU,100,件,", "wuhan_a,SUIT-GB,红区,100,件,",
        "wuhan_a,SUIT-GB,ICU,100,吨,", "wuhan_a,SUIT-GB,ICU,100,件,明天", "wuhan_a,SUIT-GB,ICU,0,件,",
        "wuhan_a,SUIT-GB,ICU,-1,件,", "wuhan_a,SUIT-GB,ICU,0.1,件,", f"wuhan_a,SUIT-GB,ICU,{TOO_LARGE},件,",
    ],
)  # fmt: skip
def test_the_reason_is_told_in_both_languages(cast: Cast, row: str) -> None:
    (problem,) = _problems(row)
    with translation.override("en"):
        english = problem.reason
    with translation.override("zh-hans"):
        chinese = problem.reason
    assert re.search(r"[a-z]{2,}", english)
    assert chinese != english
    assert re.search(r"[\u4e00-\u9fff]{2,}", chinese)
    assert "%(" not in english + chinese


def test_a_column_that_is_missing_is_named(cast: Cast) -> None:
    with pytest.raises(FileRefused) as refusal:
        exchange.read_needs("needs.csv", _csv("wuhan_a,SUIT-GB", header="单位,物资"))
    assert [(p.row, p.column, p.code) for p in refusal.value.problems] == [(1, "数量", "no_column")]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 broken", HEADER.encode()])
def test_a_file_that_holds_nothing_readable_is_refused(cast: Cast, content: bytes) -> None:
    with pytest.raises(FileRefused):
        exchange.read_needs("needs.csv", content)


def test_reads_what_chinese_excel_writes(cast: Cast) -> None:
    (row,) = exchange.read_needs("needs.csv", _csv(GOOD).decode().encode("gb18030"))
    assert row.quantity == 100


def test_english_headers_are_read_too(cast: Cast) -> None:
    header = "Unit,Item,Zone,Quantity,Measure,At"
    (row,) = exchange.read_needs("needs.csv", _csv(GOOD, header=header))
    assert row.quantity == 100


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_fits_the_import(cast: Cast, language: str) -> None:
    with translation.override(language):
        content = write_template(exchange.NEED_COLUMNS)
    header = [cell.value for cell in next(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())]
    assert len(header) == len(exchange.NEED_COLUMNS)
    with pytest.raises(FileRefused) as refusal:
        exchange.read_needs("template.xlsx", content)
    assert {p.code for p in refusal.value.problems} <= {"organisation_unknown", "in_the_future"}


def _upload(client: Client, content: bytes, act: str) -> Any:
    return client.post("/needs/import", {"file": SimpleUploadedFile("needs.csv", content), "act": act})


def test_a_bad_row_books_nothing_of_the_file(cast: Cast, client_of: Callable[..., Client]) -> None:
    answer = _upload(client_of("duty"), _csv(GOOD, "wuhan_b,SUIT-GB,ICU,0,件,"), "book")
    assert answer.status_code == 422
    assert "needs.csv" in answer.content.decode()
    assert queries.stated(Cut(clock.now())) == []


def test_a_unit_that_is_not_ones_own_books_nothing_of_the_file(cast: Cast, client_of: Callable[..., Client]) -> None:
    answer = _upload(client_of("receiver"), _csv(GOOD, "xiaogan,SUIT-GB,ICU,5,件,"), "book")
    assert answer.status_code in (403, 422)
    assert queries.stated(Cut(clock.now())) == []


def test_a_dry_run_books_nothing(cast: Cast, client_of: Callable[..., Client]) -> None:
    assert _upload(client_of("duty"), _csv(GOOD), "check").status_code == 200
    assert queries.stated(Cut(clock.now())) == []


def test_a_good_file_is_booked(cast: Cast, client_of: Callable[..., Client]) -> None:
    assert _upload(client_of("duty"), _csv(GOOD), "book").status_code == 200
    assert [s.quantity for s in queries.stated(Cut(clock.now()))] == [100]
