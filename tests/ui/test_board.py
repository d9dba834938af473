"""The tile boards: nothing crosses a square, nothing is lost on the way. Pure."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from qipan.ui.board import Flow, Tile, board, boards, line_width
from qipan.ui.routing import Loads, Ways, edge
from qipan.ui.squares import Ground, ramp_step
from qipan.ui.svg import broken

HUB = "420000"
POSITIONS = {
    "110000": ("china", 5, 1),
    "130000": ("china", 5, 2),
    "410000": ("china", 4, 3),
    "370000": ("china", 5, 3),
    HUB: ("china", 4, 4),
    "340000": ("china", 5, 4),
    "310000": ("china", 7, 4),
    "440000": ("china", 4, 6),
    "810000": ("china", 5, 7),
    "420300": ("hubei", 1, 0),
    "420100": ("hubei", 4, 2),
    "429006": ("hubei", 3, 1),
    "422800": ("hubei", 0, 2),
    "420200": ("hubei", 5, 3),
}
CHINA = [
    Tile("130000", "河北", "14%", level=0.14, href="/places/130000"),
    Tile(HUB, "湖北", "38%", level=0.38, href="/places/420000", selected=True),
    Tile("810000", "香港", state="none"),
]
HUBEI = [
    Tile("420100", "武汉", "37%", "9 小时", 0.37, "bad", "/places/420100"),
    Tile("429006", "天门", "62%", "5 小时", 0.62, "bad", "/places/429006"),
]
FLOWS = [
    Flow("130000", HUB, 4100, "in", "河北 → 湖北 4,100", "off", "/flows/130000"),
    Flow("370000", HUB, 3900, "in", "山东 → 湖北 3,900", "late"),
    Flow("440000", HUB, 1500, "in", "广东 → 湖北 1,500"),
    Flow(HUB, "420100", 6400, "inner", "湖北 → 武汉 6,400"),
    Flow(HUB, "429006", 3100, "inner", "湖北 → 天门 3,100"),
    Flow("420100", "422800", 220, "inner", "武汉 → 恩施 220"),
]


def pair(**more):
    more = {"language": "zh-hans", "title": "全国一盘棋", "caption": "流入湖北", "unit": "件"} | more
    return boards(CHINA, HUBEI, FLOWS, positions=POSITIONS, **more)


def drawn(text):
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def points_of(path):
    """Corners of a path text of absolute M, L and H."""
    found = []
    for letter, numbers in re.findall(r"([MLH])([^MLH]+)", path):
        values = [float(number) for number in numbers.split()]
        found.append((values[0], found[-1][1]) if letter == "H" else (values[0], values[1]))
    return found


def test_makes_every_tile_a_link_that_says_its_figures():
    links = {node.get("href"): node.get("aria-label") for node in drawn(pair()).iter() if node.tag.endswith("}a")}
    assert links["/places/130000"] == "河北 14%"
    assert links["/places/429006"] == "天门 62% 5 小时"
    assert links["/flows/130000"] == "河北 → 湖北 4,100"


def test_says_so_where_there_are_no_figures():
    assert 'aria-label="香港 无数据"' in pair()
    assert "no data" in pair(language="en")


def test_marks_only_the_selected_tile_with_corners():
    assert pair().count('class="tile-marks"') == 1


def test_puts_a_diamond_where_the_shelf_runs_empty():
    assert pair().count('class="tile-diamond"') == 2


def test_adds_up_what_flows_in():
    text = re.sub(r"<[^>]+>", "", pair())
    assert "9,720" in text  # 4,100 + 3,900 + 1,500 and 220 of the own reserve
    assert "3 省 9,500 ＋ 省内储备 220" in text


def test_marks_trouble_on_the_line():
    assert 'class="marker is-off" transform' in pair()
    assert 'class="marker is-late" transform' in pair()


def test_never_draws_a_stream_across_a_square():
    china = Ground.of(POSITIONS, "china", x=8, y=8, pitch=69, size=58)
    squares = [(*china.tile_at(code), china.size) for code in china.squares]
    for node in drawn(pair()).iter():
        if not node.get("class", "").startswith("stream is-in") or node.get("transform"):
            continue
        for (x1, y1), (x2, y2) in pairwise(points_of(node.get("d"))):
            if x1 != x2 and y1 != y2:
                continue  # the short slant into a square's own corner
            for x, y, size in squares:
                is_apart = max(x1, x2) <= x or min(x1, x2) >= x + size or max(y1, y2) <= y or min(y1, y2) >= y + size
                assert is_apart, f"{node.get('d')} crosses the square at {x}, {y}"


def test_runs_the_trunk_at_one_height_on_both_boards():
    trunk = next(node for node in drawn(pair()).iter() if node.get("class") == "stream is-trunk")
    (_, y1), (_, y2) = points_of(trunk.get("d"))
    assert y1 == y2 == 8 + 5 * 69


def test_does_not_depend_on_the_order_of_the_flows():
    assert boards(CHINA, HUBEI, FLOWS[::-1], positions=POSITIONS, language="en") == boards(
        CHINA, HUBEI, FLOWS, positions=POSITIONS, language="en"
    )


def test_draws_both_boards_without_any_goods():
    text = boards([], [], [], positions=POSITIONS, language="en")
    assert "is-trunk" not in text
    drawn(text)


def test_draws_one_board_alone_by_hours():
    tiles = [
        Tile("420100", "Wuhan", "9 h", "gap 37%", 9, "bad", "/w"),
        Tile("420300", "Shiyan", "41 h", "28 Jan", 41, "stale", "/s"),
    ]
    text = board(tiles, FLOWS, positions=POSITIONS, ramp="hours", language="en", title="Hubei")
    assert 'class="tile hours-1"' in text
    assert 'class="tile is-blank"' in text
    assert "no report" in text
    drawn(text)


def test_escapes_what_it_is_given():
    text = board([Tile("420100", "<b>", "1%", '"', 0.1, href='/x?a="&b')], positions=POSITIONS, title="<i>")
    assert "<b>" not in text
    assert "<i>" not in text
    drawn(text)


@pytest.mark.parametrize(
    ("level", "ramp", "step"),
    [
        (0.079, "gap", 0),
        (0.08, "gap", 1),
        (0.38, "gap", 4),
        (0.6, "gap", 5),
        (6, "hours", 0),
        (7, "hours", 1),
        (40, "hours", 4),
    ],
)
def test_steps_its_ramps_where_the_legend_says(level, ramp, step):
    assert ramp_step(level, ramp) == step


def test_widens_lines_with_the_power_of_0_6():
    assert line_width(1000, 1000) == 8.5
    assert line_width(0, 1000) == 1.3
    assert line_width(500, 1000) == pytest.approx(8.5 * 0.5**0.6)


def test_joins_every_square_to_the_root_by_neighbours():
    ways = Ways(8, 8, (5, 5))
    for square in [(0, 0), (7, 0), (0, 7), (7, 7), (4, 4), (3, 5)]:
        way = list(ways.way(ways.join(square)))
        assert way[-1] == (5, 5)
        assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(way))


def test_loses_nothing_on_the_way():
    ways, loads = Ways(8, 8, (5, 5)), Loads()
    for square, amount in {(0, 0): 5.0, (7, 0): 7.0, (2, 6): 11.0}.items():
        loads.carry(ways.between(ways.join(square), ways.root), amount)
    into_root = [line for line in loads.by_edge if ways.root in line]
    assert sum(loads.by_edge[line] for line in into_root) == 23


def test_finds_the_way_between_two_squares_of_the_tree():
    ways = Ways(6, 4, (0, 2))
    one, other = ways.join((4, 2)), ways.join((4, 0))
    way = ways.between(one, other)
    assert (way[0], way[-1]) == (one, other)
    assert len({edge(a, b) for a, b in pairwise(way)}) == len(way) - 1


def test_breaks_a_long_title_in_two():
    assert broken("Share of the day's need that is missing", 13, 185) == ("Share of the day's", "need that is missing")
    assert broken("未来缺口率", 13, 185) == ("未来缺口率",)


def test_counts_the_provinces_own_goods_once():
    tied = [Flow("130000", "420100", 100), Flow(HUB, "420100", 30, "inner")]
    text = boards([], [], tied, positions=POSITIONS, language="en", caption="in")
    assert "own reserve" in text
    tied = [Flow("130000", HUB, 100), Flow(HUB, "420100", 100, "inner")]
    text = boards([], [], tied, positions=POSITIONS, language="en", caption="in")
    assert "own reserve" not in text
