"""The answer: a workbook and JSON with the same rows, in the reader's language, text always text."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from typer.testing import CliRunner

from qipan.server.cli import app
from qipan.workbook import rows, wording
from qipan.workbook.template import write_template
from qipan.workbook.writing import write_answer
from tests.workbook.books import answer_of, lane, need, policy, supply, swap, workbook

SHEETS = {
    "en": [
        "Summary",
        "Plan lines",
        "By source",
        "By receiver",
        "Fill",
        "Needs and why",
        "Unmet",
        "Left over stock",
        "Price of rules",
    ],
    "zh": ["概要", "计划", "按来源", "按接收单位", "满足率", "需求与说明", "未满足", "余量", "规则代价"],
}
RUN = CliRunner()


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def table(book: openpyxl.Workbook, name: str) -> list[dict[str, Any]]:
    head, *lines = book[name].iter_rows(values_only=True)
    return [dict(zip(head, line, strict=True)) for line in lines]


def small() -> dict[str, Any]:
    return {
        "Supply": [supply("plant", quantity=90, Measure="pieces"), supply("=1+1", "mask", 7)],
        "Need": [need("@SUM(A1)", Tier=1), need("b", Tier=1), need("c", "mask", 5, Tier=2), need("d", "boots", 1)],
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sheets_are_named_in_the_reader_s_language(language: str) -> None:
    with translation.override("zh-hans" if language == "zh" else "en"):
        assert opened(write_answer(answer_of(**small()))).sheetnames == SHEETS[language]


def test_lines_add_up_to_what_each_need_is_given_and_what_is_left() -> None:
    answer = answer_of(**small())
    with translation.override("en"):
        book = opened(write_answer(answer))
    plan, needs, left = table(book, "Plan lines"), table(book, "Needs and why"), table(book, "Left over stock")
    for row in needs:
        given = sum(
            line["Quantity"] for line in plan if (line["Unit"], line["Item asked"]) == (row["Unit"], row["Item asked"])
        )
        assert given == row["Given"] == row["Need"] - row["Covered"] - row["Missing"]
        assert row["Why"].startswith(f"Tier {row['Tier']}: ")
    assert sum(line["Quantity"] for line in plan) + sum(row["Left over"] for row in left) == 97
    assert [row["Unit"] for row in table(book, "Unmet")] == ["@SUM(A1)", "b", "d"]
    assert [(row["Tier"], row["Unit"], row["Met in full"]) for row in table(book, "Fill")] == [
        (1, "@SUM(A1)", 0), (1, "b", 0), (1, "d", 0), (2, "c", 1)
    ]  # fmt: skip


def test_nothing_a_person_typed_runs_as_a_formula() -> None:
    book = opened(write_answer(answer_of(**small())))
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
    assert "f" not in kinds
    assert any(cell.value == "=1+1" for sheet in book for line in sheet.iter_rows() for cell in line)


def test_json_says_what_the_workbook_says() -> None:
    answer = answer_of(**small())
    found = json.loads(json.dumps(rows.as_json(answer)))
    assert [(row["unit"], row["given"], row["cause_code"]) for row in found["needs"]] == [
        ("@SUM(A1)", 45, "shared_level"), ("b", 45, "shared_level"), ("c", 5, "met"), ("d", 0, "unreachable")
    ]  # fmt: skip
    assert found["proof"] == {
        "certified_gap": 0, "families": 3, "joined": 0, "stepped": 0, "feasible": True, "fair": True, "finished": True,
    }  # fmt: skip
    assert found["left"][0]["left"] == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Tier 1: 2 needs share the level 45.0%: 90 suits can be had for 200 still needed.",
                "Used up: plant.", "Of the other stock 30 may not be used there.", "One more would come here."]),
        ("zh", ["第1档", "2 项需求齐平于 45.0%：可调 90 suits，尚需 200。",
                "已用尽：plant", "30 不准用于该处", "再多一件将给这里"]),
    ],
)  # fmt: skip
def test_a_sentence_names_level_sharers_sources_and_what_is_in_the_way(language: str, words: list[str]) -> None:
    answer = answer_of(
        Supply=[supply("plant", quantity=90, Measure="suits"), supply("import", quantity=30, Standard="EN")],
        Need=[need("a", Zone="ICU"), need("b", Zone="ICU")],
        Substitution=[swap("EN", "suit", Zones="clinic")],
    )
    with translation.override("zh-hans" if language == "zh" else "en"):
        text = wording.sentence(answer, answer.given[0])
    for word in words:
        assert word in text


def test_a_full_lorry_is_named_with_its_days() -> None:
    answer = answer_of(
        Supply=[supply(item="suit"), supply(item="mask")],
        Need=[need(item="suit", Day="2020-01-31"), need(item="mask", Day="2020-01-31")],
        Lanes=[lane(Capacity=10)],
        Policy=policy(First_day="2020-01-30"),
    )
    with translation.override("en"):
        assert "full lanes hold it down, from plant (2020-01-30, 2020-01-31)" in wording.sentence(
            answer, answer.given[0]
        )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_template_then_plan_by_command(tmp_path: Path, language: str) -> None:
    book, out, text = tmp_path / "book.xlsx", tmp_path / "plan.xlsx", tmp_path / "plan.json"
    assert RUN.invoke(app, ["plan", "--template", str(book), "--lang", language]).exit_code == 0
    done = RUN.invoke(app, ["plan", str(book), "--out", str(out), "--json", str(text), "--lang", language])
    assert done.exit_code == 0, done.output
    assert opened(out.read_bytes()).sheetnames == SHEETS[language]
    assert json.loads(text.read_text())["proof"]["fair"] is True
    beside = RUN.invoke(app, ["plan", str(book), "--lang", language])
    assert beside.exit_code == 0
    assert (tmp_path / f"book-{'plan' if language == 'en' else '计划'}.xlsx").exists()


def test_wrong_use_is_refused_with_2_and_a_wrong_book_with_3(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    assert RUN.invoke(app, ["plan", str(book)]).exit_code == 2
    book.write_bytes(write_template())
    again = RUN.invoke(app, ["plan", "--template", str(book)])
    assert again.exit_code == 2 and "nothing was written over it" in again.output
    assert RUN.invoke(app, ["plan", str(book), "--out", str(book)]).exit_code == 2
    assert RUN.invoke(app, ["plan", str(book), "--out", str(tmp_path / "no" / "plan.xlsx")]).exit_code == 2
    book.write_bytes(workbook(Supply=[supply(quantity=-1)], Need=[need(quantity="x")]))
    refused = RUN.invoke(app, ["plan", str(book), "--lang", "en"])
    assert refused.exit_code == 3
    assert "book.xlsx · Supply, row 2, column quantity:" in refused.output
    assert "book.xlsx · Need, row 2, column quantity:" in refused.output
    assert not (tmp_path / "book-plan.xlsx").exists()


def test_an_unfinished_plan_ends_with_1_and_is_not_called_proved(tmp_path: Path, monkeypatch: Any) -> None:
    from qipan.engine.allocation import Effort

    monkeypatch.setattr(Effort, "of_seconds", staticmethod(lambda problem, seconds: Effort(trials=0)))
    book, text = tmp_path / "book.xlsx", tmp_path / "plan.json"
    book.write_bytes(workbook(Supply=[supply(quantity=90)], Need=[need("a"), need("b")]))
    done = RUN.invoke(app, ["plan", str(book), "--json", str(text), "--seconds", "1", "--lang", "en"])
    proof = json.loads(text.read_text())["proof"]
    assert (done.exit_code, proof["finished"], proof["fair"], proof["feasible"]) == (1, False, False, True)
    assert "the search was ended early" in done.output
