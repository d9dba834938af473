"""The drill: a backup made while people work, restored, checked, and told what it lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from qipan import verify as reader
from qipan.kernel import sealing
from qipan.kernel.models import Checkpoint
from qipan.kernel.notes import Note, SigningKey
from qipan.server import backup
from qipan.verify.hashing import Checkpoint as Seen
from tests.stock.books import Books, assert_in_order, open_test_books

COPY = "qipan_restored"
Url = Callable[[str], str]


@pytest.fixture
def books(committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.setattr(django_settings, "SEAL_KEY_FILE", str(tmp_path / "seal_key"))
    monkeypatch.setattr(django_settings, "LOG_NAME", "hubei.test")
    books = open_test_books()
    books.put("plant", 1000)
    books.hold(books.held("plant", 5))
    sealing.seal()
    sealing.make_checkpoint()
    return books


@pytest.fixture
def copy(create: Callable[..., str], owner_url: Url) -> str:
    """An empty database's address."""
    create(COPY, "template0")
    with psycopg.connect(owner_url(COPY), autocommit=True) as owner:
        owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return owner_url(COPY)


@pytest.fixture
def made(books: Books, owner_url: Url, tmp_path: Path) -> Path:
    backup.make(owner_url("qipan_committed"), tmp_path / "books.zip", folder=tmp_path)
    return tmp_path / "books.zip"


def test_a_restored_copy_has_the_same_rows(made: Path, copy: str) -> None:
    manifest = backup.restore(copy, made)
    with psycopg.connect(copy) as restored:
        assert_in_order(lambda sql: restored.execute(sql).fetchall())
        assert restored.execute("SELECT max(n) FROM kernel_sealed").fetchone() == (manifest.entries,)
    key = sealing.signing_key()
    assert key is not None
    with psycopg.connect(copy) as restored:
        assert reader.verify(restored, key=reader.Key.read(str(key.public))).is_clean


def test_what_is_booked_while_it_is_made_is_in_whole_or_not_at_all(
    books: Books, owner_url: Url, copy: str, tmp_path: Path
) -> None:
    """The dump and its manifest are of one instant."""
    is_over = Event()

    def work() -> None:
        try:
            while not is_over.is_set():
                books.post(books.line("depart", "plant", "road_1", 1), books.line("use", "road_1", "used", 1))
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    try:
        manifest = backup.make(owner_url("qipan_committed"), tmp_path / "b.zip")
    finally:
        is_over.set()
        thread.join(30)
    backup.restore(copy, tmp_path / "b.zip")
    with psycopg.connect(copy) as restored:
        assert_in_order(lambda sql: restored.execute(sql).fetchall())
        assert restored.execute("SELECT max(n) FROM kernel_sealed").fetchone() == (manifest.entries,)


def test_a_witness_tells_what_a_restored_copy_lacks(made: Path, books: Books, copy: str) -> None:
    books.put("plant", 1)
    sealing.seal()
    sealing.make_checkpoint()
    note = Note.read(Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0])
    witness = SigningKey("centre.test", uuid4().bytes * 2)
    seen = Seen.read(note.text + witness.cosign(note, seconds=1) + "\n")
    backup.restore(copy, made)
    with psycopg.connect(copy) as restored:
        assert reader.verify(restored, key=None).is_clean
        report = reader.verify(restored, key=None, witnesses=[reader.Witnessed("centre.test", None, [seen])])
        assert report.problems == [
            ("log_shorter", {"witness": "centre.test", "size": note.size, "leaves": note.size - 1})
        ]


def test_the_signing_key_is_not_in_it(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == [backup.MANIFEST, backup.DUMP]
    assert made.stat().st_mode & 0o777 == 0o600
    assert backup.last_made(made.parent) is not None


def test_a_log_that_was_signed_does_not_go_on_under_another_key(books: Books) -> None:
    Path(django_settings.SEAL_KEY_FILE).unlink()
    assert sealing.signing_key() is None
    assert not Path(django_settings.SEAL_KEY_FILE).exists()


class TestRefusals:
    def test_nothing_is_written_over(self, made: Path, owner_url: Url) -> None:
        with pytest.raises(backup.BackupRefused, match="is there already"):
            backup.make(owner_url("qipan_committed"), made)

    def test_a_folder_that_is_not_there(self, books: Books, owner_url: Url, tmp_path: Path) -> None:
        with pytest.raises(backup.BackupRefused, match="No such file"):
            backup.make(owner_url("qipan_committed"), tmp_path / "nowhere" / "b.zip")

    def test_books_that_are_there_are_not_restored_over(self, made: Path, owner_url: Url) -> None:
        with pytest.raises(backup.BackupRefused, match="There are books here already"):
            backup.restore(owner_url("qipan_committed"), made)

    @pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
    def test_a_damaged_file(self, made: Path, at: float) -> None:
        content = bytearray(made.read_bytes())
        place = int(len(content) * at)
        content[place] ^= 0xFF
        made.write_bytes(bytes(content))
        with pytest.raises(backup.BackupRefused, match="damaged"):
            backup.read_manifest(made)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 100])
    def test_a_file_that_is_none(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(backup.BackupRefused, match="no backup"):
            backup.read_manifest(tmp_path / "x.zip")

    def test_an_archive_of_something_else(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr(backup.MANIFEST, json.dumps({"format": "another"}))
        with pytest.raises(backup.BackupRefused, match="no backup of this format"):
            backup.read_manifest(tmp_path / "x.zip")


def test_the_commands(made: Path, tmp_path_factory: pytest.TempPathFactory, books: Books) -> None:
    """``qipan restore`` into a new folder with a server of its own, then ``qipan backup`` of that."""
    folder = tmp_path_factory.mktemp("qipan-restored")
    for step in (folder, *folder.parents[:3]):
        step.chmod(0o755)
    key = Path(django_settings.SEAL_KEY_FILE)
    known = {name: value for name, value in os.environ.items() if not name.startswith(("QIPAN_", "DJANGO_"))}

    def qipan(*words: str) -> Any:
        command = [sys.executable, "-c", "from qipan.server.cli import main; main()", *words]
        return subprocess.run(
            command, check=False, env=known, capture_output=True, text=True, timeout=180, cwd=made.parent
        )

    target = str(folder / "new")
    done = qipan("restore", str(made), "--data", target, "--seal-key", str(key), "--json", "--lang", "en")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["clean"], found["checkpoints"], found["leaves"]) == (True, 1, 2)
    again = qipan("restore", str(made), "--data", target)
    assert (again.returncode, "into a new folder" in again.stderr) == (3, True)
    second = qipan("backup", "second.zip", "--data", target)
    assert second.returncode == 0, second.stderr
    assert backup.read_manifest(made.parent / "second.zip").entries == 2
    told = qipan("doctor", "--data", target, "--lang", "en", "--json")
    states = {each["code"]: each["state"] for each in json.loads(told.stdout)}
    assert told.returncode == 0, told.stdout
    assert (states["role"], states["durability"], states["backup"], states["witness"]) == ("ok", "ok", "ok", "warn")
