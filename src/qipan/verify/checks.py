"""The checks: every leaf against its row, every checkpoint against the leaves, what witnesses saw, and the balances."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from qipan.verify.hashing import Checkpoint, Growing, Key, leads_to, leaf, packed

AT_A_TIME = 5_000
SHOWN = 100
"""Problems listed; more are counted."""
ROWS = {
    "kernel_event": """
        SELECT id, key, tenant, actor_id, actor_name, subject, at, known_at, detail::text, region_code
          FROM kernel_event WHERE id = ANY(%s)""",
    "stock_movement": """
        SELECT m.id, m.tenant, m.kind, i.code, coalesce(l.number, ''), l.expires_on, s.kind, s.code, s.region_code,
               d.kind, d.code, d.region_code, m.qty, m.hold, m.reverses_id, m.basis, m.document, m.actor, m.idem,
               m.line, m.occurred_at, m.recorded_at
          FROM stock_movement m JOIN catalogue_material i ON i.id = m.material_id
          JOIN stock_account s ON s.id = m.src_id JOIN stock_account d ON d.id = m.dst_id
          LEFT JOIN stock_lot l ON l.id = m.lot WHERE m.id = ANY(%s) AND (m.lot = 0 OR l.id IS NOT NULL)""",
    "stock_hold": """
        SELECT h.id, h.tenant, i.code, coalesce(l.number, ''), l.expires_on, a.kind, a.code, a.region_code, h.qty,
               h.document, h.actor, h.idem, h.line, h.occurred_at, h.recorded_at, h.expires_at
          FROM stock_hold h JOIN catalogue_material i ON i.id = h.material_id
          JOIN stock_account a ON a.id = h.account_id
          LEFT JOIN stock_lot l ON l.id = h.lot WHERE h.id = ANY(%s) AND (h.lot = 0 OR l.id IS NOT NULL)""",
    "stock_holdend": """
        SELECT hold_id, how, idem, actor, occurred_at, recorded_at FROM stock_holdend WHERE hold_id = ANY(%s)""",
}
"""How the rows of each sealed table are read; the first column is the row's id. A lot nobody knows is no row."""
TAGS = {"kernel_event": "event", "stock_movement": "movement", "stock_hold": "hold", "stock_holdend": "hold_end"}
KEYS = {"kernel_event": "id", "stock_movement": "id", "stock_hold": "id", "stock_holdend": "hold_id"}
BOOKED = """
    SELECT a, i, l, sum(o)::bigint, sum(h)::bigint FROM (
      SELECT dst_id a, material_id i, lot l, qty o, 0 h FROM stock_movement
      UNION ALL SELECT src_id, material_id, lot, -qty, 0 FROM stock_movement
      UNION ALL SELECT account_id, material_id, lot, 0, qty FROM stock_hold h
                 WHERE NOT EXISTS (SELECT FROM stock_holdend e WHERE e.hold_id = h.id)) t
    JOIN stock_account x ON x.id = a AND x.kind IN ('store', 'awaiting', 'road', 'seized') GROUP BY 1, 2, 3"""


RECOMPUTED = """
    WITH fresh AS (
      SELECT m.* FROM stock_movement m JOIN kernel_sealed z ON z.kind = 'stock_movement' AND z.ref = m.id
       WHERE z.n <= %(n)s AND m.occurred_at <= %(at)s AND (m.occurred_at > %(base_at)s OR z.n > %(base_n)s)),
    given AS (
      SELECT a, i, l, sum(q)::bigint AS q, bool_or(s) AS s FROM (
        SELECT account_id, material_id, lot, onhand, is_simulated FROM stock_snapshotrow WHERE snapshot_id = %(base)s
        UNION ALL SELECT dst_id, material_id, lot, qty, basis = 'simulated' FROM fresh
        UNION ALL SELECT src_id, material_id, lot, -qty, basis = 'simulated' FROM fresh) t(a, i, l, q, s)
      GROUP BY a, i, l)
    SELECT count(*) FROM given g FULL JOIN
      (SELECT account_id, material_id, lot, onhand, is_simulated FROM stock_snapshotrow WHERE snapshot_id = %(id)s) r
        ON (g.a, g.i, g.l) = (r.account_id, r.material_id, r.lot)
     WHERE g.q IS DISTINCT FROM r.onhand OR g.s IS DISTINCT FROM r.is_simulated"""
"""How many rows of a snapshot differ from the one before it and the movements since."""


@dataclass(frozen=True)
class Witnessed:
    """What one witness kept of our checkpoints: its name, its key when it gave one, and the notes."""

    name: str
    key: Key | None
    notes: list[Checkpoint]


