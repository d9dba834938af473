"""The operating-system user that runs the server: ourselves, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qipan.server.postgres.errors import CommandFailed, NoUnprivilegedUser

UNPRIVILEGED = ("postgres", "nobody")
PLAIN = {"LC_ALL": "C", "TZ": "UTC"}
FIRST_BLOCKED = 'for path do if ! [ -x "$path" ]; then printf %s "$path"; exit 0; fi; done'


@dataclass(frozen=True)
class Account:
    """A user to run programs as; ``switched`` says that it is not the one we are."""

    name: str
    uid: int
    gid: int
    switched: bool

    def run(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
        """Run a program to its end as this user, with an environment of its own; give what it printed.

        The environment is small on purpose: PGPORT, PGOPTIONS or LANG of the person at the keyboard
        must not change what is made.

        Raises: CommandFailed, with what it printed to both channels.
        """
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}
        done = subprocess.run(
            command,
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", os.defpath), **PLAIN, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **identity,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise CommandFailed(command, str(done.stdout))
        return str(done.stdout)

    def own(self, path: Path) -> None:
        """Make a file or folder of ours this user's."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def blocked_at(self, path: Path) -> Path | None:
        """The first folder on the way to ``path``, from the top, that this user cannot enter (or the file
        itself, when it cannot be run); None if the way is free. Asked of the kernel, as that user."""
        if not self.switched:
            return None
        way = [str(step) for step in (*reversed(path.parents), path)]
        blocked = self.run(["/bin/sh", "-c", FIRST_BLOCKED, "sh", *way], cwd=Path("/"))
        return Path(blocked) if blocked else None


def account_for(cluster: Path) -> Account:
    """Who runs the server of this cluster: its owner if it exists, else ourselves, else an unprivileged user.

    Raises: NoUnprivilegedUser, when we are root and there is none.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(_name(uid), uid, os.getegid(), switched=False)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid, switched=True)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, switched=True)
    raise NoUnprivilegedUser(UNPRIVILEGED)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
