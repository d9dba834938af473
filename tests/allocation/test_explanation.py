"""Why this number: one sentence per need, in the reader's language, naming tier, level and the rule that acted."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from qipan.allocation import explanation, queries
from qipan.allocation.explanation import Explanation
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from tests.cast import Cast

LANGUAGES = ("zh-hans", "en")


@pytest.fixture
def number(cast: Cast) -> int:
    """60 suits and 100 EU suits: intensive care at one level, isolation served by the substitute, fever waits."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.put("plant_b", "SUIT-EM", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    cast.approve("wuhan_b", "SUIT-GB", "ICU", 100)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 20)
    cast.approve("xiaogan", "SUIT-GB", "FEV", 10)
    return cast.plan("SUIT-GB")


def _explained(number: int, language: str) -> dict[tuple[int, str], Explanation]:
    batch = queries.batch(number, Cut(clock.now()))
    assert batch is not None
    with translation.override(language):
        names = explanation.names_of(queries.inputs(batch.id), batch.policy)
        return {(n.organisation, n.zone): explanation.explain(n, names) for n in queries.needs(batch.id)[0]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_need_has_a_question_and_a_sentence(number: int, language: str) -> None:
    found = _explained(number, language)
    assert len(found) == 4
    for why in found.values():
        assert why.question.strip() and why.sentence.strip() and why.cause_word.strip()
        assert "%(" not in why.question + why.sentence + why.next_word
        assert why.sentence.rstrip()[-1] in ".。"


def test_the_sentence_names_tier_policy_and_level(number: int, cast: Cast) -> None:
    key = (cast.units["wuhan_a"], "ICU")
    english, chinese = _explained(number, "en")[key].sentence, _explained(number, "zh-hans")[key].sentence
    assert english.startswith("Tier 1 (Intensive care, Test policy v1): ")
    assert "2 needs share the level 30.0%" in english
    assert "重症" in chinese and "测试政策 v1" in chinese and "30.0%" in chinese


def test_the_chinese_sentence_is_chinese(number: int) -> None:
    for why in _explained(number, "zh-hans").values():
        words = re.sub(
            r"EN 14126|SUIT-EM|GB|ICU|ISO|FEV|v1|wuhan_\w|xiaogan", "", why.question + why.sentence + why.next_word
        )
        assert re.findall(r"[A-Za-z]{3,}", words) == []


def test_the_rule_that_kept_stock_out_is_named_with_its_amount(number: int, cast: Cast) -> None:
    key = (cast.units["wuhan_a"], "ICU")
    english, chinese = _explained(number, "en")[key], _explained(number, "zh-hans")[key]
    assert "not permitted in zone ICU" in english.sentence and "100" in english.sentence
    assert "ICU" in chinese.sentence and "100" in chinese.sentence
    assert [chip.is_binding for chip in english.rules] == [False, True]


def test_a_need_met_in_full_says_so_and_names_no_rule(number: int, cast: Cast) -> None:
    why = _explained(number, "en")[(cast.units["wuhan_b"], "ISO")]
    assert (why.cause_state, "not permitted" in why.sentence) == ("ok", False)


def test_a_lower_tier_is_told_that_an_earlier_one_comes_first(number: int, cast: Cast) -> None:
    why = _explained(number, "en")[(cast.units["xiaogan"], "FEV")]
    assert why.sentence.startswith("Tier 3 (Others, Test policy v1): ")
    assert "earlier tiers" in why.sentence


def test_the_stores_that_are_used_up_are_named(number: int, cast: Cast) -> None:
    why = _explained(number, "en")[(cast.units["wuhan_a"], "ICU")]
    assert [(chip.text, chip.amount) for chip in why.sources] == [("Place plant_a", "60")]


def test_the_next_one_is_named(number: int, cast: Cast) -> None:
    found = [why.next_word for why in _explained(number, "en").values() if why.next_word]
    assert found and all(text.startswith("One more piece would go to Hospital ") for text in found)


def test_an_unreachable_need_names_what_is_there_and_may_not_serve(cast: Cast) -> None:
    cast.put("plant_b", "SUIT-EM", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    why = _explained(cast.plan("SUIT-GB"), "en")[(cast.units["wuhan_a"], "ICU")]
    assert why.cause_state == "bad"
    assert "no free stock may serve this need" in why.sentence
    assert "not permitted in zone ICU" in why.sentence
