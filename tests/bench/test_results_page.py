"""The results page is written by one command: tables between its marks, every contestant in its picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.engine_results import BEGIN, END, PAGE, PICTURE, colour, drawing, page
from qipan.bench.table import Row, Table

EXACT, UNFAIR, LATE, SILENT = (
    Row("HiGHS: the sequence of linear programs", 264.0, 1e-9, 1e-8, 1.0),
    Row("random split into 8, each solved here", 4.4, 0.092, 1.0, 0.97),
    Row("HiGHS: geometric bins, one program a tier", None),
    Row("OR-Tools: one maximum flow (not fair)", 0.1, total=1.0),
)


@pytest.fixture
def table() -> Table:
    ours = Row("this engine: levels alone", 1.0, 0.0, 0.0, 1.0)
    return Table("province", 2, 25_140, [ours, EXACT, UNFAIR, LATE, SILENT], 0.0, 52.0, 1.2, 0.003)


def test_the_picture_names_every_contestant_and_how_far_it_is_off(table: Table) -> None:
    words = [node.text for node in ElementTree.fromstring(drawing([table])).iter() if node.text]
    assert {row.name for row in table.rows} <= set(words)
    assert {"off by 0.092", "too long", "not fair"} <= set(words)


def test_unfair_exact_and_silent_contestants_differ_in_colour(table: Table) -> None:
    assert len({colour(row) for row in table.rows if row is not LATE}) == 4


def test_tables_are_put_between_the_marks_and_nowhere_else(table: Table) -> None:
    found = page(f"before\n{BEGIN}\nold\n{END}\nafter\n", [table])
    assert found.startswith("before\n") and found.endswith(f"{END}\nafter\n")
    assert "old" not in found and "264.00 ×" in found
    with pytest.raises(SystemExit):
        page("no marks", [table])


def test_the_page_in_the_docs_was_written_by_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    between = text.partition(BEGIN)[2].partition(END)[0]
    assert "A family of a province" in between and "A family of a nation" in between
    assert f"../pictures/{PICTURE.name}" in text
    ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
