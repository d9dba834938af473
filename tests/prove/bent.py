"""Sealed books that a superuser bends and that are put right again, to be bent anew."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.test import override_settings

from qipan import verify as reader
from qipan.kernel import clock, merkle, sealing, witness
from qipan.kernel.notes import Note, SigningKey
from qipan.stock import operations as stock
from tests.prove.people import provinces
from tests.prove.trial import Effort

SEALED = {"kernel_event": "id", "stock_movement": "id", "stock_hold": "id", "stock_holdend": "hold_id"}
"""Tables whose rows are leaves of the log, and what a leaf calls them by."""
KEPT = (*SEALED, "kernel_sealed", "kernel_checkpoint", "stock_balance", "stock_snapshotrow")
UNTOLD = {("kernel_sealed", "sealed_at"), ("kernel_checkpoint", "made_at"), ("kernel_checkpoint", "id")}
"""Columns that nothing signed speaks of: when a seal was put on, when a checkpoint was made, the database's number."""
OTHER = {
    "bigint": "coalesce({c}, 0) + {n}", "integer": "coalesce({c}, 0) + {n}", "smallint": "coalesce({c}, 0) + 1",
    "text": "coalesce({c}, '') || '{n}'", "character varying": "left('{n}' || coalesce({c}, ''), 3)",
    "boolean": "NOT coalesce({c}, false)", "uuid": "gen_random_uuid()", "bytea": "sha256('{n}'::bytea)",
    "timestamp with time zone": "coalesce({c}, now()) + interval '{n} microseconds'",
    "jsonb": """coalesce({c}, '{{}}') || '{{"bent": {n}}}'""", "date": "coalesce({c}, current_date) + 1",
}  # fmt: skip
"""SQL for another value of a column, by its type; ``n`` is a number > 0."""
COLUMNS = """SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position"""
CHECKS = """SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE (contype IN ('c', 'f', 'u', 'x') AND conrelid = ANY(%(kept)s::regclass[]))
       OR (contype = 'f' AND confrelid = ANY(%(kept)s::regclass[]))"""


@dataclass
class Bent:
    """Books under a superuser's hands.

    Args:
        columns: of each table, name and type. witnessed: the file of a witness that saw the newest checkpoint.
    """

    root: psycopg.Connection[Any]
    key: SigningKey
    columns: dict[str, list[tuple[str, str]]]
    witnessed: reader.Witnessed

    def verify(self, *, with_witness: bool = False) -> reader.Report:
        """What the reader says, which is not told of any witness unless asked to."""
        seen = [self.witnessed] if with_witness else []
        report = reader.verify(self.root, key=reader.Key.read(str(self.key.public)), witnesses=seen)
        self.root.autocommit = True
        return report

    def put_right(self) -> None:
        """Every row as it was."""
        with self.root.transaction():
            for table in KEPT:
                names = ", ".join(f'"{name}"' for name, _type in self.columns[table])
                self.root.execute(f"TRUNCATE {table}")
                self.root.execute(
                    f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM kept.{table}"
                )

    def some_row(self, dice: random.Random, table: str) -> str:
        """Where a row of the table stands (``ctid``); a balance of nothing says nothing, wherever it stands."""
        said = " WHERE onhand <> 0 OR held <> 0" if table == "stock_balance" else ""
        places = [row[0] for row in self.root.execute(f"SELECT ctid::text FROM {table}{said} ORDER BY ctid")]
        return str(dice.choice(places))

    def sign_anew(self) -> None:
        """What the holder of the key can do: every leaf from its row, every root and signature from the leaves."""
        for kind in SEALED:
            self.root.execute(
                f"UPDATE kernel_sealed z SET leaf = sha256('\\x00'::bytea || b.body) FROM {kind}_body b"
                f" WHERE z.kind = '{kind}' AND z.ref = b.ref"
            )
        leaves = [bytes(row[0]) for row in self.root.execute("SELECT leaf FROM kernel_sealed ORDER BY n")]
        for (size,) in self.root.execute("SELECT size FROM kernel_checkpoint").fetchall():
            top = merkle.root_of(leaves[:size])
            self.root.execute(
                "UPDATE kernel_checkpoint SET root = %s, note = %s WHERE size = %s",
                [top, self.key.checkpoint(size, top), size],
            )


@contextmanager
def sealed(effort: Effort) -> Iterator[Bent]:
    """Two provinces' books, sealed, signed twice, with two snapshots, and a witness outside; a superuser in them."""
    effort.folder.joinpath("keys").mkdir()
    with (
        override_settings(SEAL_KEY_FILE=str(effort.folder / "keys" / "seal_key"), LOG_NAME="hubei.test"),
        provinces(effort) as (world, _there),
    ):
        _sign()
        world.cast.put("plant_a", "SUIT-GB", 500)
        world.cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
        first, second = (world.cast.plan("SUIT-GB", place="420000") for _ in range(2))
        world.cast.issue(first)
        world.cast.put("plant_b", "GOG", 70)
        world.cast.send(first)
        _sign()
        key = sealing.signing_key()
        assert key is not None and second > first
        seen = _seen(effort.folder)
        with psycopg.connect(world.url("superuser"), autocommit=True) as root:
            yield Bent(root, key, _open_up(root), seen)


def _sign() -> None:
    sealing.seal()
    stock.keep_snapshot(clock.now())
    sealing.make_checkpoint()


def _seen(folder: Path) -> reader.Witnessed:
    """The file of a witness that cosigned the newest checkpoint."""
    from qipan.kernel.models import Checkpoint

    centre = SigningKey("centre.test", uuid4().bytes * 2)
    text = Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0]
    line = centre.cosign(Note.read(text), seconds=1_580_313_600)
    file = folder / "kept.json"
    said = {"format": witness.KEPT, "witness": "centre.test", "key": str(centre.public.as_witness())}
    file.write_text(json.dumps({**said, "checkpoints": [text + line + "\n"]}))
    return reader.read_witness_file(file)


def _open_up(root: psycopg.Connection[Any]) -> dict[str, list[tuple[str, str]]]:
    """Take off every constraint and trigger, as a superuser can, and keep every row aside; the columns by table."""
    root.execute("SET session_replication_role = replica")
    root.execute("SET client_min_messages = warning")
    root.execute("CREATE SCHEMA kept")
    for table, name in root.execute(CHECKS, {"kept": list(KEPT)}).fetchall():
        root.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    for table in KEPT:
        root.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
    return {table: root.execute(COLUMNS, [table]).fetchall() for table in KEPT}
