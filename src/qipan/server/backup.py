"""Backups: the whole database as of one instant in one file, and back; what a restored copy lacks is told.

A backup is a zip archive of ``books.dump`` (pg_dump, custom format) and ``manifest.json``: when, which version, how
many entries the log had, its newest checkpoint, and the SHA-256 of the dump. The signing key is *not* in it: who has
both could rewrite history, so they are kept apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

from qipan.kernel import clock

FORMAT, DUMP, MANIFEST, NOTE = "qipan-backup/1", "books.dump", "manifest.json", "last-backup.json"
CHUNK = 1 << 20
Say = Callable[[str], None]


class BackupRefused(Exception):
    """The backup or restore was not done; says why and the way out."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    entries: int
    checkpoint: str | None
    sha256: str
    is_demo: bool
    format: str = FORMAT

    def as_json(self) -> str:
        return json.dumps(self.__dict__, ensure_ascii=False, indent=1)


def make(url: str, file: Path, *, folder: Path | None = None) -> Manifest:
    """Write everything that was committed at one instant into ``file``; whole or not at all.

    Args:
        url: the owner's address of the database. folder: notes there when the last backup was made.

    Raises:
        BackupRefused: the file is there already, cannot be written, or pg_dump failed.
    """
    if file.exists():
        raise BackupRefused(f"{file} is there already; nothing was written over it.")
    half = file.with_name(f".{file.name}.half")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as beside:
            dump = Path(beside) / DUMP
            with psycopg.connect(url) as connection:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                snapshot = _one(connection, "SELECT pg_export_snapshot()")
                entries = _one(connection, "SELECT coalesce(max(n), 0) FROM kernel_sealed")
                note = _one(connection, "SELECT max(note) FROM kernel_checkpoint WHERE size ="
                                        " (SELECT max(size) FROM kernel_checkpoint)")  # fmt: skip
                is_demo = _one(connection, "SELECT count(*) FROM kernel_tenant WHERE clock = 'driven'") > 0
                _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-acl", "--enable-row-security",
                                      f"--snapshot={snapshot}", f"--file={dump}"])  # fmt: skip
            made = Manifest(clock.write_instant(clock.real_now()), entries, note, _digest(dump), is_demo)
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                    archive.writestr(MANIFEST, made.as_json())
                    archive.write(dump, DUMP)
                out.flush()
                os.fsync(out.fileno())
        half.replace(file)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise BackupRefused(f"{file}: {error.strerror or error}") from error
    if folder is not None:
        (folder / NOTE).write_text(json.dumps({"made_at": made.made_at, "file": str(file)}))
    return made


def last_made(folder: Path) -> datetime | None:
    """When the last backup of this folder was made; None when there was none."""
    try:
        return clock.read_instant(json.loads((folder / NOTE).read_text())["made_at"])
    except (OSError, ValueError, KeyError):
        return None


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself, its dump checked against its digest.

    Raises:
        BackupRefused: no backup, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            found = json.loads(archive.read(MANIFEST))
            if found.get("format") != FORMAT:
                raise BackupRefused(f"{file} is no backup of this format.")
            digest = hashlib.sha256()
            with archive.open(DUMP) as dump:
                while part := dump.read(CHUNK):
                    digest.update(part)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BackupRefused(f"{file} is no backup, or is damaged: {error}") from error
    manifest = Manifest(**{key: found[key] for key in Manifest.__annotations__ if key in found})
    if manifest.sha256 != digest.hexdigest():
        raise BackupRefused(f"{file} is damaged: its content is not what it was when it was made.")
    return manifest


def restore(url: str, file: Path) -> Manifest:
    """Fill an empty database from a backup, in one transaction.

    Args:
        url: the owner's address of an empty database.

    Raises:
        BackupRefused: the database is not empty, the file is no backup, or pg_restore failed; nothing is half there.
    """
    manifest = read_manifest(file)
    with psycopg.connect(url) as connection:
        if _one(connection, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"):
            raise BackupRefused("There are books here already; restore into a new folder.")
    with tempfile.TemporaryDirectory() as beside, zipfile.ZipFile(file) as archive:
        dump = archive.extract(DUMP, beside)
        _run("pg_restore", url, ["--no-owner", "--no-acl", "--single-transaction", "--exit-on-error",
                                 "--schema=public", dump])  # fmt: skip
    return manifest


def _run(program: str, url: str, words: list[str]) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, never by the command line."""
    from qipan.server.postgres.binaries import find_binaries

    parts = urlsplit(url)
    host = dict(parse_qsl(parts.query)).get("host") or parts.hostname or ""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": unquote(parts.password or ""),
        "PGHOST": host, "PGPORT": str(parts.port or 5432), "PGUSER": unquote(parts.username or ""),
        "PGOPTIONS": "-c qipan.scope=%",
    }  # fmt: skip
    command = [find_binaries(None).program(program), f"--dbname={unquote(parts.path.lstrip('/'))}", *words]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupRefused(f"{program} failed: {done.stderr.strip()[-2000:]}")


def _one(connection: psycopg.Connection[Any], sql: Any) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
