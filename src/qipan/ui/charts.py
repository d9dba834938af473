"""Charts as SVG text: pure functions, no clock, no settings; colours come from classes.

Every chart scales with its column and prints. A chart's table is the caller's
to offer beside it. Draw at about the width it is shown at: text scales too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TypedDict, Unpack

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from qipan.ui import format
from qipan.ui.svg import element, line_through, n, text_width, words

Point = tuple[float, float]
Values = Sequence[float | int | None]
APART = 18


@dataclass(frozen=True)
class Series:
    """One line. ``values`` stand at ``line_chart``'s labels; None leaves a gap.

    ``kind`` colours it: flow, brass, ok, warn, bad or plain. ``dashed`` also
    makes its marks square, so that two lines differ in grey.
    """

    name: str
    values: Values
    kind: str = "flow"
    dashed: bool = False

    @property
    def last(self) -> float | None:
        return next((float(value) for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True)
class Plot:
    """Where the plot stands inside its drawing, and what its axis spans."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    count: int

    def x(self, index: float) -> float:
        span = self.width - self.left - self.right
        return self.left + (span * index / (self.count - 1) if self.count > 1 else span / 2)

    def y(self, value: float) -> float:
        span = self.height - self.top - self.bottom
        return self.top + span * (1 - (value - self.low) / ((self.high - self.low) or 1))


def axis_step(high: float, *, lines: int = 3) -> float:
    """The round step (1, 2, 2.5, 3 or 5 × 10ⁿ) with which ``lines`` steps reach ``high``."""
    if high <= 0:
        return 1.0
    rough = high / lines
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 3, 5, 10) if factor * power >= rough * (1 - 1e-9))


def bar(
    need: object,
    covered: object = 0,
    batch: object = 0,
    *,
    mark: object = None,
    kind: str = "",
    label: str = "",
) -> SafeString:
    """A bar of ``need``: what is covered (light), then this batch; ``mark`` is a tick.

    ``kind``: "" for supply, one for a single blue part, ok/warn/bad where the bar is
    a state, ``held`` hatched, ``stale`` grey. Without a label it is decoration
    beside a printed number.
    """
    whole, first, second = (float(format.exact(amount) or 0) for amount in (need, covered, batch))
    scale = 100 / whole if whole > 0 else 0.0
    first = min(100.0, max(0.0, first * scale))
    second = min(100.0 - first, max(0.0, second * scale))
    parts = (
        element("rect", kind="bar-covered", width=first, height=8) if first else "",
        element("rect", kind="bar-batch", x=first, width=second, height=8) if second else "",
    )
    fill = element("svg", *parts, kind="bar-fill", viewBox="0 0 100 8", preserveAspectRatio="none")
    tick = ""
    if mark is not None and scale:
        at = f"{n(min(100.0, max(0.0, float(format.exact(mark) or 0) * scale)))}%"
        tick = element("svg", element("line", x1=at, x2=at, y1="-45%", y2="145%"), kind="bar-mark")
    return mark_safe(element("span", fill, tick, kind=f"bar is-{kind}" if kind else "bar", **_described(label)))


def _described(title: str) -> dict[str, object]:
    return {"role": "img", "aria_label": title} if title else {"aria_hidden": "true"}


