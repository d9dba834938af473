"""The price of a rule: the same book without it, held against planning that book by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from django.utils import translation

from qipan.workbook import prices
from qipan.workbook.planning import plan_book
from qipan.workbook.prices import prices_of
from tests.workbook.books import answer_of, book_of, lane, need, policy, supply, swap


def rows() -> dict[str, Any]:
    return {
        "Supply": [supply("import", quantity=80, Standard="EN"), supply("plant", quantity=20, Standard="GB")],
        "Need": [need("icu", Zone="ICU"), need("clinic", Zone="clinic", quantity=50)],
        "Substitution": [swap("EN", "suit", Zones="clinic")],
        "Lanes": [lane("*", "clinic", Capacity=40), lane("*", "icu")],
        "Policy": [{"Setting": "Floor", "Value": 10, "For": "plant"}],
    }


def test_every_rule_that_holds_something_back_has_its_price() -> None:
    with translation.override("en"):
        found, left_out = prices_of(answer_of(**rows()))
    assert left_out == 0
    assert [(p.rule, p.more, p.less, p.missing) for p in found] == [
        ("suit EN may not serve suit in ICU", 1, 1, {"suit": Fraction(-40)}),
        ("plant keeps 10% for itself", 1, 0, {"suit": Fraction(-2)}),
        ("no more than 40 a day from * to clinic", 1, 0, {"suit": Fraction(-10)}),
    ]


def test_a_price_is_the_difference_to_the_book_without_the_rule() -> None:
    book = book_of(**rows())
    answer = plan_book(book)
    freed = plan_book(replace(book, policy=replace(book.policy, floors={})))
    price = next(p for p in prices_of(answer)[0] if "10" in p.rule)
    change = sum(a.units for a in answer.given) - sum(b.units for b in freed.given)
    assert price.missing == {"suit": change}


def test_a_rule_that_costs_nothing_is_shown_as_costing_nothing() -> None:
    answer = answer_of(Supply=[supply(Expiry="2020-02-09")], Need=[need(quantity=5, Day="2020-02-01")],
                       Policy=policy(Remaining_shelf_life=3))  # fmt: skip
    found, _left = prices_of(answer)
    assert [(p.more, p.less, p.missing) for p in found] == [(0, 0, {})]


def test_a_large_book_leaves_rules_out_and_says_how_many(monkeypatch: Any) -> None:
    monkeypatch.setattr(prices, "WORK_MAX", 1)
    found, left_out = prices_of(answer_of(**rows()))
    assert (len(found), left_out) == (1, 2)
