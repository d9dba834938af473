"""The engine beside others, as tables and a picture: ``python benchmarks/engine_results.py`` (some minutes).

Runs the bench at a small set, a province and a nation, puts the tables into docs/explanation/engine-speed.md
between its marks and draws docs/pictures/engine-speed.svg. Every number is a ratio of one run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path

from qipan.bench import table
from qipan.bench.table import Row, Table
from qipan.engine.allocation import warm

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PICTURE = DOCS / "explanation" / "engine-speed.md", DOCS / "pictures" / "engine-speed.svg"
SCALES = ("small", "province", "nation")
WORDS = {"small": "the small set", "province": "a province", "nation": "a nation"}
FAMILIES, SEED, SECONDS = 2, 1, 40
BEGIN, END = "<!-- tables: benchmarks/engine_results.py -->", "<!-- end of tables -->"
INK, MUTED, GRID = "#1c2430", "#6b7684", "#d9dee5"
OURS, EXACT, UNFAIR, NONE = "#2f6fa8", "#7aa7cf", "#c4342d", "#b8bfc8"
LEFT, WIDE, BAR, TOP, GAP = 330, 300, 19, 74, 60
LEAST, MOST = 0.01, 1000.0


def colour(row: Row) -> str:
    """Ours, exact, unfair, or says nothing about fairness."""
    if row.name.startswith("this engine"):
        return OURS
    if row.worst_off is None:
        return NONE
    return EXACT if row.worst_off < 1e-6 else UNFAIR


def bars(found: Table, left: float) -> str:
    """One panel: a bar a contestant on a logarithmic scale, how far it is off beside it."""
    title = f"a family of {WORDS[found.scale]}, {found.edges // found.families:,} lanes"
    parts = [f'<text x="{left}" y="28" font-weight="600" fill="{INK}">{title}</text>']
    parts.append(f'<text x="{left}" y="48" fill="{MUTED}">time, in multiples of this engine\'s levels alone</text>')
    rows = [row for row in found.rows if row.name != "reading every array once"]
    high = len(rows) * BAR
    for power in range(-2, 4):
        x = left + WIDE * place(10.0**power)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{TOP + high}" stroke="{GRID}"/>')
        words = f"{10.0**power:g} ×"
        parts.append(f'<text x="{x:.1f}" y="{TOP + high + 16}" text-anchor="middle" fill="{MUTED}">{words}</text>')
    for at, row in enumerate(rows):
        y = TOP + at * BAR
        wide = WIDE * (1.0 if row.ratio is None else place(row.ratio))
        style = f'fill="{colour(row)}"' if row.ratio is not None else f'fill="none" stroke="{MUTED}"'
        parts.append(f'<rect x="{left}" y="{y + 3}" width="{wide:.1f}" height="{BAR - 7}" {style}/>')
        off = "too long" if row.ratio is None else "" if row.mean_off is None else f"off by {row.mean_off:.2g}"
        parts.append(f'<text x="{left + wide + 6:.1f}" y="{y + 14}" fill="{MUTED}">{off}</text>')
    return "".join(parts)


def place(ratio: float) -> float:
    """Where a ratio stands on the scale, 0..1."""
    held = min(max(ratio, LEAST), MOST)
    return (log10(held) - log10(LEAST)) / (log10(MOST) - log10(LEAST))


def drawing(tables: Sequence[Table]) -> str:
    """The picture of all tables."""
    rows = [row for row in tables[0].rows if row.name != "reading every array once"]
    names = "".join(
        f'<text x="{LEFT - 12}" y="{TOP + at * BAR + 14}" text-anchor="end" fill="{INK}">{escape(row.name)}</text>'
        for at, row in enumerate(rows)
    )
    panels = "".join(bars(found, LEFT + at * (WIDE + GAP + 60)) for at, found in enumerate(tables))
    wide, high = LEFT + len(tables) * (WIDE + GAP + 60), TOP + len(rows) * BAR + 64
    legend = "".join(
        f'<rect x="{LEFT + at * 170}" y="{high - 24}" width="11" height="11" fill="{shade}"/>'
        f'<text x="{LEFT + at * 170 + 17}" y="{high - 14}" fill="{MUTED}">{words}</text>'
        for at, (shade, words) in enumerate(
            [(OURS, "this engine"), (EXACT, "exact"), (UNFAIR, "not fair"), (NONE, "says nothing on fairness")]
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">'
        "<title>Time of this engine and of others on the same families, and how far they are off</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{names}{panels}{legend}</svg>\n'
    )


def tables_text(tables: Sequence[Table]) -> str:
    """The tables as they stand on the page."""
    blocks = []
    for found in tables:
        lines = "\n".join(table.lines_of(found))
        lanes = found.edges // found.families
        blocks.append(f"## A family of {WORDS[found.scale]}, {lanes:,} lanes\n\n```\n{lines}\n```\n")
    return f"{BEGIN}\n\n" + "\n".join(blocks) + f"\n{END}"


def page(text: str, tables: Sequence[Table]) -> str:
    """The page with these tables between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{PAGE} has lost its marks")
    return before + tables_text(tables) + after


def main() -> None:
    warm()
    tables = [
        table.run(scale, seed=SEED, families=FAMILIES, seconds=SECONDS, say=lambda text: print(text, file=sys.stderr))
        for scale in SCALES
    ]
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    PICTURE.write_text(drawing(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