@dataclass
class Report:
    """What was checked and what was found; ``problems`` and ``caveats`` are ``(code, values)``."""

    leaves: int = 0
    waiting: int = 0
    checkpoints: int = 0
    witnessed: int = 0
    balances: int = 0
    snapshots: int = 0
    found: int = 0
    problems: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    caveats: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return self.found == 0

    def say(self, code: str, **values: object) -> None:
        self.found += 1
        if len(self.problems) < SHOWN:
            self.problems.append((code, values))

    def warn(self, code: str, **values: object) -> None:
        self.caveats.append((code, values))


def read_witness_file(path: Path) -> Witnessed:
    """A witness's file: ``{"format": "qipan-witness/1", "witness", "key", "checkpoints": [note, …]}``.

    Raises: ValueError naming what is wrong.
    """
    try:
        read = json.loads(path.read_text("utf-8"))
        if read["format"] != "qipan-witness/1":
            raise ValueError("another format")
        key = Key.read(read["key"]) if read.get("key") else None
        return Witnessed(str(read["witness"]), key, [Checkpoint.read(text) for text in read["checkpoints"]])
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(str(error)) from error


def verify(
    connection: psycopg.Connection[Any],
    *,
    key: Key | None,
    is_own_key: bool = False,
    witnesses: list[Witnessed] | None = None,
) -> Report:
    """Check everything in one reading of the database.

    Args:
        connection: needs SELECT alone; everything is read as of one instant.
        key: the log's public key.
        witnesses: what others saw of our checkpoints.
    """
    report = Report()
    witnesses = witnesses or []
    connection.autocommit = False
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    connection.execute("SET LOCAL qipan.scope = '%'")  # row-level security shows every row to whoever may SELECT
    kept = connection.execute("SELECT size, root, note FROM kernel_checkpoint ORDER BY size").fetchall()
    seen = {note.size for witness in witnesses for note in witness.notes}
    roots = _leaves(connection, report, wanted={size for size, *_more in kept} | seen)
    _rows_behind(connection, report)
    _checkpoints(report, kept, roots, key)
    _witnesses(report, witnesses, roots, key)
    _balances(connection, report)
    _snapshots(connection, report)
    if key is None:
        report.warn("no_key")
    elif is_own_key:
        report.warn("own_key")
    if report.waiting:
        report.warn("waiting", waiting=report.waiting)
    connection.rollback()
    return report


def _leaves(connection: psycopg.Connection[Any], report: Report, wanted: set[int]) -> dict[int, bytes]:
    """Recompute every leaf from its row, in order; returns the root at each size that is wanted."""
    tree, roots, expected = Growing(), {}, 1
    with connection.cursor(name="leaves") as cursor:
        cursor.execute("SELECT n, kind, ref, leaf FROM kernel_sealed ORDER BY n")
        while batch := cursor.fetchmany(AT_A_TIME):
            bodies = _bodies(connection, batch)
            for n, kind, ref, kept in batch:
                while expected < n:
                    report.say("number_missing", n=expected)
                    tree.add(b"\x00" * 32)
                    expected += 1
                body = bodies.get((kind, ref))
                if body is None:
                    report.say("row_gone", n=n, kind=kind, ref=ref)
                elif leaf(body) != kept:
                    report.say("leaf_differs", n=n, kind=kind, ref=ref)
                tree.add(leaf(body) if body is not None else bytes(kept))
                expected = n + 1
                if tree.size in wanted:
                    roots[tree.size] = tree.root()
    report.leaves = tree.size
    return roots


def _bodies(connection: psycopg.Connection[Any], batch: list[tuple[Any, ...]]) -> dict[tuple[str, int], bytes]:
    found: dict[tuple[str, int], bytes] = {}
    for kind in {row[1] for row in batch} & ROWS.keys():
        refs = [row[2] for row in batch if row[1] == kind]
        for row in connection.execute(ROWS[kind], [refs]):
            is_older = kind == "kernel_event" and row[-1] is None  # written before events named their division
            found[kind, row[0]] = packed(TAGS[kind], *(row[:-1] if is_older else row))
    return found


def _rows_behind(connection: psycopg.Connection[Any], report: Report) -> None:
    """Rows that are neither sealed nor waiting were written behind the log's back."""
    for kind, column in KEYS.items():
        sql = f"""
            SELECT {column} FROM {kind} r
             WHERE NOT EXISTS (SELECT FROM kernel_sealed z WHERE z.kind = %(kind)s AND z.ref = r.{column})
               AND NOT EXISTS (SELECT FROM kernel_waiting w WHERE w.kind = %(kind)s AND w.ref = r.{column})
             ORDER BY 1"""
        for (ref,) in connection.execute(sql, {"kind": kind}):
            report.say("not_in_log", kind=kind, ref=ref)
    report.waiting = _one(connection, "SELECT count(*) FROM kernel_waiting")
    twice = "SELECT reverses_id FROM stock_movement WHERE reverses_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    for (ref,) in connection.execute(twice):
        report.say("reversed_twice", ref=ref)


