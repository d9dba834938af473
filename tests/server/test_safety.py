"""``qipan doctor`` and the refusal of ``qipan serve``: every unsafe setting is found, and the way out is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections

from qipan.kernel import clock, sealing
from qipan.kernel.notes import SigningKey
from qipan.server import backup, safety
from qipan.server.settings import database_of
from tests.conftest import EMPTY
from tests.stock.books import open_test_books

SAFE_SECRET = "x" * 40
Url = Callable[[str], str]


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SigningKey]:
    monkeypatch.setattr(django_settings, "SEAL_KEY_FILE", str(tmp_path / "seal_key"))
    found = sealing.signing_key()
    assert found is not None
    yield found


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "SECOND_STEP", True)
    monkeypatch.setattr(django_settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(django_settings, "SECRET_KEY", SAFE_SECRET)


def states(folder: Path | None = None) -> dict[str, str]:
    return {found.code: found.state for found in safety.examine(folder)}


def test_what_is_safe_is_said_to_be(db: None, key: SigningKey, tmp_path: Path) -> None:
    found = states(tmp_path)
    assert {code for code, state in found.items() if state == "ok"} >= {
        "version", "role", "migrations", "sealer", "key", "secrets", "space",
    }  # fmt: skip


def test_a_database_that_may_lose_what_it_acknowledged_is_refused(db: None) -> None:
    """The tests' own server writes nothing through: it is the negative control."""
    with pytest.raises(safety.Unsafe, match="fsync") as refusal:
        safety.require_safe(None)
    assert [found.code for found in refusal.value.findings] == ["durability"]


@pytest.mark.parametrize(("login", "word"), [("owner", "qipan_owner"), ("superuser", "qipan_admin")])
def test_who_could_rewrite_the_tables_does_not_serve(
    db: None, owner_url: Url, superuser_url: Url, monkeypatch: pytest.MonkeyPatch, login: str, word: str
) -> None:
    other = connections["default"].copy("other")
    url = {"owner": owner_url, "superuser": superuser_url}[login](EMPTY)
    other.settings_dict = {**other.settings_dict, **database_of(url)}
    monkeypatch.setattr(safety, "connection", other)
    found = {each.code: each for each in safety.examine(None)}
    assert (found["role"].state, word in found["role"].said) == ("bad", True)
    other.close()


@pytest.mark.parametrize(
    ("name", "unsafe", "code"),
    [
        ("SECRET_KEY", "only-for-tests-and-checks", "secret"),
        ("SECRET_KEY", "short", "secret"),
        ("DEBUG", True, "debug"),
        ("ALLOWED_HOSTS", ["*"], "hosts"),
        ("ALLOWED_HOSTS", ["qipan.example"], "https"),
        ("VAULT_KEY_FILE", "", "vault_key"),
        ("VAULT_KEY_FILE", "/etc/hostname", "vault_key"),
        ("SECOND_STEP", False, "second_step"),
    ],
)
def test_an_unsafe_setting_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch, name: str, unsafe: object, code: str
) -> None:
    monkeypatch.setattr(django_settings, name, unsafe)
    assert states()[code] == "bad"
    assert "secrets" not in states()


def test_a_missing_migration_is_refused(committed: None, owner_url: Callable[[str], str]) -> None:
    import psycopg

    with psycopg.connect(owner_url("qipan_committed")) as owner:
        newest = "SELECT max(id) FROM django_migrations WHERE app = 'stock'"
        owner.execute(f"DELETE FROM django_migrations WHERE id = ({newest})")
    assert states()["migrations"] == "bad"


def test_a_key_that_others_can_read_is_refused(db: None, key: SigningKey) -> None:
    Path(django_settings.SEAL_KEY_FILE).chmod(0o644)
    assert states()["key"] == "bad"


def test_a_log_without_key_or_witness_is_warned_about(db: None) -> None:
    found = states()
    assert (found["key"], found["witness"]) == ("warn", "warn")


def test_a_sealer_that_stands_still_is_warned_about(db: None) -> None:
    open_test_books().put("plant", 1)
    with clock.held_at(clock.now() + timedelta(minutes=2)):
        assert states()["sealer"] == "warn"


def test_an_old_backup_is_warned_about(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(tmp_path)["backup"] == "warn"
    (tmp_path / backup.NOTE).write_text('{"made_at": "2020-01-29T19:00:00+08:00", "file": "x"}')
    assert states(tmp_path)["backup"] == "warn"
    (tmp_path / backup.NOTE).write_text(f'{{"made_at": "{clock.write_instant(clock.real_now())}", "file": "x"}}')
    assert states(tmp_path)["backup"] == "ok"


def test_a_full_disk_is_warned_about(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "SPACE_LEAST", 2**60)
    assert states(tmp_path)["space"] == "warn"


def test_a_database_that_does_not_answer_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asleep:
        def cursor(self) -> None:
            from django.db import OperationalError

            raise OperationalError("nobody there")

    monkeypatch.setattr(safety, "connection", Asleep())
    assert states()["database"] == "bad"
    assert connection.is_usable()


def test_every_finding_that_is_not_ok_says_how_to_mend_it(db: None, tmp_path: Path) -> None:
    assert all(found.mend for found in safety.examine(tmp_path) if found.state != "ok")
