"""The two free-text lists of January 2020 as the tests read them, and what holds of every reading."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from qipan.demand.freetext import FIELDS, REASONS, Reading, filler_spans

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "hubei-2020"
HUBEI = "freetext_demand_hubei_20200126.csv"
WUHAN = "freetext_demand_wuhan_20200126.csv"


def rows_of(name: str) -> list[dict[str, str]]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cells() -> list[tuple[str, str]]:
    return [(f, r[f]) for n in (HUBEI, WUHAN) for r in rows_of(n) for f in FIELDS if r.get(f)]


def told(reading: Reading, *kinds: str) -> list[str]:
    """Statements as text: ``need 防护服=SUIT-GB 10000件``."""
    lines = []
    for s in reading.statements:
        if kinds and s.kind not in kinds:
            continue
        goods = f" {s.item_word}={s.item_code or '?'}" if s.item_word else f" {s.text}"
        lines.append(f"{s.kind}{goods}" + (f" {s.quantity}{s.unit}" if s.quantity is not None else ""))
    return lines


def left(reading: Reading) -> list[str]:
    return [f"{u.reason} {u.text}" for u in reading.unread]


def uncovered(text: str, reading: Reading) -> list[str]:
    """Letters and digits that no statement, no unread slice and no filler covers."""
    covered = {at for s in (*reading.statements, *reading.unread) for at in range(s.start, s.end)}
    covered |= {at for start, end in filler_spans(text) for at in range(start, end)}
    return [c for at, c in enumerate(text) if at not in covered and unicodedata.category(c)[0] not in "PSZC"]


def check_invariants(text: str, reading: Reading) -> None:
    for slice_ in (*reading.statements, *reading.unread):
        assert slice_.text == text[slice_.start : slice_.end] != ""
    for s in reading.statements:
        assert s.kind in {"need", "stock", "asked", "status", "time", "transport"}
        assert s.kind != "need" or (s.quantity is not None and 0 < s.quantity <= 10**9)
        assert s.kind != "asked" or s.quantity is None
        assert s.quantity is None or 0 <= s.quantity <= 10**9
        assert s.item_code is None or s.item_word
    for u in reading.unread:
        assert u.reason in REASONS
    unknown = [s for s in reading.statements if s.item_word and s.item_code is None]
    for s in unknown:  # an item without a code always stands before a person
        assert any(s.start <= u.start and u.end <= s.end for u in reading.unread)
    assert uncovered(text, reading) == []
