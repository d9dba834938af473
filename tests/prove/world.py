"""The world of a trial: books with the cast of ``tests/cast.py`` on a database server, and a served platform."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from qipan.server.postgres import EmbeddedPostgres, cluster
from qipan.server.postgres.places import Places

if TYPE_CHECKING:
    from tests.cast import Cast

ROOT = Path(__file__).resolve().parents[2]
SLACK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a server whose disk is not what is tried."""
TEMPLATE = "prove_template"
NATION = 100000
SEES_ALL = "&options=-c%20qipan.scope%3D%25"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Ground:
    """A running server and a database on it that is migrated and seeded, without people."""

    folder: Path
    server: EmbeddedPostgres
    template: str

    def url(self, role: str, database: str) -> str:
        """The address of a database for ``web``, ``owner`` or ``sealer``, or for the ``superuser`` of the server."""
        if role == "superuser":
            places = Places(self.folder)
            plain = cluster._url(places, cluster.ADMIN, cluster.read_passwords(places)[cluster.ADMIN], database)
        else:
            plain = self.server.url(role, database)
        return plain + ("" if role == "web" else SEES_ALL)


@dataclass(frozen=True)
class World:
    """Books with the cast; Django of this process works in them as the web role."""

    ground: Ground
    name: str
    cast: Cast

    def url(self, role: str = "owner") -> str:
        return self.ground.url(role, self.name)

    def sql(self, role: str = "owner", **options: Any) -> psycopg.Connection[Any]:
        """A connection of its own, past Django; each statement commits."""
        return psycopg.connect(self.url(role), autocommit=True, **options)

    def environment(self) -> dict[str, str]:
        """What another process needs to work in these books."""
        from django.conf import settings

        kept = {name: value for name, value in os.environ.items() if not name.startswith("QIPAN_")}
        urls = {
            f"QIPAN_{word}DATABASE_URL": self.ground.server.url(role, self.name)
            for word, role in (("", "web"), ("OWNER_", "owner"), ("SEALER_", "sealer"))
        }
        path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
        own = {"QIPAN_SECRET_KEY": "prove", "QIPAN_DEMO": "1", "QIPAN_VAULT_KEY": settings.VAULT_KEY_FILE}
        return {**kept, **urls, **own, "PYTHONPATH": path}


@contextmanager
def standing(folder: Path, settings: dict[str, str] | None = None) -> Iterator[Ground]:
    """Start a server in ``folder``, make the template on it; ended afterwards.

    Args:
        settings: of the server; ``SLACK`` where the disk is not what is tried, else the product's own.
    """
    from qipan.server import setup

    server = EmbeddedPostgres(folder, settings=settings or {})
    server.start()
    try:
        ground = Ground(folder, server, TEMPLATE)
        _anew(ground, TEMPLATE, "template1")
        with pointed_at(ground, TEMPLATE):
            setup.prepare()
            yield ground
    finally:
        server.stop()


@contextmanager
def books(ground: Ground, *, clock_kind: str = "driven") -> Iterator[World]:
    """A fresh copy of the template with the cast in it; Django works there as the web role and sees everything.

    Args:
        clock_kind: whose clock says when something was recorded: the trial's (``driven``), or the ``server``'s.
    """
    from django.db import connections

    from qipan.kernel import scope
    from qipan.stock import operations as stock
    from tests.cast import gather

    name = f"prove_{os.getpid()}_{next(_NUMBERS)}"
    connections.close_all()
    _anew(ground, name, ground.template)
    with pointed_at(ground, name), scope.entered(scope.EVERYTHING):
        stock.open_books(NATION, clock_kind=clock_kind)  # the cast finds them open
        yield World(ground, name, gather())


@contextmanager
def pointed_at(ground: Ground, name: str) -> Iterator[None]:
    """Have Django's connections use a database of this server for a while."""
    from django.db import connections

    from qipan.server.settings import database_of

    before = {alias: dict(connections[alias].settings_dict) for alias in ("default", "owner", "sealer")}
    for alias, role in (("default", "web"), ("owner", "owner"), ("sealer", "sealer")):
        connections[alias].close()
        found = database_of(ground.server.url(role, name), scope="" if role == "web" else "%")
        connections[alias].settings_dict.update(found)
    try:
        yield
    finally:
        connections.close_all()
        for alias, kept in before.items():
            connections[alias].settings_dict.update(kept)


def _anew(ground: Ground, name: str, template: str) -> None:
    with psycopg.connect(ground.url("superuser", "postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" OWNER qipan_owner TEMPLATE "{template}"')


@contextmanager
def served(
    world: World, *, patch: str = "", workers: int = 2, threads: int = 4, is_short: bool = False
) -> Iterator[str]:
    """The platform over HTTP on these books; its address. Ended with its whole group.

    Args:
        patch: ``module:function``, called in each worker before it answers: how a mutant loses its guard.
        is_short: answer from a copy of this process, which begins at once (``forked``).
    """
    if is_short:
        from tests.prove.forked import forked

        with forked(patch=patch) as (address, _processes):
            yield address
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--no-ws", "tests.prove.wsgi:application"),
    ]
    told = (world.ground.folder / f"served-{port}.log").open("wb")
    process = subprocess.Popen(
        words, cwd=ROOT, env={**world.environment(), "QIPAN_PROVE_PATCH": patch}, stdout=told, stderr=told
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        told.close()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


def token_of(person: str) -> str:
    """A bearer token of somebody of the cast, for the API."""
    from uuid import uuid4

    from qipan.kernel import clock
    from qipan.organisations import operations, queries
    from qipan.organisations.models import Person

    row = Person.objects.get(username=person)
    queries.fetch_posts(row)
    return operations.make_token(by=queries.actor_of(row, clock.now()), name="prove", days=1, idem=uuid4()).secret
