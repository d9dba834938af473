"""The squares of a board: where they stand, their colour by ramp, their words. Pure; SVG text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qipan.ui.routing import Square, Vertex
from qipan.ui.svg import element, n, text_width, words

GAP_STEPS = (0.08, 0.15, 0.25, 0.35, 0.60)
HOURS_STEPS = (6, 12, 24, 36)
BERTH = 7.5
MARK = 9.0
SMALLEST = 11.5

Positions = Mapping[str, tuple[str, int, int]]


@dataclass(frozen=True)
class Tile:
    """One place. ``level`` is a share 0–1 (ramp gap) or hours (ramp hours); None is no level.

    ``state``: "" or ok; ``bad`` puts a diamond before the second label; ``stale``
    hatches the tile and keeps its last figure; ``none`` is a place without figures.
    """

    code: str
    name: str
    value_label: str = ""
    second_label: str = ""
    level: float | None = None
    state: str = ""
    href: str = ""
    selected: bool = False


@dataclass
class Ground:
    """A board's squares on the drawing: ``size`` wide on a ``pitch``, from (x, y)."""

    x: float
    y: float
    pitch: float
    size: float
    columns: int
    rows: int
    squares: dict[str, Square] = field(default_factory=dict)

    @classmethod
    def of(cls, positions: Positions, board: str, *, x: float, y: float, pitch: float, size: float) -> Ground:
        """The squares that ``positions`` (code → board, column, row) puts on ``board``."""
        squares = {code: (column, row) for code, (name, column, row) in positions.items() if name == board}
        columns = 1 + max((column for column, _ in squares.values()), default=0)
        rows = 1 + max((row for _, row in squares.values()), default=0)
        return cls(x, y, pitch, size, columns, rows, squares)

    def at(self, vertex: Vertex) -> tuple[float, float]:
        return self.x + vertex[0] * self.pitch, self.y + vertex[1] * self.pitch

    def berth(self, vertex: Vertex, square: Square) -> tuple[float, float]:
        """Where a square's disc stands: in its corner at ``vertex``."""
        x, y = self.at(vertex)
        right, down = square[0] == vertex[0], square[1] == vertex[1]
        return x + (BERTH if right else -BERTH), y + (BERTH if down else -BERTH)

    def tile_at(self, code: str) -> tuple[float, float]:
        """The top left corner of a place's tile."""
        inset = (self.pitch - self.size) / 2
        x, y = self.at(self.squares[code])
        return x + inset, y + inset

    @property
    def right(self) -> float:
        return self.x + self.columns * self.pitch

    @property
    def bottom(self) -> float:
        return self.y + self.rows * self.pitch


def ramp_step(level: float, ramp: str) -> int:
    """Which colour a level has: gap steps rise from 0 to 5, hours from 0 (empty soonest) to 4."""
    if ramp == "hours":
        return sum(level > bound for bound in HOURS_STEPS)
    return sum(level >= bound for bound in GAP_STEPS)


def draw_tile(tile: Tile, ground: Ground, *, ramp: str, hatch: str, no_figures: str) -> str:
    """One square with its words; a link when it has somewhere to lead."""
    x, y = ground.tile_at(tile.code)
    size = ground.size
    middle, room, is_large = x + size / 2, size - 7, size >= 66
    is_blank = tile.state in ("none", "stale") or tile.level is None
    colour = "is-blank" if is_blank else f"{ramp}-{ramp_step(tile.level or 0.0, ramp)}"
    value = tile.value_label or no_figures
    name_y, value_y = (0.3, 0.615) if tile.second_label else (0.43, 0.76)
    body = [element("rect", x=x, y=y, width=size, height=size, rx=5)]
    if is_blank:
        fill = f"url(#{hatch})"
        body.append(element("rect", kind="tile-hatch", x=x, y=y, width=size, height=size, rx=5, fill=fill))
    body.append(_name(tile, x=middle, y=y + size * name_y, size=13.0 if is_large else 14.0, room=room))
    body.append(_value(value, x=middle, y=y + size * value_y, size=20.0 if is_large else 15.0, room=room))
    if tile.second_label:
        body.append(_second(tile, x=middle, y=y + size * 0.88, room=room))
    if tile.selected:
        body.append(_corner_marks(x, y, size))
    spoken = " ".join(part for part in (tile.name, value, tile.second_label) if part)
    kind = f"tile {colour}{' is-selected' if tile.selected else ''}"
    if tile.href:
        return element("a", *body, kind=kind, href=tile.href, aria_label=spoken)
    return element("g", *body, kind=kind, role="img", aria_label=spoken)


