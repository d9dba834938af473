"""Make a cluster: initdb, roles, passwords, the database. Runs inside the critical section of its ``lock``.

Roles: ``qipan_admin`` (superuser, for this package only) · ``qipan_owner`` (owns the database, may create
databases, no roles) · ``qipan_web`` and ``qipan_sealer`` (may connect and see the schema; the migrations
grant the rest). All with scram passwords of their own.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from qipan.server.postgres.errors import ClusterNotMade, ClusterOfAnotherVersion, PasswordsLost, RoleUnknown
from qipan.server.postgres.places import PORT, Places
from qipan.server.postgres.server import Server, bring_down, sweep

ADMIN = "qipan_admin"
ROLES = {"owner": "qipan_owner", "web": "qipan_web", "sealer": "qipan_sealer"}
DATABASE = "qipan"
# pg_trgm asks the C library what a letter is, so the builtin locale alone finds nothing in Chinese.
LETTERS = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def make_ready(server: Server) -> None:
    """Return when the cluster exists, is whole, and its server answers.

    1. A half-made cluster (its maker was interrupted; nobody ever used it) is stopped and removed.
    2. A missing one is made, between setting and removing the mark ``half-made``.
    3. One of another major version is refused untouched.

    Raises: ClusterOfAnotherVersion, PasswordsLost, CommandFailed (initdb), and what Server.bring_up raises.
    """
    places = server.places
    if places.half_made.exists():
        server.say("The making of the database was interrupted; it is made again.")
        bring_down(places, server.say)
        sweep(places, server.say)
        if places.cluster.exists():
            shutil.rmtree(places.cluster)
    version = places.cluster / "PG_VERSION"
    if not version.exists():
        _make(server)
        return
    if (found := version.read_text().strip()) != server.binaries.major:
        raise ClusterOfAnotherVersion(places.folder, found, server.binaries.version)
    read_passwords(places)
    server.bring_up()


def _make(server: Server) -> None:
    places, account = server.places, server.account
    server.say(f"Making the database in {places.home}.")
    _write(places.half_made, "Being made: removed when done. A cluster beside this file is not whole.\n")
    passwords = {role: secrets.token_urlsafe(32) for role in (ADMIN, *ROLES.values())}
    _write(places.passwords, json.dumps(passwords, indent=1))
    admin_password = places.home / "initdb-password"
    _write(admin_password, passwords[ADMIN])
    account.own(admin_password)
    if not places.cluster.exists():
        places.cluster.mkdir(0o700)
        account.own(places.cluster)
    command = [server.binaries.program("initdb"), "-D", str(places.cluster), f"--username={ADMIN}"]
    command += [f"--pwfile={admin_password}", "--auth=scram-sha-256", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--locale=C", f"--lc-ctype={LETTERS}"]
    for name, setting in SETTINGS.items():
        command += ["--set", f"{name}={setting}"]
    if server.settings.get("fsync") == "off":
        command.append("--no-sync")
    account.run(command, cwd=places.home)
    admin_password.unlink()
    server.bring_up()
    _make_roles(places, passwords)
    places.half_made.unlink()
    _flush(places.home)


def _make_roles(places: Places, passwords: dict[str, str]) -> None:
    """Create roles and database; rights are taken from PUBLIC first and then given by name."""
    with psycopg.connect(_url(places, ADMIN, passwords[ADMIN], "postgres"), autocommit=True) as connection:
        for role in ROLES.values():
            # Hashed here, so that no password ever stands in a log.
            hashed = connection.pgconn.encrypt_password(
                passwords[role].encode(), role.encode(), b"scram-sha-256"
            ).decode()
            may = sql.SQL("CREATEDB" if role == ROLES["owner"] else "")
            create = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
            connection.execute(create.format(sql.Identifier(role), may, sql.Literal(hashed)))
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER qipan_owner TEMPLATE template0")
        connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE postgres TO qipan_owner")  # to create others from
        connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO qipan_web, qipan_sealer")
    with psycopg.connect(_url(places, ADMIN, passwords[ADMIN], DATABASE), autocommit=True) as connection:
        connection.execute("ALTER SCHEMA public OWNER TO qipan_owner")
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        connection.execute("GRANT USAGE ON SCHEMA public TO qipan_web, qipan_sealer")


def read_passwords(places: Places) -> dict[str, str]:
    """The password of each role.

    Raises: ClusterNotMade before the first start; PasswordsLost when the file is missing or damaged.
    """
    if not (places.cluster / "PG_VERSION").exists():
        raise ClusterNotMade(places.folder)
    try:
        read = json.loads(places.passwords.read_text())
        return {role: str(read[role]) for role in (ADMIN, *ROLES.values())}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise PasswordsLost(places.passwords) from fault


def url_of(places: Places, role: str, database: str) -> str:
    """The address of ``database`` for "owner", "web" or "sealer", password included.

    Raises: RoleUnknown, ClusterNotMade, PasswordsLost.
    """
    if role not in ROLES:
        raise RoleUnknown(role, list(ROLES))
    return _url(places, ROLES[role], read_passwords(places)[ROLES[role]], database)


def _url(places: Places, login: str, password: str, database: str) -> str:
    """Every part escaped; the port is named because PGPORT would otherwise decide."""
    parts = (quote(part, safe="") for part in (login, password, database, os.fsencode(places.socket_folder)))
    return "postgresql://{}:{}@:{port}/{}?host={}".format(*parts, port=PORT)


def _write(path: Path, text: str) -> None:
    """Write a 0600 file whole or not at all, and have it on the disk."""
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    _flush(path.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
