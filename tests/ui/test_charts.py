"""Charts as SVG. Pure."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from qipan.ui import charts
from qipan.ui.charts import Series

SVG = "{http://www.w3.org/2000/svg}"
DAYS = [f"1/{day}" for day in range(23, 30)]
SHIPPED = [9000, 17000, 26000, 38000, 50000, 65000, 81000]
ARRIVED = [6500, 12000, 20000, 30000, 41000, 54000, 68400]


def drawn(text):
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def words_of(text):
    return ["".join(node.itertext()) for node in drawn(text).iter(f"{SVG}text")]


def suits(**more):
    series = [Series("shipped", SHIPPED), Series("arrived", ARRIVED, "ok", dashed=True)]
    return charts.line_chart(series, DAYS, title="Suits", unit="pcs", language="en", between="in transit", **more)


def test_names_each_line_at_its_end_with_its_last_figure():
    said = words_of(suits())
    assert "shipped 81,000" in said
    assert "arrived 68,400" in said


def test_names_the_difference_of_two_lines():
    assert "in transit 12,600" in words_of(suits())
    assert 'class="chart-bracket"' in suits()


def test_tells_its_story_to_who_cannot_see_it():
    chart = drawn(suits())
    assert chart.get("role") == "img"
    assert chart.find(f"{SVG}title").text == "Suits (pcs)"
    assert chart.find(f"{SVG}desc").text == "shipped 81,000; arrived 68,400; in transit 12,600"


def test_differs_in_grey_by_dash_and_mark():
    chart = suits()
    assert chart.count("is-dashed") == 1
    assert chart.count('<circle class="series-mark') == 7
    assert chart.count('<rect class="series-mark') == 7


def test_counts_the_axis_in_myriads_in_chinese_and_in_thousands_in_english():
    chinese = charts.line_chart([Series("已发货", SHIPPED)], DAYS, title="发运", language="zh-hans")
    assert {"9万", "6万", "3万", "0"} <= set(words_of(chinese))
    assert {"90,000", "60,000", "30,000", "0"} <= set(words_of(suits()))


@pytest.mark.parametrize("high", [1, 7, 30, 99, 128_100, 81_000, 17_820, 5])
def test_draws_at_most_four_lines_from_zero(high):
    marks = charts._axis(0, high)
    assert marks[0] == 0
    assert len(marks) <= 4
    assert marks[-1] >= high


def test_keeps_the_words_at_the_ends_apart():
    series = [Series(name, [0, 100 + index]) for index, name in enumerate("abcd")]
    chart = drawn(charts.line_chart(series, ["1", "2"], title="t", language="en"))
    heights = sorted(float(node.get("y")) for node in chart.iter(f"{SVG}text") if "end" in node.get("class"))
    assert all(below - above >= charts.APART - 0.1 for above, below in itertools.pairwise(heights))


def test_leaves_a_gap_where_nothing_is_known():
    chart = charts.line_chart([Series("a", [1, None, 3, 4])], list("1234"), title="t")
    assert chart.count('class="series ') == 2


def test_holds_a_value_until_the_next_cut_when_it_steps():
    chart = charts.line_chart([Series("a", [0, 10])], ["1", "2"], title="t", steps=True, width=200, height=100)
    path = next(node for node in drawn(chart).iter(f"{SVG}path") if "series" in node.get("class"))
    corners = [point.split() for point in path.get("d")[1:].split("L")]
    assert len(corners) == 3
    assert corners[0][1] == corners[1][1]


def test_draws_nothing_out_of_nothing():
    assert charts.line_chart([Series("a", [None])], ["1"], title="t") == ""
    assert charts.column_chart([], [], title="t") == ""
    assert charts.sparkline([3]) == ""
    assert charts.columns([]) == ""


def test_puts_a_figure_on_each_column():
    chart = charts.column_chart([11000, None, 17820], ["1/27", "1/28", "1/29"], title="Output", language="en")
    assert {"11,000", "17,820"} <= set(words_of(chart))
    assert chart.count("<rect") == 2


def test_fills_a_bar_with_what_is_covered_and_then_the_batch():
    bar = charts.bar(2400, 760, 752)
    assert 'class="bar-covered" width="31.7"' in bar
    assert 'class="bar-batch" x="31.7" width="31.3"' in bar


def test_never_fills_a_bar_beyond_its_need():
    bar = charts.bar(100, 90, 50, mark=300)
    assert 'width="10"' in bar
    assert 'x1="100%"' in bar


def test_draws_an_empty_bar_when_nothing_is_needed():
    assert "<rect" not in charts.bar(0, 5, 5)
    assert "<rect" not in charts.bar(None)


def test_escapes_names():
    chart = charts.line_chart([Series("<b>&", [1, 2])], ["<i>", "2"], title='"q"', language="en")
    assert "<b>" not in chart
    assert "<i>" not in chart
    drawn(chart)
