"""What the tidy tests read: modules as text and tree, templates, pages of the reference."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "qipan"
CONTEXTS = (
    "catalogue",
    "organisations",
    "stock",
    "resumption",
    "production",
    "demand",
    "allocation",
    "transport",
    "briefings",
)


@dataclass(frozen=True)
class Source:
    """A file of the project."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


@dataclass(frozen=True)
class Module(Source):
    """A Python module."""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), self.name)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def modules(*folders: str) -> list[Module]:
    """Python modules below the folders, those of migrations left out."""
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [Module(path) for path in found if "migrations" not in path.parts]


def templates() -> list[Source]:
    """Every template."""
    return [Source(path) for path in sorted(SRC.rglob("templates/**/*")) if path.is_file()]


def refuse(found: Mapping[str, object] | Iterable[str], rule: str) -> None:
    """Fail with every offender on a line of its own."""
    lines = [f"{k}: {v}" for k, v in found.items()] if isinstance(found, Mapping) else list(found)
    assert not lines, "\n".join((f"{rule} ({len(lines)} offenders)", *lines))


def owner_of(template: Source) -> str:
    """The context (or ui, server) a template belongs to."""
    return template.path.relative_to(SRC).parts[0]