def _checkpoints(report: Report, kept: list[tuple[Any, ...]], roots: dict[int, bytes], key: Key | None) -> None:
    """Every checkpoint says the root that the rows give, under the key's signature."""
    for size, root, text in kept:
        try:
            note = Checkpoint.read(text)
        except ValueError:
            report.say("note_unreadable", size=size)
            continue
        if (note.size, note.root) != (size, bytes(root)) or roots.get(size) != note.root:
            report.say("root_differs", size=size)
        if key is not None and not (note.origin == key.name and key.holds(note)):
            report.say("signature_wrong", size=size)
    report.checkpoints = len(kept)
    if not kept:
        report.warn("no_checkpoint")


def _witnesses(report: Report, witnesses: list[Witnessed], roots: dict[int, bytes], key: Key | None) -> None:
    """What was seen must be a beginning of what is there."""
    last = 0
    for witness in witnesses:
        for note in witness.notes:
            if key is not None and not (note.origin == key.name and key.holds(note)):
                report.say("witness_file_wrong", witness=witness.name, why=f"{note.size}: not signed by {key.name}")
            elif witness.key is not None and not witness.key.holds(note):
                report.say("witness_file_wrong", witness=witness.name, why=f"{note.size}: not cosigned by it")
            elif note.size > report.leaves:
                report.say("log_shorter", witness=witness.name, size=note.size, leaves=report.leaves)
            elif roots.get(note.size) != note.root:
                report.say("fork", witness=witness.name, size=note.size)
            else:
                report.witnessed += 1
                last = max(last, note.size)
    if not witnesses:
        report.warn("no_witness")
    elif report.leaves > last:
        report.warn("after_witness", leaves=report.leaves - last)


def _balances(connection: psycopg.Connection[Any], report: Report) -> None:
    """The table of balances says what the movements and open holds give; nothing is below zero."""
    kept = dict(_balance_rows(connection, "SELECT account_id, material_id, lot, onhand, held FROM stock_balance"))
    booked = dict(_balance_rows(connection, BOOKED))
    for where in sorted(kept.keys() | booked.keys()):
        mine, theirs = kept.get(where, (0, 0)), booked.get(where, (0, 0))
        account, item, lot = where
        said = {"account": account, "item": item, "lot": lot, "kept": "{}/{}".format(*mine)}
        if mine != theirs:
            report.say("balance_differs", **said, booked="{}/{}".format(*theirs))
        elif min(mine) < 0 or mine[0] < mine[1]:
            report.say("balance_negative", **said)
    report.balances = len(kept)


def _snapshots(connection: psycopg.Connection[Any], report: Report) -> None:
    """Every snapshot follows from the one before it and the movements since; the first from nothing."""
    previous: dict[str, object] = {"base": 0, "base_at": "-infinity", "base_n": 0}
    rows = connection.execute("SELECT id, at, n FROM stock_snapshot ORDER BY at, n").fetchall()
    for number, at, n in rows:
        wrong = _one(connection, RECOMPUTED, {**previous, "id": number, "at": at, "n": n})
        if wrong:
            report.say("snapshot_differs", at=at.isoformat(), rows=wrong)
        previous = {"base": number, "base_at": at, "base_n": n}
    report.snapshots = len(rows)


def _balance_rows(
    connection: psycopg.Connection[Any], sql: str
) -> Iterator[tuple[tuple[int, int, int], tuple[int, int]]]:
    for account, item, lot, onhand, held in connection.execute(sql):
        yield (account, item, lot), (onhand, held)


def _one(connection: psycopg.Connection[Any], sql: LiteralString, values: dict[str, object] | None = None) -> int:
    row = connection.execute(sql, values).fetchone()
    return int(row[0]) if row else 0


def check_proof(text: str, key: Key) -> str:
    """What is wrong with a proof of one leaf (``qipan-proof/1``); "" when it holds. Needs no database."""
    try:
        read = json.loads(text)
        note = Checkpoint.read(read["checkpoint"] or "")
        hashed = base64.b64decode(read["leaf"], validate=True)
        path = [base64.b64decode(step, validate=True) for step in read["path"]]
        index = int(read["index"])
    except (ValueError, KeyError, TypeError) as error:
        return f"unreadable ({error})"
    if not (note.origin == key.name and key.holds(note)):
        return f"not signed by {key.name}"
    if not 0 <= index < note.size or leads_to(hashed, index, note.size, path) != note.root:
        return "the path does not lead to the signed root"
    return ""
