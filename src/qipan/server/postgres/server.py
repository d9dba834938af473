"""Start and stop the server of one cluster, always inside the critical section of its ``lock``."""

from __future__ import annotations

import os
import shlex
import signal
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg import pq
from psycopg.conninfo import make_conninfo

from qipan.server.postgres.account import Account
from qipan.server.postgres.binaries import Binaries
from qipan.server.postgres.errors import RemainsStillRunning, ServerDidNotStart, SocketFolderTaken
from qipan.server.postgres.places import PORT, SOCKET, Places
from qipan.server.postgres.processes import is_alive, postmaster_of, remains_of

POLL_SECONDS = 0.05
SAY_SECONDS = 15.0  # how often a long wait is told
EXEC_SECONDS = 10.0  # from pg_ctl's return until the postgres process must be seen or have written something
REAP_SECONDS = 60.0  # how long the remains of a killed server may take to go
LOG_BYTES_MAX = 10 * 2**20
TAIL_LINES = 30
STILL_THERE = ("pre-existing shared memory block", "lock file", "Address already in use")


@dataclass(frozen=True)
class Server:
    """How to run the server of one cluster; ``settings`` go on its command line, over postgresql.conf."""

    places: Places
    account: Account
    binaries: Binaries
    settings: Mapping[str, str]
    say: Callable[[str], None]

    def bring_up(self) -> None:
        """Return when the server answers: at once if it runs, else start it, recovering if it was killed.

        Waits without limit while the postmaster lives (recovery takes as long as it takes). A start
        that fails on the remains of a killed server is tried again for ``REAP_SECONDS``.

        Raises: ServerDidNotStart with the log's tail; RemainsStillRunning; SocketFolderTaken.
        """
        tries_end = time.monotonic() + REAP_SECONDS
        while not self._is_answering():
            sweep(self.places, self.say)
            log_bytes = self._launch()
            if self._is_answering():
                return
            tail = self._log_since(log_bytes)
            if time.monotonic() > tries_end or not any(sign in tail for sign in STILL_THERE):
                raise ServerDidNotStart(self.places.folder, self.places.log, tail)
            time.sleep(0.5)

    def _is_answering(self) -> bool:
        """Wait until the running server answers; False when none runs or it ends before that."""
        where = make_conninfo(host=str(self.places.socket_folder), port=PORT, connect_timeout=5)
        told = time.monotonic()
        while postmaster_of(self.places.cluster) is not None:
            if pq.PGconn.ping(where.encode()) == pq.Ping.OK:
                return True
            if time.monotonic() - told > SAY_SECONDS:
                told = time.monotonic()
                self.say(f"PostgreSQL is still starting or recovering; its log is {self.places.log}.")
            time.sleep(POLL_SECONDS)
        return False

    def _launch(self) -> int:
        """Start the server without waiting for it; give the log's length before."""
        places = self.places
        self._make_socket_folder()
        log_bytes = self._make_log()
        arguments = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(places.socket_folder),
            "unix_socket_permissions": "0777",  # the folder around it is 0700, and scram asks for a password
            **self.settings,
        }
        options = ["-D", str(places.cluster)]
        for name, setting in arguments.items():
            options += ["-c", f"{name}={setting}"]
        # The folder goes in by -o and PGDATA, because pg_ctl -D puts it before a shell unquoted.
        command = [self.binaries.program("pg_ctl"), "start", "-W", "-s", "-l", places.log.name]
        command += ["-o", shlex.join(options)]
        self.account.run(command, cwd=places.home, environment={"PGDATA": str(places.cluster)})
        give_up = time.monotonic() + EXEC_SECONDS
        while time.monotonic() < give_up:
            # Length first: who has written has the server's arguments by now, so looking finds it.
            has_written = places.log.stat().st_size > log_bytes
            if has_written or postmaster_of(places.cluster) is not None:
                break
            time.sleep(POLL_SECONDS)
        return log_bytes

    def _make_log(self) -> int:
        """Have a log that the server may write to; set a long one aside. Gives its length."""
        log = self.places.log
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_name("log.1"))
        log.touch(0o600)
        self.account.own(log)
        return log.stat().st_size

    def _log_since(self, start: int) -> str:
        with self.places.log.open("rb") as log:
            log.seek(start)
            written = log.read().decode("utf-8", "replace")
        return "\n".join(written.splitlines()[-TAIL_LINES:])

    def _make_socket_folder(self) -> None:
        """Have a 0700 folder of the server's user, and refuse one that somebody else put there."""
        folder = self.places.socket_folder
        try:
            folder.mkdir(0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self.account.uid, os.geteuid()):
                raise SocketFolderTaken(folder, self.account.name) from None
        folder.chmod(0o700)
        self.account.own(folder)


def sweep(places: Places, say: Callable[[str], None]) -> None:
    """Clear away what a killed server left, when none runs: wait for its processes, remove its lock files.

    Nobody is signalled. The lock files go only when no process is at work in the cluster any more:
    they are PostgreSQL's own guard against two servers on one cluster.

    Raises: RemainsStillRunning after ``REAP_SECONDS``.
    """
    give_up = time.monotonic() + REAP_SECONDS
    said = False
    while remains := remains_of(places.cluster):
        if time.monotonic() > give_up:
            raise RemainsStillRunning(places.folder, remains, REAP_SECONDS)
        if not said:
            said = True
            say("Waiting for the remains of a killed PostgreSQL to go.")
        time.sleep(POLL_SECONDS)
    (places.cluster / "postmaster.pid").unlink(missing_ok=True)
    if places.socket_folder.is_dir() and not places.socket_folder.is_symlink():
        (places.socket_folder / SOCKET).unlink(missing_ok=True)
        (places.socket_folder / f"{SOCKET}.lock").unlink(missing_ok=True)


def bring_down(places: Places, say: Callable[[str], None]) -> None:
    """Stop the server if it runs (fast: open transactions are rolled back) and wait until it has gone.

    Only the postmaster is signalled, and only one that was found by its arguments.
    """
    postmaster = postmaster_of(places.cluster)
    if postmaster is None:
        return
    if is_alive(postmaster):
        postmaster.send_signal(signal.SIGINT)
    told = time.monotonic()
    while is_alive(postmaster):
        if time.monotonic() - told > SAY_SECONDS:
            told = time.monotonic()
            say("PostgreSQL is still writing its last checkpoint.")
        time.sleep(POLL_SECONDS)
    if places.socket_folder.parent != places.home:
        try:
            places.socket_folder.rmdir()
        except OSError:  # not empty or already gone: the next start looks at it
            return
