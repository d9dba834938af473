"""The map of imports holds, and it would not hold with any of twelve deliberate violations."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True)
class Violation:
    """A line planted in a module (below ``src/qipan``), and the words of the refusal."""

    title: str
    module: str
    line: str
    refusal: str


VIOLATIONS = (
    Violation(
        "the engine imports Django", "engine/errors.py", "import django.db",
        "qipan.engine is not allowed to import django",
    ),
    Violation(
        "the reader uses what writes the books", "verify/checks.py", "from qipan.kernel import merkle as planted",
        "qipan.verify is not allowed to import qipan.kernel",
    ),
    Violation(
        "a context imports one above it", "stock/operations/cuts.py", "from qipan.briefings import queries as planted",
        "qipan.stock is not allowed to import qipan.briefings",
    ),
    Violation(
        "allocation reads stock's tables", "allocation/queries.py", "from qipan.stock import models as planted",
        "qipan.allocation.queries imports qipan.stock.models",
    ),
    Violation(
        "an operation calls the engine", "allocation/operations.py", "import qipan.engine.allocation",
        "qipan.allocation.operations -> qipan.engine.allocation",
    ),
    Violation(
        "a figure touches a table", "demand/figures.py", "from qipan.demand import models as planted",
        "qipan.demand.figures is not allowed to import qipan.demand.models",
    ),
    Violation(
        "the kernel imports a context", "kernel/events.py", "from qipan.organisations import queries as planted",
        "qipan.kernel is not allowed to import qipan.organisations",
    ),
    Violation(
        "web imports api", "transport/web.py", "from qipan.transport import api as planted",
        "qipan.transport.web is not allowed to import qipan.transport.api",
    ),
    Violation(
        "queries import operations", "catalogue/queries.py", "from qipan.catalogue import operations as planted",
        "qipan.catalogue.queries is not allowed to import qipan.catalogue.operations",
    ),
    Violation(
        "need imports allocation", "demand/operations.py", "from qipan.allocation import errors as planted",
        "qipan.demand is not allowed to import qipan.allocation",
    ),
    Violation(
        "the composition root reads tables", "server/replay/hubei.py", "from qipan.stock import models as planted",
        "qipan.server.replay.hubei imports qipan.stock.models",
    ),
    Violation(
        "a file is parsed in our own process", "demand/exchange.py", "import python_calamine as planted",
        "qipan is not allowed to import python_calamine",
    ),
)  # fmt: skip


def _lint(folder: Path) -> tuple[int, str]:
    """Run lint-imports on the sources in ``folder``; its exit status and what it said, on one line."""
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(ROOT))), "COLUMNS": "400"}
    done = subprocess.run(
        [LINT, "--no-cache", "--config", str(ROOT / ".importlinter")],
        cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources beside nothing else."""
    shutil.copytree(
        ROOT / "src" / "qipan", tmp_path / "src" / "qipan", ignore=shutil.ignore_patterns("__pycache__", "static")
    )
    return tmp_path


def _plant(folder: Path, violation: Violation) -> None:
    with (folder / "src" / "qipan" / violation.module).open("a", encoding="utf-8") as file:
        file.write(f"\n{violation.line}\n")


def test_the_sources_keep_the_map() -> None:
    status, said = _lint(ROOT)
    assert status == 0, said


def test_every_planted_violation_is_named(copy: Path) -> None:
    for violation in VIOLATIONS:
        _plant(copy, violation)
    status, said = _lint(copy)
    assert status == 1
    assert [v.title for v in VIOLATIONS if v.refusal not in said] == []
    assert "0 kept" in said


def test_a_package_that_is_not_on_the_map_fails(copy: Path) -> None:
    (copy / "src" / "qipan" / "sundries").mkdir()
    (copy / "src" / "qipan" / "sundries" / "__init__.py").touch()
    status, said = _lint(copy)
    assert status == 1
    assert "sundries" in said


def test_an_import_for_types_only_is_no_violation(copy: Path) -> None:
    line = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from qipan.stock import models as planted"
    _plant(copy, Violation("types only", "allocation/queries.py", line, ""))
    status, said = _lint(copy)
    assert status == 0, said
