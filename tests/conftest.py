"""Fixtures every test stands on: a database of our own, a rolled-back world, the replayed case, clients."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from qipan.server.postgres import EmbeddedPostgres, cluster
from qipan.server.postgres.places import Places

TEMPLATE, EMPTY, HUBEI, SHANXI = "qipan_template", "qipan_tests", "qipan_hubei", "qipan_shanxi"


def pytest_configure(config: pytest.Config) -> None:
    """Start the tests' own database server and have Django use it, whatever the environment says."""
    os.environ.setdefault("QIPAN_SECRET_KEY", "tests")
    os.environ["QIPAN_DEMO"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="qipan-tests-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    server.start()
    config.stash[SERVER] = (server, folder)
    from django.conf import settings
    from django.db import connections

    from qipan.kernel import scope, vault
    from qipan.server.settings import database_of

    (folder / "vault_key").write_text(vault.fresh_key())
    (folder / "vault_key").chmod(0o600)
    settings.SECOND_STEP = False  # as in the demo; the tests of the entrance ask for it
    settings.VAULT_KEY_FILE = str(folder / "vault_key")
    scope.begin(scope.EVERYTHING)  # as a command; a request in a test enters its person's part
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # six persons a test: 3 s otherwise
    for alias, role in (("default", "web"), ("owner", "owner"), ("sealer", "sealer")):
        found = {
            **database_of(server.url(role, EMPTY), scope="" if role == "web" else "%"),
            "TEST": {"MIRROR": None, "NAME": EMPTY, "MIGRATE": True, "CHARSET": None, "COLLATION": None},
        }
        connections.settings[alias].update(found)


def pytest_unconfigure(config: pytest.Config) -> None:
    found = config.stash.get(SERVER, None)
    if found is not None:
        from django.db import connections

        connections.close_all()
        found[0].stop()
        shutil.rmtree(found[1], ignore_errors=True)


SEES_ALL = "&options=-c%20qipan.scope%3D%25"
"""Row-level security holds for the owner too, and for views when a superuser reads them."""
SERVER: pytest.StashKey[tuple[EmbeddedPostgres, Path]] = pytest.StashKey()


@pytest.fixture(scope="session")
def owner_url(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The owner's address of a database of the tests' server."""
    server = request.config.stash[SERVER][0]
    return lambda database: server.url("owner", database) + SEES_ALL


@pytest.fixture(scope="session")
def superuser_url(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The superuser's address of a database of the tests' server; the product itself never uses it."""
    places = Places(request.config.stash[SERVER][1])
    return lambda database: (
        cluster._url(places, cluster.ADMIN, cluster.read_passwords(places)[cluster.ADMIN], database) + SEES_ALL
    )


@pytest.fixture(scope="session")
def url_of(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """A role's address of a database of the tests' server."""
    return request.config.stash[SERVER][0].url


@pytest.fixture(scope="session")
def create(owner_url: Callable[[str], str], superuser_url: Callable[[str], str]) -> Callable[..., str]:
    """Makes a database anew, the owner's; the address of the owner."""

    def make(name: str, template: str = "template1") -> str:
        # The owner may not end an autovacuum worker that is in it; the superuser may.
        with psycopg.connect(superuser_url("qipan"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        with psycopg.connect(owner_url("qipan"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return owner_url(name)

    return make


def _point_at(name: str) -> None:
    """Have Django's connections use another database of the same server."""
    from django.db import connections

    for alias in ("default", "owner", "sealer"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(create: Callable[..., str], django_db_blocker: Any) -> Iterator[None]:
    """One migrated and seeded template; the tests' database is a copy of it."""
    from qipan.server import setup

    create(TEMPLATE)
    with django_db_blocker.unblock():
        _point_at(TEMPLATE)
        setup.prepare()
        _point_at("qipan")
    create(EMPTY, TEMPLATE)
    _point_at(EMPTY)
    yield
    _point_at("qipan")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, create: Callable[..., str]) -> Iterator[None]:
    """A database in which transactions really commit (races, retries); thrown away afterwards."""
    create("qipan_committed", TEMPLATE)
    with django_db_blocker.unblock():
        _point_at("qipan_committed")
        yield
        _point_at(EMPTY)


@pytest.fixture(scope="session")
def hubei_database(django_db_setup: None, django_db_blocker: Any, create: Callable[..., str]) -> str:
    """The case hubei-2020 replayed to its end, once per session; read it through ``hubei``."""
    from qipan.kernel import clock
    from qipan.server.replay import hubei

    create(HUBEI, TEMPLATE)
    with django_db_blocker.unblock():
        _point_at(HUBEI)
        hubei.play(clock.read_instant("2020-02-19T24:00"), lambda _line: None)
        _point_at(EMPTY)
    return HUBEI


@pytest.fixture
def hubei(hubei_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The replayed case inside a transaction that is rolled back."""
    from django.db import transaction

    with django_db_blocker.unblock():
        _point_at(hubei_database)
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        _point_at(EMPTY)


@pytest.fixture(scope="session")
def shanxi_database(django_db_setup: None, django_db_blocker: Any, create: Callable[..., str]) -> str:
    """The case shanxi-2020 replayed to its end, once per session; read it through ``shanxi_case``."""
    from qipan.kernel import clock
    from qipan.server.replay import shanxi as case

    create(SHANXI, TEMPLATE)
    with django_db_blocker.unblock():
        _point_at(SHANXI)
        case.play(clock.read_instant("2020-02-10T08:00"), lambda _line: None)
        _point_at(EMPTY)
    return SHANXI


@pytest.fixture
def shanxi_case(shanxi_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The replayed case of Shanxi inside a transaction that is rolled back."""
    from django.db import transaction

    with django_db_blocker.unblock():
        _point_at(shanxi_database)
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        _point_at(EMPTY)


@pytest.fixture(autouse=True)
def _fixed_time() -> Iterator[None]:
    """Every test runs on 6 February 2020, 19:00 China Standard Time, unless it holds the clock itself."""
    from qipan.kernel import clock

    with clock.held_at(clock.read_instant("2020-02-06T19:00")):
        yield


@pytest.fixture(autouse=True)
def _plain_language() -> Iterator[None]:
    """Every test starts in the language of the settings, whatever a request before it spoke."""
    from django.conf import settings
    from django.utils import translation

    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def cast(db: None) -> Any:
    """The fixed people and the tiny world: see ``tests/cast.py``."""
    from tests.cast import gather

    return gather()


@pytest.fixture
def shanxi(cast: Any) -> Any:
    """A second province with everything in it: see ``tests/provinces.py``."""
    from tests.provinces import build

    return build(cast)


@pytest.fixture
def client_of(cast: Any) -> Callable[..., Any]:
    """A signed-in client of somebody of the cast: ``client_of("duty", "en")``."""
    from django.test import Client

    def make(person: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.cookies["qipan_language"] = language
        client.force_login(cast.person(person))
        return client

    return make
