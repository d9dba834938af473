"""One call of one of the ledger's SQL functions: retried, and its refusals as facts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn
from uuid import UUID

from django.db import DatabaseError, OperationalError, connection, transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel.access import Actor
from qipan.kernel.errors import Refused, SameKeyOtherBody
from qipan.kernel.quantity import plain
from qipan.stock import errors, queries

TRIES = 5
SESSION = "SELECT set_config('qipan.tenant', %s, true), set_config('qipan.actor', %s, true); "


def call(sql: str, values: Sequence[Any], *, by: Actor, idem: UUID | None) -> list[tuple[Any, ...]]:
    """Run one ledger function with the session's tenant and person set for this transaction.

    Both statements go in one message. Outside a transaction PostgreSQL takes such a message for a transaction of
    its own, so that a call is one trip to the database and not four; inside one it gets a savepoint.
    """

    def attempt() -> list[tuple[Any, ...]]:
        with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
            cursor.execute(SESSION + sql, [str(by.tenant), str(by.id), *values])
            cursor.nextset()
            return cursor.fetchall()

    return _retried(attempt, idem=idem)


def _retried(attempt: Callable[[], list[tuple[Any, ...]]], *, idem: UUID | None) -> list[tuple[Any, ...]]:
    """At most TRIES with the same key when the database asks for it; then "unknown", never "failed"."""
    is_inside = connection.in_atomic_block
    for last in (*[False] * (TRIES - 1), True):
        try:
            with _facts():
                return attempt()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if is_inside or (state and state not in ("40001", "40P01", "57P01")):
                raise
            if last:
                raise errors.OutcomeUnknown(idem=str(idem)) from error
            if state is None:
                connection.close()
    raise AssertionError("unreachable")


@contextmanager
def _facts() -> Iterator[None]:
    """Turn the ledger's SQL refusals into facts with their values."""
    try:
        yield
    except DatabaseError as error:
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None) or ""
        if not re.match(r"^QP00\d$", state):
            raise
        _raise_fact(state, getattr(cause, "diag", None), error)


def _raise_fact(state: str, diag: Any, error: Exception) -> NoReturn:
    facts: dict[str, type[Refused]] = {
        "QP001": errors.LedgerRefused,
        "QP002": SameKeyOtherBody,
        "QP004": errors.AccountUnknown,
        "QP005": errors.HoldNotOpen,
        "QP006": errors.NotReversible,
    }
    if state == "QP003":
        detail = json.loads(diag.message_detail)
        raise insufficient(detail) from error
    if state == "QP007":
        raise errors.LotDiffers(number="") from error
    raise facts[state]() from error


def insufficient(detail: dict[str, Any]) -> errors.StockInsufficient:
    material = catalogue.material_by_id(detail["material_id"])
    label = queries.account_labels({detail["account_id"]})[detail["account_id"]]
    return errors.StockInsufficient(
        account=str(label.name),
        material=str(material.name),
        unit=str(material.unit),
        free=plain(material.from_grains(max(detail["free"], 0))),
        asked=plain(material.from_grains(detail["asked"])),
        account_id=detail["account_id"],
    )
