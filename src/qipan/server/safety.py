"""What makes a deployment unsafe, and how to mend it: ``qipan doctor`` says it, ``qipan serve`` refuses on it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qipan.kernel import clock, sealing
from qipan.kernel.grants import POLICY, WEB_ROLE, walled
from qipan.server import backup

VERSIONS = range(15, 19)
SEAL_WITHIN, WITNESS_WITHIN, BACKUP_WITHIN = timedelta(minutes=1), timedelta(days=2), timedelta(days=1)
SPACE_LEAST = 2**30
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``state`` is ok, warn or bad (refused by ``serve``); ``mend`` is the way out."""

    code: str
    state: str
    said: str
    mend: str = ""


class Unsafe(Exception):
    """The platform does not start like this."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(f"{found.said} {found.mend}" for found in findings))
        self.findings = findings


def require_safe(folder: Path | None) -> None:
    """Raises Unsafe with everything that must be mended before anybody is served."""
    bad = [found for found in examine(folder) if found.state == "bad"]
    if bad:
        raise Unsafe(bad)


def examine(folder: Path | None) -> list[Finding]:
    """Look at everything; ``folder`` is the data folder of the embedded database, None elsewhere."""
    found = list(_database())
    if found[0].state == "ok":
        for look in (_roles, _walls, _durability, _schema, _log):
            found += look()
    found += _secrets()
    found += _folder(folder) if folder is not None else []
    return found


def _ok(code: str, said: str) -> Finding:
    return Finding(code, "ok", said)


def _database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10000
    except DatabaseError as error:
        yield Finding("database", "bad", _("The database does not answer: %(why)s") % {"why": str(error).strip()},
                      _("Start it, or set QIPAN_DATABASE_URL."))  # fmt: skip
        return
    if version not in VERSIONS:
        yield Finding("version", "warn", _("PostgreSQL %(version)s was not tried.") % {"version": version},
                      _("Use 15 to 18."))  # fmt: skip
    else:
        yield _ok("version", f"PostgreSQL {version}")


def _roles() -> Iterator[Finding]:
    """The web process may not be able to go round the rights."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_super, is_bypassing = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user AND relkind = 'r'"
                       " AND relnamespace = 'public'::regnamespace")  # fmt: skip
        owned = cursor.fetchone()[0]
    mend = _("Give people's requests a role of their own (%(role)s): docs/guides/own-database.md.") % {"role": WEB_ROLE}
    if is_super or is_bypassing:
        yield Finding(
            "role", "bad", _("The web role %(name)s may do everything in the database.") % {"name": name}, mend
        )
    elif owned:
        words = _("The web role %(name)s owns %(count)s tables and could rewrite them.")
        yield Finding("role", "bad", words % {"name": name, "count": owned}, mend)
    else:
        yield _ok("role", _("The web role %(name)s owns nothing and bypasses nothing.") % {"name": name})


def _walls() -> Iterator[Finding]:
    """Every table whose rows belong to a division has its policy, in force for the owner too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace AND NOT"
            " (relrowsecurity AND relforcerowsecurity AND EXISTS"
            " (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)) ORDER BY 1",
            [walled(), POLICY],
        )
        bare = [name for (name,) in cursor.fetchall()]
    if bare:
        words = _("Nothing keeps one division's rows from another's readers in: %(names)s.")
        mend = _("Start with the owner's address set (QIPAN_OWNER_DATABASE_URL): it migrates.")
        yield Finding("walls", "bad", words % {"names": ", ".join(bare)}, mend)
    else:
        yield _ok("walls", _("Row-level security is in force on %(count)s tables.") % {"count": len(walled())})


def _durability() -> Iterator[Finding]:
    """What was acknowledged must be on the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY 1", [list(DURABLE)])
        off = [name for name, setting in cursor.fetchall() if setting == "off"]
    if off:
        words = _("The database may lose what it acknowledged: %(names)s is off.")
        yield Finding("durability", "bad", words % {"names": ", ".join(off)}, _("Switch it on in postgresql.conf."))
    else:
        yield _ok("durability", _("What is acknowledged is on the disk (%(names)s).") % {"names": ", ".join(DURABLE)})


def _schema() -> Iterator[Finding]:
    executor = MigrationExecutor(connections["default"])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield Finding("migrations", "bad", _("%(count)s migrations are missing.") % {"count": len(missing)},
                      _("Start with the owner's address set (QIPAN_OWNER_DATABASE_URL): it migrates."))  # fmt: skip
    else:
        yield _ok("migrations", _("The tables are those of this version."))


