"""What was where at the cuts is kept, so that readings of the past need not begin at nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from qipan.kernel import clock, sealing
from qipan.stock import queries


def keep_snapshot(at: datetime) -> None:
    """Keep what was where at ``at``, of everything sealed by now, so that later readings need not begin at nothing.

    A reading is the same with and without: a snapshot is only a place to start from.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT stock_take_snapshot(%s)", [at])


def keep_cut(now: datetime) -> bool:
    """Keep the last cut of figures that has passed, once; returns whether it was kept just now."""
    cut = clock.last_cut(now)
    if queries.has_snapshot(cut):
        return False
    sealing.seal()
    keep_snapshot(cut)
    return True
