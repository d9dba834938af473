"""The tile boards: one square one place, goods on the lines between. Pure; SVG text.

``boards`` draws the country and one province side by side with the trunk
between them; ``board`` draws one alone. Squares stand where ``positions``
says (code → board name, column, row). Colours come from board.css, so both
themes and paper work. Every square is a link whose name says its figures;
schematic: no boundaries, no area.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict, Unpack

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from qipan.ui import format
from qipan.ui.routing import Area, Vertex, Ways, edge
from qipan.ui.squares import Ground, Positions, Tile, draw_ground, draw_ramp, draw_tile, hatching
from qipan.ui.streams import Flow, Streams, largest_first, line_width
from qipan.ui.svg import broken, element, n, text_width, words

__all__ = ["Flow", "Tile", "board", "boards", "line_width"]

COUNTRY, PROVINCE = "china", "hubei"
FRAME = 8.0
GAP = 46.0


class Words(TypedDict):
    """What a board says in one language."""

    gap: tuple[str, ...]
    hours: tuple[str, ...]
    note: tuple[str, ...]
    none: str
    stale: str
    inward: str
    inner: str
    leaves: str
    arrives: str
    width: str
    late: str
    off: str
    soon: str
    provinces: str
    reserve: str


ZH = Words(
    gap=("< 8%", "8 – 15%", "15 – 25%", "25 – 35%", "35 – 60%", "≥ 60%"),
    hours=("≤ 6 小时", "7 – 12", "13 – 24", "25 – 36", "> 36"),
    note=("示意图，一格一地，", "不表示边界与面积"),
    none="无数据",
    stale="未报",
    inward="各省来货",
    inner="省内分送",
    leaves="来货地",
    arrives="分送地",
    width="线宽＝数量",
    late="晚点",
    off="偏离",
    soon="12 小时内用完",
    provinces="省",
    reserve="省内储备",
)
EN = Words(
    gap=("< 8%", "8–15%", "15–25%", "25–35%", "35–60%", "≥ 60%"),
    hours=("≤ 6 h", "7–12", "13–24", "25–36", "> 36"),
    note=("Schematic: one square, one", "place; no boundaries, no area"),
    none="no data",
    stale="no report",
    inward="inbound",
    inner="onward",
    leaves="leaves",
    arrives="arrives",
    width="width = amount",
    late="late",
    off="off route",
    soon="≤ 12 h left",
    provinces="provinces",
    reserve="own reserve",
)


class Captions(TypedDict, total=False):
    """What the caller says on a board: its spoken ``title``; ``caption`` over the sum that flows
    in (第 28 批 · 流入湖北) with its ``unit``; ``level_title`` over the ramp (未来 24 小时缺口率)."""

    title: str
    caption: str
    unit: str
    level_title: str


def boards(
    china_tiles: Sequence[Tile],
    hubei_tiles: Sequence[Tile],
    flows: Sequence[Flow],
    *,
    positions: Positions,
    hub: str = "420000",
    language: str = "zh-hans",
    **captions: Unpack[Captions],
) -> SafeString:
    """The country (board ``china``) and the province in need (board ``hubei``), side by side.

    Inbound flows join on the way to the hub's corner; the trunk runs on one line of
    both boards and parts again inside. The space above the right board is free for
    the caller's own words. ``captions``: title, caption, unit, level_title.
    """
    said = ZH if format.is_chinese(language) else EN
    country = Ground.of(positions, COUNTRY, x=FRAME, y=FRAME, pitch=69, size=58)
    column, row = country.squares[hub]
    root: Vertex = (column + 1, row + 1)
    inside = Ground.of(positions, PROVINCE, x=country.right + GAP, y=0, pitch=71, size=60)
    entry: Vertex = (0, inside.rows // 2)
    inside.y = max(FRAME, country.at(root)[1] - entry[1] * inside.pitch)

    shunned = frozenset(edge((x, root[1]), (x + 1, root[1])) for x in range(root[0], country.columns))
    worded: tuple[Area, ...] = ((0, 0, 3, 2), (0, 5, 2, country.rows), (5, 6, 7, 7))
    coming = Streams(country, Ways(country.columns, country.rows, root, shunned, worded), "in")
    parting = Streams(inside, Ways(inside.columns, inside.rows, entry, low_berth=0.3), "inner")
    for flow in largest_first(flows):
        if flow.kind == "in" and flow.source_code in country.squares:
            coming.add(flow, from_code=flow.source_code, to_code=None)
    _part(flows, parting)
    inward = sum(flow.amount for flow, _ in coming.laid)
    most = max(inward, coming.loads.most(), parting.loads.most())
    starts, ends = country.at(root), inside.at(entry)
    drawn = [
        draw_ground(country),
        draw_ground(inside),
        coming.casing(most),
        parting.casing(most),
        coming.lines(most),
        _trunk(starts, ends, line_width(inward, most)) if inward else "",
        parting.lines(most),
        *_tiles(china_tiles, country, said, "gap", "boards-hatch"),
        *_tiles(hubei_tiles, inside, said, "gap", "boards-hatch"),
        coming.discs(most),
        parting.discs(most),
        coming.markers(),
        parting.markers(),
        _sum_of(flows, coming, hub, said, captions),
        _country_legend(country, captions.get("level_title", ""), said),
        _flow_legend(inside, said, hubei_tiles, flows),
    ]
    return _drawing(
        drawn,
        width=inside.right + FRAME,
        height=max(country.bottom, inside.bottom + 60) + FRAME,
        title=captions.get("title", ""),
        definitions=hatching("boards-hatch") + _gradient(starts[0], ends[0]),
        kind="is-pair",
    )


def board(
    tiles: Sequence[Tile],
    flows: Sequence[Flow] = (),
    *,
    positions: Positions,
    name: str = "hubei",
    ramp: str = "hours",
    language: str = "zh-hans",
    title: str = "",
) -> SafeString:
    """One board alone, as on a province's page: squares of 68 on a pitch of 78.

    ``ramp``: hours (to empty) or gap (share of the need). Flows from outside enter at
    the middle of the left side.
    """
    said = ZH if format.is_chinese(language) else EN
    ground = Ground.of(positions, name, x=FRAME, y=FRAME, pitch=78, size=68)
    streams = Streams(ground, Ways(ground.columns, ground.rows, (0, ground.rows // 2), low_berth=0.3), "inner")
    _part(flows, streams)
    hatch, most = f"{name}-hatch", streams.loads.most()
    names = said["hours"] if ramp == "hours" else said["gap"]
    blank = said["stale"] if any(tile.state in ("none", "stale") for tile in tiles) else ""
    legend, right = draw_ramp(names, x=ground.x, y=ground.bottom + 20, ramp=ramp, blank=blank, hatch=hatch)
    drawn = [
        draw_ground(ground),
        streams.casing(most),
        streams.lines(most),
        *_tiles(tiles, ground, said, ramp, hatch),
        streams.discs(most),
        streams.markers(),
        legend,
    ]
    width = max(ground.right, right) + FRAME
    height = ground.bottom + 44
    return _drawing(drawn, width=width, height=height, title=title, definitions=hatching(hatch), kind="is-single")


def _part(flows: Sequence[Flow], streams: Streams) -> None:
    """Lay every flow that ends on the board: from outside by its entry, from inside place to place."""
    squares = streams.ground.squares
    for flow in largest_first(flow for flow in flows if flow.target_code in squares):
        source = flow.source_code if flow.source_code in squares else None
        streams.add(flow, from_code=source, to_code=flow.target_code)


def _drawing(
    drawn: Sequence[str], *, width: float, height: float, title: str, definitions: str, kind: str
) -> SafeString:
    return mark_safe(
        element(
            "svg",
            element("defs", definitions),
            *drawn,
            kind=f"boards {kind}",
            viewBox=f"0 0 {n(width)} {n(height)}",
            role="group",
            aria_label=title or None,
        )
    )


def _tiles(tiles: Sequence[Tile], ground: Ground, said: Words, ramp: str, hatch: str) -> Iterator[str]:
    for tile in tiles:
        if tile.code in ground.squares:
            yield draw_tile(tile, ground, ramp=ramp, hatch=hatch, no_figures=said["none"])


def _trunk(start: tuple[float, float], end: tuple[float, float], width: float) -> str:
    line = f"M{n(start[0])} {n(start[1])}H{n(end[0])}"
    return (
        element("path", kind="stream-edge is-trunk", d=line, stroke_width=width + 2.4)
        + element("path", kind="stream is-trunk", d=line, stroke="url(#boards-trunk)", stroke_width=width)
        + element("path", kind="stream-glide", d=line, stroke_width=3)
    )


def _gradient(left: float, right: float) -> str:
    return element(
        "linearGradient",
        element("stop", kind="stop-flow", offset="0.35"),
        element("stop", kind="stop-brass", offset=1),
        id="boards-trunk",
        gradientUnits="userSpaceOnUse",
        x1=left,
        x2=right,
        y1=0,
        y2=0,
    )


def _sum_of(flows: Sequence[Flow], coming: Streams, hub: str, said: Words, captions: Captions) -> str:
    """What flows in, large, in the board's empty corner; its parts under it.

    Goods from a place inside are the province's own; so are goods from the hub, unless
    inbound flows end at the hub and these are only their distribution.
    """
    if not captions.get("caption"):
        return ""
    inward = sum(flow.amount for flow, _ in coming.laid)
    is_distribution = any(flow.target_code == hub for flow, _ in coming.laid)
    own = [f for f in flows if f.kind == "inner" and not (is_distribution and f.source_code == hub)]
    reserve = sum(flow.amount for flow in own)
    count = len({flow.source_code for flow, _ in coming.laid})
    x, y = coming.ground.x + 16, coming.ground.y + 32
    plain = f"{count} {said['provinces']} {format.figure(inward)}"
    parts = " " + element("tspan", format.figure(inward), kind="board-in")
    if reserve:
        plain += f" ＋ {said['reserve']} {format.figure(reserve)}"
        kept = element("tspan", format.figure(reserve), kind="board-inner")
        parts += f" ＋ {escape(said['reserve'])} {kept}"
    size = max(11.5, min(13.0, 13 * (4 * coming.ground.pitch - 24) / text_width(plain, 13)))
    unit = str(escape(captions.get("unit", "")))
    tail = element("tspan", unit, kind="board-word", dx=6, font_size=13) if unit else ""
    return (
        words(captions["caption"], x=x, y=y, size=13, kind="board-word")
        + words(format.figure(inward + reserve), x=x, y=y + 37, size=36, kind="board-figure", after=tail)
        + words(f"{count} {said['provinces']}", x=x, y=y + 62, size=size, kind="board-word", after=parts)
    )


def _country_legend(country: Ground, level_title: str, said: Words) -> str:
    x, y = country.x + 16, country.y + 5 * country.pitch + 32
    note_x, note_y = country.x + 5 * country.pitch + 9, country.y + 6 * country.pitch + 29
    note = "".join(
        words(line, x=note_x, y=note_y + 17 * index, size=12, room=1.86 * country.pitch, kind="board-word")
        for index, line in enumerate(said["note"])
    )
    ramp, _ = draw_ramp(said["gap"], x=x, y=y + 13, ramp="gap", pitch=25)
    room = 3 * country.pitch - 24
    lines = broken(level_title, 13, room)
    title = "".join(
        words(line, x=x, y=y - 16 * (len(lines) - 1 - index), size=13, room=room, kind="board-word")
        for index, line in enumerate(lines)
    )
    return title + ramp + note


def _flow_legend(inside: Ground, said: Words, tiles: Sequence[Tile], flows: Sequence[Flow]) -> str:
    """Two rows of signs under the right board; only signs that are on the boards."""
    late, off = (sum(flow.state == state for flow in flows) for state in ("late", "off"))

    def stroke(kind: str) -> str:
        return element("path", kind=f"stream is-{kind}", d="M1 -4H28", stroke_width=3.5)

    first = [(stroke("in"), 36, said["inward"]), (stroke("inner"), 36, said["inner"])]
    if late:
        sign = element("path", kind="marker is-late", d="M7-11 15 2H-1Z")
        first.append((sign, 22, f"{said['late']} {late}"))
    if off:
        sign = element("path", kind="marker is-off", d="M7-12 14.5-4.5 7 3-.5-4.5Z")
        first.append((sign, 22, f"{said['off']} {off}"))
    second = [
        (element("circle", kind="disc is-from is-in", cx=5, cy=-4, r=4.5), 16, said["leaves"]),
        (element("circle", kind="disc is-to is-inner", cx=5, cy=-4, r=5), 16, said["arrives"]),
        ("", 0, said["width"]),
    ]
    if any(tile.state == "bad" for tile in tiles):
        sign = element("path", kind="board-diamond", d="M5-9.5 10.5-4 5 1.5-.5-4Z")
        second.append((sign, 16, said["soon"]))
    drawn = ""
    for row, signs in enumerate((first, second)):
        x = inside.x
        for sign, space, word in signs:
            label = words(word, x=space, y=0, size=12.5, kind="board-word")
            place = f"translate({n(x)} {n(inside.bottom + 26 + 24 * row)})"
            drawn += element("g", sign, label, transform=place)
            x += space + text_width(word, 12.5) + 18
    return drawn