def _log() -> Iterator[Finding]:
    """Sealed, signed, witnessed."""
    now = clock.now()
    state = sealing.state()
    if late := sealing.waiting_since(now - SEAL_WITHIN):
        words = _("%(count)s rows have waited for their seal for more than a minute.")
        mend = _("See that a worker runs (qipan worker), and what its log says.")
        yield Finding("sealer", "warn", words % {"count": late}, mend)
    else:
        yield _ok("sealer", _("Everything booked is sealed: %(count)s entries.") % {"count": state.size})
    if state.key is None:
        yield Finding("key", "warn", _("Nothing is signed: there is no key."),
                      _("Set QIPAN_SEAL_KEY to a file that only the server can read; after a restore put the old"
                        " key back."))  # fmt: skip
    else:
        yield from _key_file(Path(settings.SEAL_KEY_FILE))
    last = sealing.last_witnessed_at()
    if last is None or now - last > WITNESS_WITHIN:
        yield Finding("witness", "warn", _("No witness has signed in the last two days."),
                      _("Send a checkpoint to one: docs/guides/witness.md."))  # fmt: skip
    else:
        yield _ok("witness", _("A witness has signed in the last two days."))


def is_open(file: Path) -> bool:
    """Whether others than its owner can read or write it."""
    return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)


def _key_file(file: Path) -> Iterator[Finding]:
    if is_open(file):
        yield Finding("key", "bad", _("Others can read the signing key %(file)s.") % {"file": file},
                      f"chmod 600 {file}")  # fmt: skip
    else:
        yield _ok("key", _("Checkpoints are signed, and the key is the server's alone."))


LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
UNSAFE_SECRETS = ("only-for-tests-and-checks", "")
SECRETS: tuple[tuple[str, Callable[[], bool], str | Promise, str | Promise], ...] = (
    ("secret", lambda: settings.SECRET_KEY in UNSAFE_SECRETS or len(settings.SECRET_KEY) < 32,
     gettext_lazy("Sessions and tokens are signed with a key that is short or everybody's."),
     gettext_lazy("Set QIPAN_SECRET_KEY to at least 32 random characters.")),
    ("debug", lambda: bool(settings.DEBUG), gettext_lazy("DEBUG is on: pages show the server's inside."),
     gettext_lazy("Switch it off.")),
    ("hosts", lambda: "*" in settings.ALLOWED_HOSTS, gettext_lazy("The server answers to every host name."),
     gettext_lazy("Name yours in QIPAN_ALLOWED_HOSTS.")),
    ("https", lambda: not settings.IS_HTTPS and not LOOPBACK.issuperset(settings.ALLOWED_HOSTS),
     gettext_lazy("Other machines reach the server, and passwords may travel openly."),
     gettext_lazy("Serve it behind TLS and set QIPAN_HTTPS=1.")),
    ("vault_key", lambda: not Path(settings.VAULT_KEY_FILE).is_file() or is_open(Path(settings.VAULT_KEY_FILE)),
     gettext_lazy("There is no key for personal words and second steps, or others can read it."),
     gettext_lazy("Make one with `qipan key FILE`, name it in QIPAN_VAULT_KEY, and chmod 600 it.")),
    ("second_step", lambda: not settings.SECOND_STEP and not settings.IS_DEMO,
     gettext_lazy("Who can issue may sign in by a password alone."),
     gettext_lazy("Unset QIPAN_SECOND_STEP.")),
)  # fmt: skip


def _secrets() -> Iterator[Finding]:
    for code, is_bad, said, mend in SECRETS:
        if is_bad():
            yield Finding(code, "bad", str(said), str(mend))
    if not any(is_bad() for _code, is_bad, _said, _mend in SECRETS):
        yield _ok("secrets", _("Secrets, host names and debugging are as they should be."))


def _folder(folder: Path) -> Iterator[Finding]:
    """Room on the disk, and a backup that is not old."""
    free = shutil.disk_usage(folder).free
    words = _("%(free)s GB are free in %(folder)s.") % {"free": f"{free / 2**30:.1f}", "folder": folder}
    if free < SPACE_LEAST:
        yield Finding("space", "warn", words, _("Make room: the database stops when the disk is full."))
    else:
        yield _ok("space", words)
    made = backup.last_made(folder)
    if made is None or clock.real_now() - made > BACKUP_WITHIN:
        yield Finding("backup", "warn", _("There is no backup of the last day."), "qipan backup FILE")
    else:
        yield _ok("backup", _("The last backup is of %(at)s.") % {"at": clock.write_instant(made)})
    if os.geteuid() == 0:
        yield Finding("root", "warn", _("The server runs as root."), _("Give it a user of its own."))
