"""The small books: rolled back after the test, or in a database in which transactions really commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps

from tests.conftest import EMPTY, TEMPLATE, _point_at
from tests.stock.books import Books, open_test_books

RACES = "qipan_races"


@pytest.fixture
def books(db: None) -> Books:
    return open_test_books()


@pytest.fixture(scope="module")
def races(django_db_setup: None, create: Callable[..., str]) -> str:
    """The address (the owner's) of a database for one module of races; like ``committed``, but made once."""
    return create(RACES, TEMPLATE)


@pytest.fixture
def committed_books(races: str, django_db_blocker: Any) -> Iterator[Books]:
    """Empty books in which transactions really commit; the owner empties them before every test."""
    tables = [
        model._meta.db_table for label in ("stock", "kernel") for model in apps.get_app_config(label).get_models()
    ]
    with psycopg.connect(races) as owner:
        owner.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    with django_db_blocker.unblock():
        _point_at(RACES)
        yield open_test_books("server")
        _point_at(EMPTY)
