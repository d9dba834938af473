"""Where everything of one embedded database lies."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # only part of the socket's name: the server listens on no address
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_BYTES_MAX = 103  # macOS allows 104 with the closing zero, Linux 108
SYSTEM_FOLDER = Path("/var/lib/qipan")


@dataclass(frozen=True)
class Places:
    """The files of the database in one data folder; ``home`` is the only folder we own and set rights on."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def lock(self) -> Path:
        return self.home / "lock"

    @property
    def users(self) -> Path:
        return self.home / "users"

    @property
    def passwords(self) -> Path:
        return self.home / "passwords.json"

    @property
    def half_made(self) -> Path:
        """Exists from before initdb until roles and database are there; no user ever saw such a cluster."""
        return self.home / "half-made"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def socket_folder(self) -> Path:
        """Inside ``home``; below /tmp where that is too long for a socket, or libpq would read a list."""
        inside = self.home / "socket"
        if len(os.fsencode(inside / SOCKET)) <= SOCKET_BYTES_MAX and not re.search(r'[,"\s]', str(inside)):
            return inside
        return Path("/tmp") / f"qipan-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"


def reachable_folder(name: str) -> Path:
    """The per-user data folder called ``name``, reachable by the user that runs the server; not created here.

    As root ``/var/lib/qipan/NAME``; else ``~/Library/Application Support/qipan/NAME`` on macOS and
    ``$XDG_DATA_HOME/qipan/NAME`` (``~/.local/share/qipan/NAME``) elsewhere.
    """
    if os.geteuid() == 0:
        return SYSTEM_FOLDER / name
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "qipan" / name
    chosen = os.environ.get("XDG_DATA_HOME", "")
    shelf = Path(chosen) if chosen.startswith("/") else Path.home() / ".local" / "share"
    return shelf / "qipan" / name