def _name(tile: Tile, *, x: float, y: float, size: float, room: float) -> str:
    """On one line if it fits, smaller if that helps, on two lines, or pressed."""
    wide = text_width(tile.name, size)
    if wide <= room:
        return words(tile.name, x=x, y=y, size=size, kind="tile-name", anchor="middle")
    small = max(SMALLEST, size * room / wide)
    parts = tile.name.split(" ", 1)
    if len(parts) == 2 and not tile.second_label and text_width(tile.name, small) > room:
        return "".join(
            words(part, x=x, y=at, size=SMALLEST, room=room, kind="tile-name", anchor="middle")
            for part, at in zip(parts, (y - 7.5, y + 4), strict=True)
        )
    return words(tile.name, x=x, y=y - 0.5, size=small, room=room, kind="tile-name", anchor="middle")


def _value(text: str, *, x: float, y: float, size: float, room: float) -> str:
    """The figure, its unit smaller after it; words alone are small."""
    parts = re.fullmatch(r"([−\d.,<%]+)\s*(.*)", text)
    if not parts:
        return words(text, x=x, y=y - 1.5, size=12, room=room, kind="tile-word", anchor="middle")
    figure, unit = parts.groups()
    after = element("tspan", unit, kind="tile-unit", dx=2, font_size=SMALLEST) if unit else ""
    return words(figure, x=x, y=y, size=size, kind="tile-value", anchor="middle", after=after)


def _second(tile: Tile, *, x: float, y: float, room: float) -> str:
    if tile.state != "bad":
        return words(tile.second_label, x=x, y=y, size=SMALLEST, room=room, kind="tile-second", anchor="middle")
    span = min(text_width(tile.second_label, SMALLEST) * 1.04, room - 12)
    left = x - (span + 12) / 2
    diamond = element("path", kind="tile-diamond", d=f"M{n(left + 4)} {n(y - 8.2)}l4.2 4.2-4.2 4.2-4.2-4.2Z")
    return diamond + words(tile.second_label, x=left + 12, y=y, size=SMALLEST, room=span, kind="tile-second is-bad")


def _corner_marks(x: float, y: float, size: float) -> str:
    """The four marks that a xiangqi board has at its starting points."""
    near, far = 4.0, size - 4.0
    drawn = ""
    for right, down in ((near, near), (far, near), (near, far), (far, far)):
        along = MARK if right == near else -MARK
        below = MARK if down == near else -MARK
        drawn += f"M{n(x + right)} {n(y + down + below)}v{n(-below)}h{n(along)}"
    return element("path", kind="tile-marks", d=drawn)


def draw_ground(ground: Ground) -> str:
    """Grid lines, the thin inner frame and the thinner outer one."""
    x, y, right, bottom = ground.x, ground.y, ground.right, ground.bottom
    down = (f"M{n(x + column * ground.pitch)} {n(y)}V{n(bottom)}" for column in range(1, ground.columns))
    across = (f"M{n(x)} {n(y + row * ground.pitch)}H{n(right)}" for row in range(1, ground.rows))
    return (
        element("path", kind="board-grid", d="".join((*down, *across)))
        + element("rect", kind="board-frame", x=x, y=y, width=right - x, height=bottom - y)
        + element(
            "rect",
            kind="board-frame-outer",
            x=x - 5,
            y=y - 5,
            width=right - x + 10,
            height=bottom - y + 10,
        )
    )


def hatching(name: str) -> str:
    """The pattern of places without a report."""
    line = element("path", kind="hatch-line", d="M0 0V6")
    return element(
        "pattern",
        line,
        id=name,
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def draw_ramp(
    names: Sequence[str], *, x: float, y: float, ramp: str, pitch: float = 0, blank: str = "", hatch: str = ""
) -> tuple[str, float]:
    """Swatches with their words, ``pitch`` under one another or (0) in a row; the drawing and its right end.

    ``blank`` names the hatched swatch of places without a report.
    """
    drawn, right = "", x
    swatches = [(f"swatch-{ramp}-{step}", name, "") for step, name in enumerate(names)]
    if blank:
        swatches.append(("swatch-blank", blank, f"url(#{hatch})"))
    for kind, name, fill in swatches:
        drawn += element("rect", kind=kind, x=x, y=y, width=18, height=15, rx=3, fill=fill)
        drawn += words(name, x=x + 24, y=y + 12, size=12.5, kind="board-word")
        right = x + 24 + text_width(name, 12.5)
        if pitch:
            y += pitch
        else:
            x = right + 16
    return drawn, right
