"""What a stranger can use is named in the reference: figures, commands, settings, and every row of the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
import typer

from qipan.kernel.figures import all_figures
from tests.tidy.sources import ROOT, modules, refuse

REFERENCE = ROOT / "docs" / "reference"
ROWS = {"A": 10, "B": 6, "C": 18, "D": 12, "E": 10, "F": 6, "G": 9, "H": 9, "K": 15}
"""How many rows each letter of the acceptance list has."""
STATES = ("works", "partly", "not yet")


@cache
def _reference() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(REFERENCE.glob("*.md")))


def _is_named(word: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)", _reference()) is not None


def _commands() -> Iterator[str]:
    """Every command with its way down: ``figures``, ``user add``."""
    from qipan.server.cli import app

    def walk(command: object, way: tuple[str, ...]) -> Iterator[str]:
        below = getattr(command, "commands", None)
        if below is None:
            yield " ".join(way)
        else:
            for name, inner in below.items():
                yield from walk(inner, (*way, name))

    yield from walk(typer.main.get_command(app), ())


def test_every_figure_is_in_the_reference() -> None:
    refuse([f.key for f in all_figures() if not _is_named(f.key)], "a figure that docs/reference does not name")


def test_every_column_of_a_figure_is_in_the_reference() -> None:
    missing = [f"{f.key} {c.key}" for f in all_figures() for c in f.columns if not _is_named(c.key)]
    refuse(missing, "a column that docs/reference does not name")


def test_every_address_of_the_api_is_in_the_reference() -> None:
    from qipan.server.api import api

    described = (REFERENCE / "api.md").read_text("utf-8")
    missing = [
        f"{method.upper()} {path}"
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
        if f"| {method.upper()} | `{path.removeprefix('/api/v1')}` |" not in described
    ]
    refuse(missing, "an address that docs/reference/api.md does not name")


def test_every_refusal_is_in_the_reference() -> None:
    from qipan.kernel.errors import Refused

    described = (REFERENCE / "errors.md").read_text("utf-8")
    codes = {fact.code for fact in _below(Refused) if fact.__module__.startswith("qipan.")}
    refuse(sorted(code for code in codes if f"| `{code}` |" not in described), "a refusal that errors.md does not name")


def _below(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def test_every_command_is_in_the_reference() -> None:
    missing = [command for command in _commands() if not _is_named(f"qipan {command}")]
    refuse(missing, "a command that docs/reference does not name")


def test_every_setting_is_in_the_reference() -> None:
    settings = {name for m in modules("src") for name in re.findall(r"\bQIPAN_[A-Z_]*[A-Z]\b", m.text)}
    assert settings
    missing = sorted(name for name in settings if not _is_named(name))
    refuse(missing, "a setting that docs/reference does not name")


@pytest.mark.parametrize("letter", ROWS)
def test_every_row_of_the_acceptance_list_is_covered(letter: str) -> None:
    page = REFERENCE / "coverage.md"
    text = page.read_text("utf-8") if page.exists() else ""
    found = {row[1]: row[2] for row in re.finditer(r"^\|\s*([A-Z]\d+)\s*\|(.*)$", text, re.MULTILINE)}
    wanted = [f"{letter}{n}" for n in range(1, ROWS[letter] + 1)]
    refuse([row for row in wanted if row not in found], "a row that docs/reference/coverage.md does not have")
    refuse([row for row in wanted if not any(state in found[row] for state in STATES)], "a row without a state")
