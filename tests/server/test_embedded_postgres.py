"""The embedded database in use: what is made, who may do what, who shares it, who stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
import pytest
from psycopg import sql

from qipan.server.postgres import EmbeddedPostgres, errors, reachable_folder
from tests.server.postgres_world import (
    ask,
    embedded,
    finish,
    hear,
    needs_root,
    postmaster,
    python_of,
    script,
    until,
)

# What is made


def test_makes_the_database_on_first_use_and_tells_so(fresh: Path):
    told: list[str] = []
    folder = fresh / "deep" / "demo"
    with embedded(folder, say=told.append) as database:
        assert ask(database, "SELECT current_user, current_database()") == [("qipan_owner", "qipan")]
        assert (folder / "postgres" / "passwords.json").stat().st_mode & 0o777 == 0o600
        assert database._places.socket_folder.stat().st_mode & 0o777 == 0o700
        assert not (folder / "postgres" / "half-made").exists()
        assert not (folder / "postgres" / "initdb-password").exists()
    assert told == [f"Making the database in {folder}/postgres."]


def test_keeps_what_was_written_and_runs_with_safe_settings(standing: Path):
    safe = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "timezone": "UTC",
        "max_connections": "100",
        "shared_buffers": "256MB",
        "server_encoding": "UTF8",
        "data_checksums": "on",
    }
    with embedded(standing) as database:
        ask(database, "CREATE TABLE suits (pieces int); INSERT INTO suits VALUES (8100)")
    with EmbeddedPostgres(standing) as database:  # as the product starts it: no setting by us
        assert ask(database, "SELECT pieces FROM suits") == [(8100,)]
        assert {name: ask(database, f"SHOW {name}")[0][0] for name in safe} == safe
        ask(database, "DROP TABLE suits")


def test_gives_each_role_its_rights_and_no_more(standing: Path):
    with embedded(standing) as database:
        rights = ask(
            database,
            "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication "
            "FROM pg_roles WHERE rolname LIKE 'qipan%' ORDER BY rolname",
        )
        assert rights == [
            ("qipan_admin", True, True, True, True, True, True),
            ("qipan_owner", True, False, True, False, False, False),
            ("qipan_sealer", True, False, False, False, False, False),
            ("qipan_web", True, False, False, False, False, False),
        ]
        assert ask(
            database,
            "SELECT pg_get_userbyid(datdba), pg_get_userbyid(nspowner) FROM pg_database, pg_namespace "
            "WHERE datname = 'qipan' AND nspname = 'public'",
        ) == [("qipan_owner", "qipan_owner")]
        ask(database, "CREATE TABLE suits (pieces int)")
        ask(database, "CREATE DATABASE test_qipan")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(database, "CREATE ROLE another")
        for role in ("web", "sealer"):
            assert ask(database, "SELECT 1", role) == [(1,)]
            for refused in ("CREATE TABLE mine ()", "CREATE TEMP TABLE mine ()", "SELECT * FROM suits"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    ask(database, refused, role)
            for other in ("postgres", "template1"):
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    ask(database, "SELECT 1", role, other)
        ask(database, "DROP TABLE suits")
        ask(database, "DROP DATABASE test_qipan")


def test_refuses_a_connection_without_the_right_password(standing: Path):
    with embedded(standing) as database:
        socket = str(database._places.socket_folder)
        for user in ("qipan_admin", "qipan_owner", "qipan_web", "qipan_sealer", "postgres", "root"):
            for password in (None, "", "wrong"):
                with pytest.raises(psycopg.OperationalError, match="password"):
                    psycopg.connect(host=socket, port=5432, user=user, password=password, dbname="postgres")
        rules = (standing / "postgres" / "cluster" / "pg_hba.conf").read_text().splitlines()
        methods = {rule.split()[-1] for rule in rules if rule.strip() and not rule.startswith("#")}
        assert methods == {"scram-sha-256"}


def test_finds_similar_chinese_names(standing: Path):
    with embedded(standing) as database:
        ask(database, "CREATE DATABASE test_qipan")
        for name in ("qipan", "test_qipan"):
            ask(database, "CREATE EXTENSION pg_trgm", name=name)
            found = ask(database, "SELECT similarity('武汉市第一医院', '武汉第一医院')", name=name)
            assert found[0][0] >= 0.5
        ask(database, "DROP EXTENSION pg_trgm")
        ask(database, "DROP DATABASE test_qipan")


# Addresses


def test_escapes_every_part_of_the_address(fresh: Path):
    folder = fresh / "数据 '$(touch x)\" %41;`x`&"
    name = "a b/%?#@:中'\""
    with embedded(folder) as database:
        ask(database, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        assert ask(database, "SELECT current_database()", name=name) == [(name,)]
        parts = urlsplit(database.url("web", name))  # as Django's settings read it
        assert (unquote(parts.username or ""), unquote(parts.path[1:])) == ("qipan_web", name)
        assert dict(parse_qsl(parts.query)) == {"host": str(database._places.socket_folder)}


def test_reaches_a_folder_too_long_for_a_socket(fresh: Path):
    folder = fresh / ("long" * 30)
    with embedded(folder) as database:
        socket = database._places.socket_folder
        assert socket.parent == Path("/tmp")
        assert socket.stat().st_mode & 0o777 == 0o700
        assert ask(database, "SELECT 1", "web") == [(1,)]
    assert not socket.exists()


def test_refuses_a_socket_folder_that_somebody_else_put_there(standing: Path):
    socket = standing / "postgres" / "socket"
    socket.rmdir()
    socket.symlink_to("/tmp")
    with pytest.raises(errors.SocketFolderTaken) as refusal:
        embedded(standing).start()
    assert refusal.value.socket_folder == socket
    socket.unlink()


def test_gives_no_address_for_what_is_not_there(fresh: Path, pattern: Path):
    with pytest.raises(errors.ClusterNotMade):
        embedded(fresh).url("web")
    with pytest.raises(errors.RoleUnknown) as refusal:
        embedded(pattern).url("admin")
    assert (refusal.value.role, refusal.value.known) == ("admin", ["owner", "web", "sealer"])


def test_is_not_misled_by_the_environment(standing: Path, monkeypatch: pytest.MonkeyPatch):
    for name, setting in {"PGPORT": "1", "PGDATA": "/nowhere", "PGUSER": "x", "LANG": "zh_CN.GBK"}.items():
        monkeypatch.setenv(name, setting)
    with embedded(standing) as database:
        assert ask(database, "SELECT current_user", "web") == [("qipan_web",)]


def test_proposes_a_folder_for_each_kind_of_user(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert reachable_folder("demo") == Path("/var/lib/qipan/demo")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/li")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert reachable_folder("demo") == Path("/home/li/.local/share/qipan/demo")
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/li")
    assert reachable_folder("demo") == Path("/srv/li/qipan/demo")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert reachable_folder("demo") == Path("/home/li/Library/Application Support/qipan/demo")


# Sharing


def test_starts_twice_and_stops_twice_without_harm(standing: Path):
    database = embedded(standing)
    database.stop()
    database.start()
    first = postmaster(standing)
    database.start()
    assert first and postmaster(standing) == first
    database.stop()
    assert postmaster(standing) is None
    database.stop()
    embedded(standing / "never").stop()
    assert not (standing / "never").exists()


def test_stops_only_with_the_last_instance(standing: Path):
    with embedded(standing) as one:
        with embedded(standing):
            pass
        assert ask(one, "SELECT 1") == [(1,)]
    assert postmaster(standing) is None


def test_is_shared_by_threads_that_come_and_go(standing: Path):
    seen: list[object] = []
    entered = threading.Barrier(6, timeout=30)

    def visit(number: int) -> None:
        with embedded(standing) as database:
            seen.extend(ask(database, "SELECT pg_postmaster_start_time()"))
            entered.wait()
        for _ in range(3):
            with embedded(standing) as database:
                ask(database, "SELECT 1", "web")

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(seen) == 6
    assert len(set(seen)) == 1
    assert postmaster(standing) is None


def test_survives_until_the_last_of_four_processes_leaves(fresh: Path):
    visit = 'database.start(); say("in"); input(); database.stop(); say("out")'
    visitors = [script(fresh, visit) for _ in range(4)]
    for visitor in visitors:
        hear(visitor, "in")
    first = postmaster(fresh)
    assert first is not None
    for visitor in visitors[:3]:
        assert finish(visitor) == 0
        assert postmaster(fresh) == first
        assert ask(embedded(fresh), "SELECT 1") == [(1,)]
    assert finish(visitors[3]) == 0
    assert postmaster(fresh) is None


# Ends of a process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_when_its_process_is_told_to_end(standing: Path, number: signal.Signals):
    holder = script(
        standing,
        """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