def sparkline(values: Values, *, title: str = "", width: int = 108, height: int = 34) -> SafeString:
    """A small line from zero with a tint under it and a disc at its end."""
    known = [(index, float(value)) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return mark_safe("")
    plot = Plot(width, height, 2, 5, 5, 2, 0, max(value for _, value in known) or 1, len(values))
    points = [(plot.x(index), plot.y(value)) for index, value in known]
    under = [*points, (points[-1][0], plot.y(0)), (points[0][0], plot.y(0))]
    return mark_safe(
        element(
            "svg",
            element("path", kind="spark-under", d=line_through(under, closed=True)),
            element("path", kind="spark-line", d=line_through(points)),
            element("circle", kind="spark-end", cx=points[-1][0], cy=points[-1][1], r=3),
            kind="spark",
            viewBox=f"0 0 {width} {height}",
            **_described(title),
        )
    )


def columns(values: Values, *, title: str = "", width: int = 108, height: int = 38) -> SafeString:
    """Small column bars from zero; the last one, today's, is brass."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return mark_safe("")
    high, pitch = max(known) or 1, width / len(values)
    drawn = []
    for index, value in enumerate(values):
        tall = max(1.0, (height - 2) * float(value or 0) / high)
        kind = "is-last" if index == len(values) - 1 else ""
        x = index * pitch + pitch * 0.15
        drawn.append(element("rect", kind=kind, x=x, y=height - tall, width=pitch * 0.7, height=tall, rx=1))
    return mark_safe(element("svg", *drawn, kind="columns", viewBox=f"0 0 {width} {height}", **_described(title)))


class Shape(TypedDict, total=False):
    """How a line chart is drawn: ``steps`` for reporting cuts (a value holds until the next), the
    axis' start ``low`` (say so in the title when it is not zero), its ``width`` and ``height``."""

    steps: bool
    low: float
    width: int
    height: int


def line_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    title: str,
    unit: str = "",
    language: str = "zh-hans",
    between: str = "",
    **shape: Unpack[Shape],
) -> SafeString:
    """Lines over ``labels``, each named with its last figure at its end.

    ``between`` names the difference of the first two series (在途), which is then
    tinted and bracketed. ``shape``: steps, low, width (1040), height (190). At most
    four grid lines; 万 on the axis in Chinese, plain thousands in English.
    """
    low, steps = shape.get("low", 0), shape.get("steps", False)
    width, height = shape.get("width", 1040), shape.get("height", 190)
    values = [float(value) for line in series for value in line.values if value is not None]
    if not values:
        return mark_safe("")
    marks = _axis(low, max(values))
    axis = [format.wan(_whole(mark), language) for mark in marks]
    ends = [(line, format.figure(_whole(line.last))) for line in series if line.last is not None]
    difference = _difference(series) if between else ""
    widest = [f"{line.name} {figure}" for line, figure in ends] + [f"{between} {difference}"]
    left = max(text_width(word, 12) for word in axis) + 14
    right = max(text_width(word, 13) for word in widest) + (34 if difference else 18)
    plot = Plot(width, height, left, right, 12, 26, low, marks[-1], len(labels))
    drawn = [_grid(plot, marks, axis), _days(plot, labels)]
    if difference:
        drawn.append(_between(plot, series[0], series[1], steps=steps))
    drawn += [_line(plot, line, steps=steps) for line in series]
    drawn.append(_ends(plot, ends, between, difference))
    said = [f"{line.name} {figure}" for line, figure in ends]
    said.append(f"{between} {difference}".strip())
    return _chart("line-chart", plot, drawn, title=title, unit=unit, said=said)


def column_chart(
    values: Values,
    labels: Sequence[str],
    *,
    title: str,
    unit: str = "",
    language: str = "zh-hans",
    kind: str = "flow",
    width: int = 640,
    height: int = 180,
) -> SafeString:
    """One column per label from zero, each with its figure above it (a daily rate)."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return mark_safe("")
    marks = _axis(0, max(known))
    axis = [format.wan(_whole(mark), language) for mark in marks]
    left = max(text_width(word, 12) for word in axis) + 14
    pitch = (width - left - 10) / max(1, len(labels))
    plot = Plot(width, height, left + pitch / 2, 10 + pitch / 2, 22, 26, 0, marks[-1], max(len(labels), len(values)))
    drawn = [_grid(plot, marks, axis, inset=pitch / 2), _days(plot, labels)]
    for index, value in enumerate(values):
        if value is None:
            continue
        x, y = plot.x(index), plot.y(float(value))
        tall, wide = plot.y(0) - y, pitch * 0.56
        drawn.append(
            element("rect", kind=f"chart-column kind-{kind}", x=x - wide / 2, y=y, width=wide, height=tall, rx=2)
        )
        drawn.append(words(format.figure(_whole(value)), x=x, y=y - 5, size=12, kind="column-figure", anchor="middle"))
    said = [f"{label} {format.figure(value)}" for label, value in zip(labels, values, strict=False)]
    return _chart("column-chart", plot, drawn, title=title, unit=unit, said=said)


def _chart(kind: str, plot: Plot, drawn: Sequence[str], *, title: str, unit: str, said: Sequence[str]) -> SafeString:
    name = f"{title} ({unit})" if unit else title
    spoken = "; ".join(part for part in said if part)
    return mark_safe(
        element(
            "svg",
            element("title", str(escape(name))),
            element("desc", str(escape(spoken))),
            *drawn,
            kind=kind,
            viewBox=f"0 0 {n(plot.width)} {n(plot.height)}",
            role="img",
            aria_label=f"{name}: {spoken}",
        )
    )


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _axis(low: float, high: float) -> list[float]:
    step = axis_step(high - low)
    return [low + step * index for index in range(1 + max(1, ceil((high - low) / step - 1e-9)))]


def _difference(series: Sequence[Series]) -> str:
    if len(series) < 2 or series[0].last is None or series[1].last is None:
        return ""
    return format.figure(_whole(series[0].last - series[1].last))


def _grid(plot: Plot, marks: Sequence[float], axis: Sequence[str], inset: float = 0) -> str:
    left, right = plot.left - inset, plot.width - plot.right + inset
    drawn = ""
    for index, (mark, word) in enumerate(zip(marks, axis, strict=True)):
        y = plot.y(mark)
        kind = "chart-grid" if index else "chart-floor"
        drawn += element("path", kind=kind, d=f"M{n(left)} {n(y)}H{n(right)}")
        drawn += words(word, x=left - 10, y=y + 4, size=12, kind="axis", anchor="end")
    return drawn


def _days(plot: Plot, labels: Sequence[str]) -> str:
    """Labels under the plot; left out evenly where they would touch, never the last."""
    room = max((text_width(label, 12) for label in labels), default=0) + 14
    span = plot.x(1) - plot.x(0) if len(labels) > 1 else room
    every = max(1, ceil(room / span))
    return "".join(
        words(label, x=plot.x(index), y=plot.height - 6, size=12, kind="axis", anchor="middle")
        for index, label in enumerate(labels)
        if (len(labels) - 1 - index) % every == 0
    )


def _runs(plot: Plot, line: Series, *, steps: bool) -> list[list[Point]]:
    """The line's unbroken pieces, as points."""
    runs: list[list[Point]] = [[]]
    for index, value in enumerate(line.values):
        if value is None:
            runs.append([])
            continue
        point = (plot.x(index), plot.y(float(value)))
        if steps and runs[-1]:
            runs[-1].append((point[0], runs[-1][-1][1]))
        runs[-1].append(point)
    return [run for run in runs if run]


