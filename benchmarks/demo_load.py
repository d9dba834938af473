"""Loading the demo's case, beside COPY of the very rows that it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.race import Ratio, seconds_of


def measure() -> Iterator[Ratio]:
    """One load up to the demo's instant; loading twice into the same books is refused, so there is one round."""
    from qipan.kernel import clock
    from qipan.server import demo
    from qipan.server.replay import hubei

    until = clock.read_instant(demo.DEFAULT_UNTIL)
    load = seconds_of(lambda: hubei.play(until, lambda _line: None))
    rows, copy = _copy_all()
    size = f"case hubei-2020 until {demo.DEFAULT_UNTIL}: {rows:,} rows through every operation and rule"
    yield Ratio("demo load", "COPY of the rows it leaves", size, load, copy, 1)


def _copy_all() -> tuple[int, float]:
    """Copies every table that has rows out, then in again beside itself with its indexes. Rows and seconds."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT quote_ident(relname), n_live_tup FROM pg_stat_user_tables"
            " WHERE schemaname = 'public' AND n_live_tup > 0"
        )
        tables = cursor.fetchall()
        text_of = {}
        for table, _rows in tables:
            with cursor.copy(f"COPY {table} TO STDOUT") as out:
                text_of[table] = b"".join(bytes(part) for part in out)
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")

        def fill() -> None:
            for table, text in text_of.items():
                with cursor.copy(f"COPY bench_{table} FROM STDIN") as into:
                    into.write(text)

        took = seconds_of(fill)
        for table, _rows in tables:
            cursor.execute(f"DROP TABLE bench_{table}")
    return sum(rows for _table, rows in tables), took
