"""A snapshot is only a place to start from: every reading is the same with and without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel import clock, sealing
from qipan.stock import operations, queries
from qipan.stock.models import Snapshot, SnapshotRow
from tests.stock.books import Books, open_test_books

NO_SNAPSHOT = "SELECT 0 AS id, '-infinity'::timestamptz AS at, 0 AS n"
ENDS = (("outside", "plant"), ("outside", "reserve"), ("plant", "road_1"), ("road_1", "hospital"), ("plant", "used"))


def at(hour: float) -> datetime:
    return clock.read_instant("2020-01-29T00:00") + timedelta(hours=hour)


def read(as_of: float, known: float | None) -> list[queries.Holding]:
    return queries.balances(
        as_of=at(as_of), known_at=at(known) if known is not None else None, kinds=("store", "road", "source", "sink")
    )


def read_without(monkeypatch: pytest.MonkeyPatch, as_of: float, known: float | None) -> list[queries.Holding]:
    """The same reading from movements alone."""
    from qipan.stock.queries import holdings

    since = holdings._since

    def without(known_at: datetime | None) -> str:
        found = since(known_at)
        start, end = found.index("base AS ("), found.index("since AS")
        return found[:start] + f"base AS ({NO_SNAPSHOT}),\n" + found[end:]

    with monkeypatch.context() as patch:
        patch.setattr(holdings, "_since", without)
        return read(as_of, known)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.sampled_from(ENDS), st.integers(1, 5), st.integers(0, 40), st.booleans()),
        st.tuples(st.just("seal")),
        st.tuples(st.just("keep"), st.integers(0, 40)),
    ),
    max_size=14,
)
readings = st.lists(st.tuples(st.integers(0, 45), st.none() | st.integers(0, 60)), min_size=1, max_size=4)


@given(steps=steps, readings=readings)
@settings(max_examples=60, deadline=None)
def _same(books: Books, monkeypatch: pytest.MonkeyPatch, steps: list[tuple], readings: list[tuple]) -> None:
    with transaction.atomic():
        now = 40.0
        books.post(*[books.line("opening", src, "plant" if src == "outside" else "outside", 10_000)
                     for src in ("outside",)], at=at(-1))  # fmt: skip
        books.post(books.line("depart", "plant", "road_1", 2_000), at=at(-1))
        for step in steps:
            now += 1
            with clock.held_at(at(now)):
                if step[0] == "seal":
                    sealing.seal()
                elif step[0] == "keep":
                    operations.keep_snapshot(at(step[1]))
                else:
                    _verb, (src, dst), qty, hour, is_simulated = step
                    basis = "simulated" if is_simulated else "recorded"
                    books.post(books.line("supply", src, dst, qty, basis=basis), at=at(hour))
        for as_of, known in readings:
            assert read(as_of, known) == read_without(monkeypatch, as_of, known)
        transaction.set_rollback(True)


def test_every_reading_is_the_same_with_and_without(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    partial(_same, books, monkeypatch)()


def test_what_is_booked_late_counts_beside_the_snapshot(books: Books) -> None:
    with clock.held_at(at(9)):
        books.put("plant", 100, at=at(8))
    sealing.seal()
    operations.keep_snapshot(at(19))
    with clock.held_at(at(20)):
        books.put("plant", 7, at=at(10))
    assert sum(row.onhand for row in queries.balances(as_of=at(19))) == 107
    sealing.seal()
    assert sum(row.onhand for row in queries.balances(as_of=at(19))) == 107
    assert sum(row.onhand for row in queries.balances(as_of=at(19), known_at=at(19))) == 100


def test_the_next_snapshot_begins_at_the_last(books: Books) -> None:
    for hour, qty in ((8, 100), (20, 5)):
        with clock.held_at(at(hour)):
            books.put("plant", qty)
        sealing.seal()
        operations.keep_snapshot(at(hour + 1))
    last = Snapshot.objects.order_by("-at").first()
    assert last is not None
    rows = SnapshotRow.objects.filter(snapshot=last, account=books.accounts["plant"])
    assert list(rows.values_list("onhand", flat=True)) == [105]


def test_a_cut_is_kept_once(books: Books) -> None:
    books.put("plant", 1, at=at(1))
    with clock.held_at(at(19.5)):
        assert operations.keep_cut(clock.now())
        assert not operations.keep_cut(clock.now())
    assert list(Snapshot.objects.values_list("at", flat=True)) == [at(19)]


def test_of_empty_books_none_is_kept(books: Books) -> None:
    operations.keep_snapshot(at(8))
    assert Snapshot.objects.count() == 0


def test_a_reading_after_a_snapshot_does_not_read_what_came_before(
    committed: None, owner_url: Callable[[str], str]
) -> None:
    """The plan of the reading touches the movements since the snapshot, not all of them."""
    books = open_test_books()
    for hour in range(50):
        books.post(*[books.line("opening", "outside", "plant", 1)] * 40, at=at(hour / 10))
    sealing.seal()
    operations.keep_snapshot(at(8))
    books.post(books.line("opening", "outside", "plant", 1), at=at(9))
    with psycopg.connect(owner_url("qipan_committed"), autocommit=True) as owner:
        owner.execute("ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        values = {"as_of": at(10), "known_at": None, "like": "%", "kinds": ["store"]}
        from qipan.stock.queries.holdings import _books

        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {_books(None)} SELECT * FROM books", values)
        touched = sum(_touched(cursor.fetchone()[0][0]["Plan"]))
        cursor.execute("RESET enable_seqscan")
    assert touched <= 10  # of 2,001


def _touched(plan: dict) -> list[float]:
    """Rows that scans of the movements returned, times their loops."""
    own = [plan["Actual Rows"] * plan["Actual Loops"]] if plan.get("Relation Name") == "stock_movement" else []
    return own + [rows for below in plan.get("Plans", ()) for rows in _touched(below)]
