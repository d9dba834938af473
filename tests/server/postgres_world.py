"""The world of the embedded-database tests: folders in the server's user's reach, and other processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from qipan.server.postgres import EmbeddedPostgres
from qipan.server.postgres.processes import is_alive, postmaster_of

SOURCE = Path(__file__).resolve().parents[2] / "src"
PACKAGES = Path(psutil.__file__).parents[1]
FAST = {"fsync": "off"}  # tests only
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")

OPENING = """
import os, signal, sys, threading, time
from pathlib import Path
from qipan.server.postgres import EmbeddedPostgres
def say(word): print(word, flush=True)
folder = Path(sys.argv[1])
database = EmbeddedPostgres(folder, settings={"fsync": "off"})
"""


def reachable(where: Path | None = None) -> Path:
    """A fresh folder that an unprivileged user can pass through (pytest's own are 0700)."""
    folder = Path(tempfile.mkdtemp(prefix="qp-", dir=where or "/tmp")).resolve()
    folder.chmod(0o711)
    return folder


def embedded(folder: Path, **options: object) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, **{"settings": FAST, **options})  # type: ignore[arg-type]


def postmaster(folder: Path) -> psutil.Process | None:
    return postmaster_of(folder / "postgres" / "cluster")


def ask(
    database: EmbeddedPostgres, query: str | sql.Composed, role: str = "owner", name: str = "qipan"
) -> list[tuple[object, ...]]:
    with psycopg.connect(database.url(role, name), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def until(fact: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a fact; fail when it does not come."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def script(folder: Path, body: str, *, python: str = sys.executable, **options: object) -> subprocess.Popen[str]:
    """Another process that has ``database`` in ``folder`` and talks line by line."""
    return subprocess.Popen(
        [python, "-W", "error", "-c", OPENING + body, str(folder)],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{PACKAGES}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def python_of(identity: dict[str, object]) -> str:
    """A Python of this version that another user can run (ours may lie in root's home); else skips."""
    for python in (sys.executable, "/usr/bin/python3"):
        probe = [python, "-c", "import psycopg, psutil, sys; print(sys.version_info[:2])"]
        try:
            told = subprocess.run(  # type: ignore[call-overload]
                probe,
                env={"PYTHONPATH": str(PACKAGES)},
                capture_output=True,
                text=True,
                check=False,
                **identity,
            )
        except OSError:
            continue
        if told.stdout.strip() == str(sys.version_info[:2]):
            return python
    pytest.skip("no Python that another user can run")


def hear(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == word


def finish(process: subprocess.Popen[str]) -> int:
    """Let the process go on to its end; give its exit status."""
    process.communicate("\n", timeout=30)
    return process.returncode


def _remove(folder: Path) -> None:
    """Remove a test's folder; a server that a failed test left in it is ended first."""
    left = postmaster(folder)
    if left is not None:
        left.send_signal(signal.SIGQUIT)
        until(lambda: not is_alive(left))
    shutil.rmtree(folder)


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A data folder in which nothing was ever made."""
    folder = reachable()
    yield folder
    left = postmaster(folder)
    _remove(folder)
    assert left is None, "the server was left running"


@pytest.fixture(scope="session")
def pattern() -> Iterator[Path]:
    """A data folder with a cluster, made once and copied for each test."""
    folder = reachable()
    with embedded(folder):
        pass
    yield folder
    _remove(folder)


@pytest.fixture
def standing(pattern: Path) -> Iterator[Path]:
    """A data folder with a cluster and no server, for tests that leave it as it was: quick."""
    yield pattern
    assert postmaster(pattern) is None, "the server was left running"


@pytest.fixture
def folder(fresh: Path, pattern: Path) -> Path:
    """The same to break or to write in: a copy."""
    subprocess.run(["cp", "-a", str(pattern / "postgres"), str(fresh)], check=True)
    return fresh
