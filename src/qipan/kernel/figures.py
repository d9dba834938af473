"""The registry of figures. A figure is one decorated function in its context.

Screen, API, command line, XLSX and the reference page follow from the declaration.
A figure is of one kind, and kinds are never added together:

stock        how much there is at the cut
cumulative   how much there has been from the start to the cut
rate         how much per day
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.errors import NotFound
from qipan.kernel.models import Publication
from qipan.kernel.quantity import plain
from qipan.kernel.text import Both

KINDS = ("stock", "cumulative", "rate")


@dataclass(frozen=True)
class Cut:
    """What a reading is cut by: what happened by ``as_of``, as we knew it at ``known_at``."""

    as_of: datetime
    known_at: datetime | None = None
    place: str = ""
    item: str = ""

    @property
    def by_then(self) -> Q:
        """The filter of facts with ``at`` and ``known_at``: what had happened by the cut, as we knew it then."""
        happened = Q(at__lte=self.as_of)
        return happened if self.known_at is None else happened & Q(known_at__lte=self.known_at)


@dataclass(frozen=True)
class Column:
    """One column: its key, title, unit (``row`` = each row names its own) and kind of value."""

    key: str
    title: str | Promise
    unit: str = ""
    value: str = "text"  # text | number | percent | instant | hours


@dataclass(frozen=True)
class Reading:
    """Rows of a figure at a cut, and how many of the expected reports stand behind them."""

    rows: list[dict[str, Any]]
    reported: int
    expected: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    """A declared figure: key, title, kind, columns and the function that reads it."""

    key: str
    title: str | Promise
    kind: str
    columns: tuple[Column, ...]
    definition: str | Promise
    read: Callable[[Cut], Reading]
    movements: Callable[[Cut], list[dict[str, Any]]] | None = None

    @property
    def context(self) -> str:
        return self.key.split(".", 1)[0]


_registry: dict[str, Figure] = {}


def figure(
    key: str,
    *,
    title: str | Promise,
    kind: str,
    columns: tuple[Column, ...],
    definition: str | Promise,
    movements: Callable[[Cut], list[dict[str, Any]]] | None = None,
) -> Callable[[Callable[[Cut], Reading]], Callable[[Cut], Reading]]:
    """Declare the decorated function as the figure ``key``.

    Raises:
        ValueError: the kind is none of KINDS, or the key is taken.
    """
    if kind not in KINDS:
        raise ValueError(f"{key}: kind {kind!r} is none of {KINDS}")

    def declare(read: Callable[[Cut], Reading]) -> Callable[[Cut], Reading]:
        if key in _registry:
            raise ValueError(f"figure {key} is declared twice")
        _registry[key] = Figure(key, title, kind, columns, definition, read, movements)
        return read

    return declare


def all_figures() -> list[Figure]:
    """Every declared figure, by key."""
    return [_registry[key] for key in sorted(_registry)]


def find(key: str) -> Figure:
    """The figure with that key.

    Raises:
        NotFound: no context declares it.
    """
    if key not in _registry:
        raise NotFound(what=_("figure"), which=key)
    return _registry[key]


def both(text: str | Promise) -> Both:
    """A translatable text in both languages at once."""
    with translation.override("zh-hans"):
        zh = str(text)
    with translation.override("en"):
        return Both(zh, str(text))


def as_json(found: Figure, cut: Cut, reading: Reading) -> dict[str, Any]:
    """The figure as the API and ``qipan figures --json`` give it."""
    return {
        "key": found.key,
        "title": both(found.title).as_json(),
        "kind": found.kind,
        "definition": both(found.definition).as_json(),
        "as_of": clock.write_instant(cut.as_of),
        "known_at": clock.write_instant(cut.known_at) if cut.known_at else None,
        "place": cut.place or None,
        "item": cut.item or None,
        "completeness": {"reported": reading.reported, "expected": reading.expected},
        "columns": [
            {"key": c.key, "title": both(c.title).as_json(), "unit": c.unit, "value": c.value} for c in found.columns
        ],
        "rows": [{key: json_value(value) for key, value in row.items()} for row in reading.rows],
        "notes": reading.notes,
    }


def json_value(value: Any) -> Any:
    """A cell as JSON: exact ints, names in both languages, instants with offset."""
    if isinstance(value, Both):
        return value.as_json()
    if isinstance(value, datetime):
        return clock.write_instant(value)
    if isinstance(value, Fraction | Decimal):
        return plain(Fraction(value))
    if isinstance(value, Mapping):
        return {key: json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    return value


def publish(rows: Iterable[Publication]) -> int:
    """Keep published statements beside our figures; the same statement twice is once."""
    return len(Publication.objects.bulk_create(list(rows), ignore_conflicts=True))


def published(*, place: str, metrics: Iterable[str], as_of: datetime) -> list[Publication]:
    """What others had published about ``place`` for facts up to ``as_of``: the newest cut each.

    Several statements about the same cut are all given: where sources disagree, both are shown.
    """
    sql = """
        SELECT p.* FROM kernel_publication p
        JOIN (SELECT subject_as_published, metric, max(at) AS at FROM kernel_publication
              WHERE place = %s AND metric = ANY(%s) AND at <= %s GROUP BY 1, 2) newest
          ON (p.subject_as_published, p.metric, p.at) = (newest.subject_as_published, newest.metric, newest.at)
        WHERE p.place = %s ORDER BY p.subject_as_published, p.metric, p.id"""
    return list(Publication.objects.raw(sql, [place, list(metrics), as_of, place]))


def publications(cut: Cut) -> list[Publication]:
    """Everything published by the cut's day about facts up to it, the newest first; one place when asked."""
    rows = Publication.objects.filter(at__lte=cut.as_of, published_on__lte=clock.day_of(cut.known_at or clock.now()))
    if cut.place:
        rows = rows.filter(place=cut.place)
    return list(rows.order_by("-at", "place", "subject_as_published", "metric", "id"))


def is_database_awake() -> bool:
    """Whether the database answers; a page without it says so instead of showing stale figures."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except Exception:
        return False