def _line(plot: Plot, line: Series, *, steps: bool) -> str:
    kind = f"kind-{line.kind}"
    dashed = " is-dashed" if line.dashed else ""
    drawn = "".join(
        element("path", kind=f"series {kind}{dashed}", d=line_through(run)) for run in _runs(plot, line, steps=steps)
    )
    for index, value in enumerate(line.values):
        if value is None or (steps and index < len(line.values) - 1):
            continue
        x, y = plot.x(index), plot.y(float(value))
        if line.dashed:
            drawn += element("rect", kind=f"series-mark {kind}", x=x - 3.4, y=y - 3.4, width=6.8, height=6.8)
        else:
            drawn += element("circle", kind=f"series-mark {kind}", cx=x, cy=y, r=3.9)
    return drawn


def _between(plot: Plot, upper: Series, lower: Series, *, steps: bool) -> str:
    if None in (*upper.values, *lower.values):
        return ""
    above, below = (_runs(plot, line, steps=steps)[0] for line in (upper, lower))
    return element("path", kind="chart-between", d=line_through([*above, *reversed(below)], closed=True))


def _ends(plot: Plot, ends: Sequence[tuple[Series, str]], between: str, difference: str) -> str:
    """Names and last figures at the line ends, kept apart; the bracket of the difference."""
    x = plot.width - plot.right
    wanted = [(plot.y(line.last or 0), f"end end-{line.kind}", line.name, figure) for line, figure in ends]
    drawn = ""
    if difference:
        high, low = sorted(place for place, *_ in wanted[:2])
        wanted.append(((high + low) / 2, "end bracket-word", between, difference))
        arms = f"M{n(x + 9)} {n(high)}h6M{n(x + 9)} {n(low)}h6M{n(x + 12)} {n(high)}V{n(low)}"
        drawn = element("path", kind="chart-bracket", d=arms)
    wanted.sort(key=lambda each: each[0])
    places = [place for place, *_ in wanted]
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + APART)
    shift = sum(place - each[0] for place, each in zip(places, wanted, strict=True)) / len(places)
    shift = min(shift, places[0] - 10)
    shift = max(shift, places[-1] - (plot.height - plot.bottom))
    for place, (_, kind, name, figure) in zip(places, wanted, strict=True):
        tail = " " + element("tspan", figure)
        at = x + (24 if difference else 10)
        drawn += words(name, x=at, y=place - shift + 4.5, size=13, kind=kind, after=tail)
    return drawn
