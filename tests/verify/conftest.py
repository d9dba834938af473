"""Sealed and signed books, their reader, and a superuser to bend them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings

from qipan import verify as reader
from qipan.kernel import clock, events, sealing
from qipan.kernel.access import Actor
from qipan.kernel.notes import SigningKey
from qipan.stock import operations as stock
from tests.stock.books import Books, open_test_books
from tests.verify.sealed_books import DATABASE, Check, Superuser

DUTY = Actor(7, "duty")


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SigningKey]:
    monkeypatch.setattr(django_settings, "SEAL_KEY_FILE", str(tmp_path / "seal_key"))
    monkeypatch.setattr(django_settings, "LOG_NAME", "hubei.test")
    found = sealing.signing_key()
    assert found is not None
    yield found


@pytest.fixture
def books(committed: None, key: SigningKey) -> Books:
    """Sealed and signed books: stock, a load, a hold that was voided, a reversal, an event; and a second checkpoint."""
    books = open_test_books()
    books.put("plant", 100)
    books.post(books.line("depart", "plant", "road_1", 30))
    (hold,) = books.hold(books.held("plant", 10))
    books.void(hold)
    books.hold(books.held("plant", 5))
    sealing.seal()
    sealing.make_checkpoint()
    stock.keep_snapshot(clock.now())
    wrong = books.put("plant", 7)
    books.reverse(wrong)
    events.record("tests.told", by=DUTY, subject="batch/1", at=clock.now(), reason="为什么 'so' \\ \"quoted\"", n=1.5)
    sealing.seal()
    stock.keep_snapshot(clock.now())
    sealing.make_checkpoint()
    return books


@pytest.fixture
def check(owner_url: Callable[[str], str], key: SigningKey) -> Check:
    def run(**more: Any) -> reader.Report:
        with psycopg.connect(owner_url(DATABASE)) as connection:
            return reader.verify(connection, **{"key": reader.Key.read(str(key.public)), **more})

    return run


@pytest.fixture
def superuser(superuser_url: Callable[[str], str]) -> Superuser:
    def run(*statements: str) -> None:
        with psycopg.connect(superuser_url(DATABASE), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
        with psycopg.connect(superuser_url("postgres"), autocommit=True) as watcher:  # the owner cannot end its session
            while watcher.execute("SELECT FROM pg_stat_activity WHERE datname = %s AND usename = %s",
                                  [DATABASE, "qipan_admin"]).fetchone():  # fmt: skip
                sleep(0.01)

    return run
