"""Which part of the books a session sees: row-level security, forced on everybody, the tables' owner included.

The database session carries ``qipan.scope``: LIKE patterns of the divisions one reads, ``42%,6101%``. The centre reads
by the same policies with ``%``; without a scope there is nothing to be read. A model says by ``web_sees`` what a
session must see to see its row: a condition made by ``within`` or ``through``, or ``EVERYBODY`` for what all share.
Where a table is read by the hundred thousand rows and written row by row, ``web_reads`` says the same for reading.
``grants`` makes policies of these after every migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import connections

from qipan.kernel.access import Actor, prefix_of

NOTHING, EVERYTHING = "", "%"
EVERYBODY = "everybody"
SHARED = "*"
"""The division of what was done to something all share, such as the catalogue."""
PATTERNS = "((SELECT string_to_array(nullif(current_setting('qipan.scope', true), ''), ','))::text[])"
SEES_ALL = "(SELECT current_setting('qipan.scope', true) = '%')"
SEES_ANYTHING = "(SELECT coalesce(current_setting('qipan.scope', true), '') <> '')"

_begins_with = [NOTHING]
_present: ContextVar[str | None] = ContextVar("scope", default=None)


def within(*columns: str) -> str:
    """SQL: the session sees everything, or one of the columns, a division's code, lies in what it sees."""
    return " OR ".join([SEES_ALL, *(f"{column} LIKE ANY ({PATTERNS})" for column in columns)])


def through(*conditions: str) -> str:
    """SQL: the session sees everything, or such a row of another table: ``stock_account a WHERE a.id = account_id``."""
    return " OR ".join([SEES_ALL, *(f"EXISTS (SELECT FROM {condition})" for condition in conditions)])


def among(*conditions: str) -> str:
    """SQL for ``web_reads``: the session sees everything, or one of the conditions holds: ``dst_id IN (SELECT …)``.

    Who is seen is found once for a statement, however many rows it reads, and the planner knows what that costs.
    """
    return " OR ".join([SEES_ALL, *conditions])


def of(actor: Actor) -> str:
    """The scope of a person: the divisions that the posts read."""
    return ",".join(sorted({prefix_of(grant.reads) + "%" for grant in actor.grants if grant.reads}))


def begin(scope: str) -> None:
    """Say what this process sees where nobody has signed in: nothing in the server, everything in a command."""
    _begins_with[0] = scope
    use(scope)


def present() -> str:
    """The scope in force here."""
    scope = _present.get()
    return _begins_with[0] if scope is None else scope


def use(scope: str) -> None:
    """See this part from now on, in this thread."""
    _present.set(scope)
    connection = connections["default"]
    if connection.connection is not None:
        _tell(connection)


@contextmanager
def entered(scope: str) -> Iterator[None]:
    """See this part for a while."""
    before = present()
    if scope != before:
        use(scope)
    try:
        yield
    finally:
        if present() != before:
            use(before)


def when_connected(connection: Any, **_more: Any) -> None:
    """Signal receiver: a new connection of the web role starts with the scope in force."""
    if connection.alias == "default":
        _tell(connection)


def _tell(connection: Any) -> None:
    """Set it in the session. A connection that does not take it is not used again: the next one begins right."""
    try:
        connection.connection.execute("SELECT set_config('qipan.scope', %s, false)", [present()])
    except psycopg.Error:
        connection.connection.close()
        if not connection.in_atomic_block:
            connection.close()
