"""The one way the reads of the ledger run their SQL."""

from __future__ import annotations

from typing import Any

from django.db import connection

KNOWN = """EXISTS (SELECT FROM kernel_sealed z WHERE z.kind = 'stock_movement' AND z.ref = m.id
                 AND z.sealed_at <= %(known_at)s)"""


def rows_of(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
