"""Tags and parts: what they write, and that nothing given to them gets through unescaped."""

from datetime import UTC, datetime

import pytest
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from qipan.kernel import clock
from qipan.ui.templatetags import ui


def written(source, *, address="", **given):
    context = Context(given)
    context.request = RequestFactory().get("/x")
    context.request.GET = QueryDict(address)
    return Template("{% load ui %}" + source).render(context)


def test_draws_a_panel_with_actions_and_foot():
    text = written(
        '{% panel "Lines" note="by tier" kind="flush" %}<p>body</p>'
        '{% panelactions %}<a href="/x">all</a>{% panelfoot %}<b>sum</b>{% endpanel %}'
    )
    assert '<section class="panel is-flush">' in text
    assert '<div class="panel-actions"><a href="/x">all</a></div>' in text
    assert '<footer class="panel-foot"><b>sum</b></footer>' in text


def test_leaves_out_the_ends_of_a_panel_that_are_empty():
    text = written('{% panel "Lines" %}body{% panelactions %} {% if False %}x{% endif %} {% endpanel %}')
    assert "panel-actions" not in text
    assert "panel-foot" not in text


def test_escapes_what_a_panel_is_called():
    assert "<i>" not in written("{% panel name note=name %}{{ name }}{% endpanel %}", name="<i>")


def test_says_a_state_by_shape_colour_and_word():
    text = written('{% status "bad" word %}', word="will run <out>")
    assert 'class="status is-bad"' in text
    assert "<svg" in text
    assert "will run &lt;out&gt;" in text


def test_keeps_the_other_filters_of_a_form():
    text = written('{% kept_inputs "as_of" "page" %}', address="item=%22suit%22&page=3&as_of=2020-01-29")
    assert text == '<input type="hidden" name="item" value="&quot;suit&quot;">'


def test_offers_the_ends_and_the_neighbours_of_a_page():
    assert ui.pages_near(Paginator(range(1000), 50), 10) == [1, None, 9, 10, 11, None, 20]
    assert ui.pages_near(Paginator(range(100), 50), 1) == [1, 2]


def test_counts_what_a_page_shows():
    page = Paginator(range(312), 50).page(1)
    with translation.override("en"):
        text = written('{% include "ui/parts/pager.html" with page=page %}', page=page, address="state=late")
    assert "1–50 of 312" in text
    assert "?state=late&amp;page=2" in text


def test_links_the_cuts_of_the_day_and_keeps_the_rest_of_the_address():
    at = datetime(2020, 1, 29, 16, 0, tzinfo=UTC)
    source = '{% include "ui/parts/as_of_picker.html" with as_of=at %}'
    text = written(source, at=at, chrome={"as_of": at}, address="item=suit&as_of=2020-01-29")
    assert '<input type="hidden" name="item" value="suit">' in text
    assert 'value="2020-01-29"' in text
    assert "?item=suit&amp;as_of=2020-01-29T08%3A00" in text
    assert "as_of=2020-01-30T24%3A00" in text


@pytest.mark.parametrize(
    ("language", "shown"),
    [("zh-hans", "1月29日 24:00"), ("en", "29 Jan 24:00")],
)
def test_leaves_the_running_year_out(language, shown):
    cut = datetime(2020, 1, 30, tzinfo=clock.CST)
    with translation.override(language), clock.held_at(cut):
        assert ui.instant(cut) == shown
    with translation.override(language), clock.held_at(cut.replace(year=2026)):
        assert "2020" in ui.instant(cut)


def test_shows_words_given_as_an_instant_as_they_are():
    assert (ui.instant("unknown"), ui.instant(None)) == ("unknown", "–")


def test_shares_only_out_of_something():
    assert ui.share_of(1, 4) == ui.Decimal("0.25")
    assert ui.share_of(1, 0) is None
    assert ui.share_of(None, 4) is None


@pytest.mark.parametrize(
    ("value", "language", "said"),
    [(81_000, "zh-hans", "8.1万"), (68_400, "zh-hans", "6.84万"), (9_999, "zh-hans", ""), (81_000, "en", "")],
)
def test_myriads_stand_beside_the_plain_figure_in_chinese(value: int, language: str, said: str) -> None:
    with translation.override(language):
        assert ui.myriads(value) == said
