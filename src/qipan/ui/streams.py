"""Goods on a board's lines: widths by amount, discs at the ends, markers where there is trouble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import escape

from qipan.ui.routing import Loads, Vertex, Ways
from qipan.ui.squares import Ground
from qipan.ui.svg import element, line_through, n

NARROWEST, WIDEST = 1.3, 8.5
TRIANGLE = "M0-8 9 7.5H-9Z"
DIAMOND = "M0-8.5 8.5 0 0 8.5-8.5 0Z"


@dataclass(frozen=True)
class Flow:
    """Goods under way. ``kind`` in: from another province to the hub, or through it to a
    place inside; inner: from the hub, or a place inside, to a place inside. ``state``:
    late or off puts a marker on its line. With ``href`` its disc is a link."""

    source_code: str
    target_code: str
    amount: float
    kind: str = "in"
    label: str = ""
    state: str = ""
    href: str = ""


def line_width(amount: float, most: float) -> float:
    """Grows with about the power 0.6 of the amount, from 1.3 to 8.5."""
    if most <= 0 or amount <= 0:
        return NARROWEST
    return max(NARROWEST, WIDEST * (amount / most) ** 0.6)


def largest_first(flows: Iterable[Flow]) -> list[Flow]:
    """Large flows choose their way first; the order of the input does not matter."""
    return sorted(flows, key=lambda flow: (-flow.amount, flow.source_code, flow.target_code))


class Streams:
    """The flows of one board: their ways, lines, discs and markers."""

    def __init__(self, ground: Ground, ways: Ways, kind: str) -> None:
        self.ground, self.ways, self.kind = ground, ways, kind
        self.loads = Loads()
        self.laid: list[tuple[Flow, list[Vertex]]] = []
        self.ends: dict[tuple[str, str], list[Flow]] = {}

    def add(self, flow: Flow, *, from_code: str | None, to_code: str | None) -> None:
        """Lay a flow between two places; None is the board's root."""
        ends = [self.ways.root, self.ways.root]
        for index, code in enumerate((from_code, to_code)):
            if code is not None:
                ends[index] = self.ways.join(self.ground.squares[code])
                self.ends.setdefault((code, "from" if index == 0 else "to"), []).append(flow)
        way = self.ways.between(ends[0], ends[1])
        self.loads.carry(way, flow.amount)
        self.laid.append((flow, way))

    def casing(self, most: float) -> str:
        """What keeps the lines apart from the grid and from one another; drawn under all lines."""
        return "".join(
            element(
                "path",
                kind="stream-edge",
                d=line_through(self.ground.at(vertex) for vertex in chain),
                stroke_width=line_width(amount, most) + 2.4,
            )
            for amount, chain in self.loads.chains(self.ways)
        )

    def lines(self, most: float) -> str:
        """Every line, thin ones first; goods that part (inner) glide away from the root."""
        drawn = ""
        for (code, _end), flows in sorted(self.ends.items()):
            square = self.ground.squares[code]
            vertex = self.ways.berths[square]
            width = line_width(sum(flow.amount for flow in flows), most)
            line = line_through((self.ground.at(vertex), self.ground.berth(vertex, square)))
            drawn += element("path", kind=f"stream is-{self.kind}", d=line, stroke_width=min(4, max(2, width)))
        for amount, chain in self.loads.chains(self.ways):
            points = [self.ground.at(vertex) for vertex in chain]
            line = line_through(reversed(points) if self.kind == "inner" else points)
            width = line_width(amount, most)
            drawn += element("path", kind=f"stream is-{self.kind}", d=line, stroke_width=width)
            if width > 2.2:
                drawn += element("path", kind="stream-glide", d=line, stroke_width=min(3, width * 0.45))
        return drawn

    def discs(self, most: float) -> str:
        """Hollow where goods leave, filled where they arrive; larger with the amount."""
        drawn = ""
        for (code, end), flows in sorted(self.ends.items()):
            square = self.ground.squares[code]
            x, y = self.ground.berth(self.ways.berths[square], square)
            width = line_width(sum(flow.amount for flow in flows), most)
            radius = 3.6 if end == "from" else 3.4 + width * 0.3
            said = "; ".join(dict.fromkeys(flow.label for flow in flows if flow.label))
            title = element("title", str(escape(said))) if said else ""
            disc = element("circle", kind=f"disc is-{end} is-{self.kind}", cx=x, cy=y, r=radius)
            href = next((flow.href for flow in flows if flow.href), "")
            if href and said:
                reach = element("circle", kind="reach", cx=x, cy=y, r=9)
                drawn += element("a", title, reach, disc, kind="disc-link", href=href, aria_label=said)
            else:
                drawn += element("g", title, disc)
        return drawn

    def markers(self) -> str:
        """A triangle on a late flow's line, a diamond on one that left its route."""
        drawn: str = ""
        taken: set[tuple[Vertex, Vertex]] = set()
        for flow, way in self.laid:
            lines = list(pairwise(way))
            if flow.state not in ("late", "off") or not lines:
                continue
            line = next((line for line in lines if line not in taken), lines[0])
            taken.add(line)
            (x1, y1), (x2, y2) = self.ground.at(line[0]), self.ground.at(line[1])
            drawn += element(
                "path",
                element("title", str(escape(flow.label))),
                kind=f"marker is-{flow.state}",
                transform=f"translate({n((x1 + x2) / 2)} {n((y1 + y2) / 2)})",
                d=TRIANGLE if flow.state == "late" else DIAMOND,
            )
        return drawn
