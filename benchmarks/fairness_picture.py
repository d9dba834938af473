"""Draws docs/pictures/fairness.svg: the same stock split three ways. `python benchmarks/fairness_picture.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qipan.engine.allocation import Problem, check, solve
from qipan.engine.allocation.plan import delivered

NEEDS = np.array([60, 140, 90, 200, 110, 80, 160, 50, 110])
NEAR = 5
"""The first five hospitals are reached by both depots, the other four by the second only."""
STOCK = np.array([240, 300])
OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "fairness.svg"
WIDTH, HEIGHT, LEFT, TOP = 300, 150, 56, 76
INK, MUTED, BAR, LOW, GRID = "#1c2430", "#6b7684", "#4a7fb5", "#c4342d", "#d9dee5"


def problem() -> Problem:
    """Two depots and nine hospitals."""
    reached = [np.arange(NEAR), np.arange(len(NEEDS))]
    return Problem(
        supply=STOCK,
        need=NEEDS,
        edge_source=np.repeat([0, 1], [len(r) for r in reached]).astype(np.int32),
        edge_need=np.concatenate(reached).astype(np.int32),
    )


def first_come(asked: Problem) -> np.ndarray:
    """Each in turn takes all it needs, from the depots in order."""
    left, got = asked.supply.copy(), np.zeros(len(NEEDS), np.int64)
    for need in range(len(NEEDS)):
        for source in asked.edge_source[asked.edge_need == need]:
            took = min(left[source], NEEDS[need] - got[need])
            left[source] -= took
            got[need] += took
    return got


def by_size(asked: Problem) -> np.ndarray:
    """Each depot splits its stock in proportion to the needs it reaches."""
    got = np.zeros(len(NEEDS), np.int64)
    for source, stock in enumerate(asked.supply):
        needs = asked.edge_need[asked.edge_source == source]
        got[needs] += stock * NEEDS[needs] // NEEDS[needs].sum()
    return np.minimum(got, NEEDS)


def drawing() -> str:
    """The three splits, computed and drawn."""
    asked = problem()
    plan = solve(asked)
    if check(asked, plan).gap != 0:
        raise SystemExit("the plan is not proved")
    splits = [
        ("First come, first served", "先到先得", first_come(asked)),
        ("Each depot by size of need", "各库按需求量比例", by_size(asked)),
        ("Qipan: worst-off first", "棋盘：先托底", delivered(asked, plan.shipped)),
    ]
    panels = [panel(number, *split) for number, split in enumerate(splits)]
    wide = LEFT + len(splits) * (WIDTH + 30)
    text = "Three splits of the same stock among nine hospitals: worst-off and total of each"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {TOP + HEIGHT + 74}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13"><title>{text}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def panel(number: int, english: str, chinese: str, got: Sequence[int]) -> str:
    """One split: a bar each hospital, the worst-off marked, the total below."""
    left = LEFT + number * (WIDTH + 30)
    levels = np.asarray(got) / NEEDS
    parts = [f'<text x="{left}" y="26" font-weight="600" fill="{INK}">{english}</text>']
    parts.append(f'<text x="{left}" y="46" fill="{MUTED}">{chinese}</text>')
    for percent in (0, 50, 100):
        y = TOP + HEIGHT * (1 - percent / 100)
        parts.append(f'<line x1="{left}" x2="{left + WIDTH - 20}" y1="{y}" y2="{y}" stroke="{GRID}"/>')
        if number == 0:
            parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end" fill="{MUTED}">{percent} %</text>')
    step = (WIDTH - 20) / len(NEEDS)
    for at, level in enumerate(levels):
        tall, x = HEIGHT * level, left + at * step + 3
        colour = LOW if level < levels.max() - 0.05 and level <= levels.min() + 0.01 else BAR
        middle = x + step / 2 - 3
        box = f'x="{x:.1f}" y="{TOP + HEIGHT - tall:.1f}" width="{step - 6:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect {box} fill="{colour}"/>')
        place = f'x="{middle:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle"'
        parts.append(f'<text {place} fill="{MUTED}">{NEEDS[at]}</text>')
    worst = f"worst-off {100 * levels.min():.0f} % · delivered {int(np.sum(got))} of {int(STOCK.sum())}"
    parts.append(f'<text x="{left}" y="{TOP + HEIGHT + 46}" fill="{INK}">{worst}</text>')
    return "".join(parts)


if __name__ == "__main__":
    OUT.write_text(drawing(), encoding="utf-8")
