"""An input book: Chinese and English headers alike, every problem at once, by sheet, row and column."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.utils import translation

from qipan.kernel.errors import FileRefused
from qipan.workbook.planning import plan_book
from qipan.workbook.reading import read_book
from qipan.workbook.template import write_template
from tests.workbook.books import answer_of, book_of, lane, need, policy, supply, swap, workbook


def problems(**sheets: list[dict[str, Any]]) -> list[tuple[str, int, str, str]]:
    """(sheet, row, column, code) of everything that is wrong."""
    with pytest.raises(FileRefused) as refused:
        answer_of(**sheets)
    return [(p.sheet, p.row, p.column, p.code) for p in refused.value.problems]


def test_chinese_and_english_headers_say_the_same() -> None:
    chinese = book_of(
        供应=[{"来源": "厂", "物资": "衣", "标准": "GB", "批号": "7", "数量": "1,000", "计量单位": "件",
               "可发日": "2020年1月30日", "有效期至": "2020/3/1"}],
        需求=[{"使用单位": "院", "地区": "市", "使用区域": "区", "物资": "衣", "数量": 5, "需用日": date(2020, 2, 1),
               "层级": 2, "权重": 0.5, "最低保障": 1, "上限": 4, "已有与在途": 1}],
        运输=[{"从": "全部", "到": "市", "天数": 1, "日运力": 10, "单位成本": 2.5, "最小批量": 3}],
        替代=[{"用": "GB", "代": "衣", "区域": "区；别区", "比例": 2, "生效日": "2020-01-01", "失效日": "2020-12-31"}],
        政策=[{"项目": "满足率口径", "值": "每日"}, {"项目": "自留比例", "值": 10, "适用": "厂"}],
    )  # fmt: skip
    english = book_of(
        Supply=[{"Source": "厂", "Item": "衣", "Standard": "GB", "Lot": 7, "Quantity": 1000, "Measure": "件",
                 "Ready day": date(2020, 1, 30), "Expiry": "2020-03-01"}],
        Need=[{"Unit": "院", "Place": "市", "Zone": "区", "Item": "衣", "Quantity": 5, "Day": "2020-02-01",
               "Tier": 2, "Weight": 0.5, "Minimum": 1, "Cap": 4, "Covered": 1}],
        Lanes=[{"From": "*", "To": "市", "Days": 1, "Capacity": 10, "Cost": 2.5, "Minimum lot": 3}],
        Substitution=[{"From": "GB", "To": "衣", "Zones": "区;别区", "Ratio": 2, "Valid from": "2020-01-01",
                       "Valid to": "2020-12-31"}],
        Policy=[{"Setting": "Level", "Value": "per day"}, {"Setting": "Floor", "Value": 10, "For": "厂"}],
    )  # fmt: skip

    def said(book: Any) -> list[Any]:
        rows = [*book.supplies, *book.needs, *book.lanes, *book.swaps]
        return [{k: v for k, v in vars(row).items() if k != "row"} for row in rows] + [book.policy]

    assert said(chinese) == said(english)
    assert chinese.needs[0].weight == Fraction(1, 2)
    assert chinese.policy.floors == {"厂": 10}


def test_every_problem_is_named_at_once_by_sheet_row_and_column() -> None:
    found = problems(
        供应=[{"来源": "厂", "物资": "衣", "数量": -3, "可发日": "soon"}, {"来源": "", "物资": "衣", "数量": 2.5},
              {"来源": "厂", "物资": "衣", "数量": 5, "可发日": "2020-02-02", "有效期至": "2020-02-01"}],
        Need=[{"Unit": "院", "Item": "衣", "Quantity": 0, "Tier": 0}, {"Unit": "院", "Item": "衣", "Quantity": 10,
               "Minimum": 8, "Cap": 5, "Day": "2020-03-01"}],
        Lanes=[{"From": "无", "To": "无院", "Days": 1}, {"From": "厂", "To": "院"}, {"From": "厂", "To": "院"}],
        替代=[{"用": "无", "代": "鞋", "比例": 0, "生效日": "2020-02-02", "失效日": "2020-02-01"}],
        政策=[{"项目": "起始日", "值": "2020-01-30"}, {"项目": "截止日", "值": "2020-02-20"},
              {"项目": "脾气", "值": 1}, {"项目": "自留比例", "值": 120}],
    )  # fmt: skip
    assert found == [
        ("供应", 2, "数量", "negative"),
        ("供应", 2, "可发日", "not_a_day"),
        ("供应", 3, "来源", "missing"),
        ("供应", 3, "数量", "not_whole"),
        ("供应", 4, "有效期至", "expires_before_ready"),
        ("Need", 2, "Quantity", "zero"),
        ("Need", 2, "Tier", "out_of_bounds"),
        ("Need", 3, "Minimum", "minimum_too_large"),
        ("Need", 3, "Day", "outside_horizon"),
        ("Lanes", 2, "From", "unknown_source"),
        ("Lanes", 2, "To", "unknown_unit"),
        ("Lanes", 4, "To", "lane_twice"),
        ("替代", 2, "比例", "out_of_bounds"),
        ("政策", 4, "项目", "no_setting"),
        ("政策", 5, "值", "out_of_bounds"),
    ]


def test_a_row_with_a_problem_of_its_own_still_lends_its_name() -> None:
    """A lane to a hospital whose quantity is mistyped is not called unknown as well."""
    found = problems(Supply=[supply()], Need=[need(quantity="many")], Lanes=[lane("plant", "hospital")])
    assert found == [("Need", 2, "quantity", "not_a_number")]


def test_ratios_that_contradict_each_other_are_named() -> None:
    found = problems(
        Supply=[supply(item="a"), supply(item="b"), supply(item="c")],
        Need=[need(item="a"), need(item="b")],
        Substitution=[swap("b", "a", Ratio=2), swap("c", "b", Ratio=3), swap("c", "a", Ratio=5)],
    )
    assert [(sheet, column, code) for sheet, _row, column, code in found] == [("Substitution", "Ratio", "ratio_cycle")]


def test_an_item_counted_in_two_measures_is_refused() -> None:
    found = problems(Supply=[supply(Measure="box")], Need=[need(Measure="piece"), need(unit="other", Measure="box")])
    assert found == [("Need", 2, "Measure", "other_measure")]


def test_a_permission_with_days_needs_a_plan_with_days() -> None:
    found = problems(
        Supply=[supply(item="a")], Need=[need(item="b")], Substitution=[swap("a", "b", **{"Valid to": "2020-02-01"})]
    )
    assert found == [("Substitution", 2, "Valid to", "no_days")]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"not a workbook", ["unreadable"]),
        (b"PK\x03\x04 nor this", ["unreadable"]),
        (workbook(Other=[{"a": 1}]), ["no_sheet", "no_sheet"]),
        (workbook(Supply=[{"Source": "x"}], Need=[{"Unit": "x"}]), ["no_column"] * 4),
        (workbook(Supply=[{"Source": "", "Item": "", "Quantity": ""}], Need=[need()]), ["no_rows"]),
    ],
)
def test_a_file_that_is_no_book_is_refused_with_a_reason(content: bytes, codes: list[str]) -> None:
    with pytest.raises(FileRefused) as refused:
        read_book("x.xlsx", content)
    assert [p.code for p in refused.value.problems] == codes
    for problem in refused.value.problems:
        assert str(problem)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_can_be_planned_as_it_stands(language: str) -> None:
    with translation.override(language):
        answer = plan_book(read_book("template.xlsx", write_template()))
    assert [given.units for given in answer.given] == [757, 643, 368, 1800, 2632]
    assert answer.proof.is_feasible and answer.proof.is_fair and answer.proof.is_finished


def test_quantities_beyond_exact_sums_are_refused_not_broken() -> None:
    found = problems(Supply=[supply(quantity=2**52)], Need=[need()])
    assert found == [("", 1, "", "sums_too_large")]


def test_policy_words_are_read() -> None:
    book = book_of(Supply=[supply()], Need=[need()], Policy=policy(Remaining_shelf_life=3, Level="day"))
    assert (book.policy.shelf_days, book.policy.level) == (3, "day")
