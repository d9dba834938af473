"""Which database a command works on: a server of one's own by address, else the embedded one in the data folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qipan.server.postgres import EmbeddedPostgres, reachable_folder

WEB_ROLE = "qipan_web"


def books_folder(given: Path | None, name: str = "default") -> Path:
    """``--data``, else QIPAN_DATA, else a per-user folder."""
    if given is not None:
        return given.resolve()
    if os.environ.get("QIPAN_DATA"):
        return Path(os.environ["QIPAN_DATA"]).resolve()
    return reachable_folder(name)


@contextmanager
def open_database(folder: Path, say: Callable[[str], None]) -> Iterator[bool]:
    """Start or join the database, tell Django where it is, and set Django up. Yields whether it is embedded.

    The embedded server stops when its last user leaves, also after SIGTERM.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qipan.server.settings")
    if os.environ.get("QIPAN_DATABASE_URL"):
        _set_up_django()
        _use_web_role(say)
        yield False
        return
    server = EmbeddedPostgres(folder, say=say)
    server.start()
    try:
        os.environ["QIPAN_DATABASE_URL"] = server.url("web")
        os.environ["QIPAN_OWNER_DATABASE_URL"] = server.url("owner")
        os.environ["QIPAN_SEALER_DATABASE_URL"] = server.url("sealer")
        os.environ.setdefault("QIPAN_SEAL_KEY", str(folder / "seal_key"))
        os.environ.setdefault("QIPAN_SECRET_KEY", _key(folder / "secret_key", lambda: secrets.token_urlsafe(48)))
        os.environ.setdefault("QIPAN_VAULT_KEY", str(folder / "vault_key"))
        _set_up_django()
        _make_vault_key(folder)
        yield True
    finally:
        from django.db import connections

        connections.close_all()
        server.stop()


def _make_vault_key(folder: Path) -> None:
    from qipan.kernel import vault

    _key(folder / "vault_key", vault.fresh_key)


def _set_up_django() -> None:
    """A command sees the whole of the books; only a signed-in person's request sees a part."""
    import django

    django.setup()
    from qipan.kernel import scope

    scope.begin(scope.EVERYTHING)


def _use_web_role(say: Callable[[str], None]) -> None:
    """On a server of one's own with one address: make the web role once and work as it."""
    from django.db import DatabaseError, connections

    if os.environ.get("QIPAN_DATABASE_ROLE") or os.environ.get("QIPAN_OWNER_DATABASE_URL"):
        return
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WEB_ROLE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {WEB_ROLE} NOLOGIN")
                cursor.execute(f"GRANT {WEB_ROLE} TO CURRENT_USER")
    except DatabaseError as error:
        say(f"The role {WEB_ROLE} could not be made ({error}); see docs/guides/own-database.md.")
        return
    os.environ["QIPAN_DATABASE_ROLE"] = WEB_ROLE
    connections["default"].close()
    connections["default"].settings_dict["OPTIONS"]["options"] = f"-c role={WEB_ROLE}"


def _key(path: Path, make: Callable[[], str]) -> str:
    """The key in this file of the data folder, made at first use, readable by its owner alone."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text().strip()
