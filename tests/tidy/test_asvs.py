"""Every requirement of OWASP ASVS 5.0, levels 1 and 2, has its row, and what the row names is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tests.tidy.sources import ROOT, refuse

PAGE = ROOT / "docs" / "reference" / "asvs.md"
STATES = {"kept", "partly", "not kept", "not applicable"}
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip
"""How many requirements of levels 1 and 2 each section has; they stand before those of level 3."""
WANTED = {f"V{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)}


def _rows() -> Iterator[tuple[list[str], str, str]]:
    """Numbers, state and words of each row."""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("| V"):
            numbers, _asks, state, how = (cell.strip() for cell in line.strip("|").split("|"))
            yield list(_each(numbers)), state, how


def _each(numbers: str) -> Iterator[str]:
    """``V10.4.1–V10.4.3`` is three."""
    first, *last = numbers.split("–")
    section, start = first.rsplit(".", 1)
    end = last[0].rsplit(".", 1)[1] if last else start
    yield from (f"{section}.{number}" for number in range(int(start), int(end) + 1))


def test_there_are_253() -> None:
    assert len(WANTED) == 253


def test_every_requirement_has_one_row() -> None:
    told = Counter(number for numbers, _state, _how in _rows() for number in numbers)
    assert set(told) == WANTED
    refuse([number for number, times in told.items() if times > 1], "a requirement with two rows")


def test_every_row_says_how_it_stands_and_why() -> None:
    refuse([str(numbers) for numbers, state, how in _rows() if state not in STATES or len(how) < 8], "a row without it")


def test_what_a_row_names_is_there() -> None:
    missing = [
        f"{numbers[0]}: {path}"
        for numbers, _state, how in _rows()
        for path in [*re.findall(r"`((?:tests|docs|src|requirements)/[^`]*|pyproject\.toml)`", how), *_links(how)]
        if not (ROOT / path).exists()
    ]
    refuse(missing, "a file that a row of the table names")


def _links(how: str) -> list[str]:
    return [f"docs/reference/{link}" for link in re.findall(r"\]\(([^)]+)\)", how)]


def test_what_is_kept_names_what_shows_it() -> None:
    shown = re.compile(r"`(tests|docs|src|requirements)/|pyproject|\]\(")
    refuse([str(n) for n, state, how in _rows() if state == "kept" and not shown.search(how)], "kept, says who?")


def test_the_sums_are_those_of_the_rows() -> None:
    counted = Counter(state for numbers, state, _how in _rows() for _number in numbers)
    told = dict(
        re.findall(r"^\| (kept|partly|not kept|not applicable) \| (\d+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    )
    assert {state: int(number) for state, number in told.items()} == counted