with database:
    say("in")
    time.sleep(60)
""",
        start_new_session=True,
    )
    hear(holder, "in")
    os.killpg(holder.pid, number)  # as a terminal does: to the whole group
    assert finish(holder) == 128 + number
    assert postmaster(standing) is None


def test_stops_when_told_to_end_while_starting(fresh: Path):
    holder = script(
        fresh,
        """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
threading.Thread(target=lambda: (input(), os.kill(os.getpid(), signal.SIGTERM)), daemon=True).start()
say("ready")
with database:
    time.sleep(60)
""",
    )
    hear(holder, "ready")
    until(lambda: postmaster(fresh))  # it runs, roles are still to be made
    assert finish(holder) == 143
    assert postmaster(fresh) is None
    with embedded(fresh) as database:
        assert ask(database, "SELECT 1", "web") == [(1,)]


@pytest.mark.parametrize("leave", ["start and stop", "stop"])
def test_stops_what_a_killed_process_left_running(standing: Path, leave: str):
    holder = script(standing, 'database.start(); say("in"); input()')
    hear(holder, "in")
    left = postmaster(standing)
    holder.kill()
    finish(holder)
    assert left and postmaster(standing) == left
    database = embedded(standing)
    if leave == "start and stop":
        database.start()
        assert postmaster(standing) == left
    database.stop()
    assert postmaster(standing) is None


# Users of the operating system


@needs_root
def test_runs_as_an_unprivileged_user(standing: Path):
    with embedded(standing):
        server = postmaster(standing)
        assert server
        assert {process.uids().real for process in (server, *server.children())} == {
            (standing / "postgres" / "cluster").stat().st_uid
        }
        assert server.uids().real != 0
        assert (standing / "postgres").stat().st_uid == 0


@needs_root
def test_serves_a_normal_user_and_refuses_the_folder_of_another(standing: Path, fresh: Path):
    own = fresh / "home"
    own.mkdir(0o700)
    os.chown(own, 65534, 65534)
    nobody: dict[str, object] = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}
    python = python_of(nobody)
    visit = 'database.start(); say("in"); input(); database.stop()'
    visitor = script(own / "data", visit, python=python, **nobody)
    hear(visitor, "in")
    server = postmaster(own / "data")
    assert server
    assert server.uids().real == 65534
    with embedded(own / "data") as database:  # root joins, and leaves first
        assert ask(database, "SELECT 1", "web") == [(1,)]
    assert finish(visitor) == 0
    assert postmaster(own / "data") is None
    refused = script(standing, "database.start()", python=python, stderr=subprocess.PIPE, **nobody)
    said = refused.communicate(timeout=30)[1]
    assert refused.returncode == 1
    assert f"FolderOfAnother: The user nobody may not write in {standing}" in said
