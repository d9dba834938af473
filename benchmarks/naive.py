"""What one writes first: the same booking as a loop over Django's models, honest about locks and refusals."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, connections, models, transaction

from qipan.kernel.access import Actor
from qipan.stock.operations import Transfer

TRIES = 1000
LIKE = ("movement", "posting")
"""These have the indexes and checks of the ledger's own; nothing seals their rows."""


class Short(Exception):
    """The store has less free."""


class NaiveKey(models.Model):
    """A call that was booked."""

    idem = models.UUIDField(primary_key=True)
    tenant = models.IntegerField()
    actor = models.BigIntegerField()
    body_sha256 = models.BinaryField()
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "stock"
        db_table = "naive_posting"
        managed = False


class NaiveBalance(models.Model):
    """What a store has of an item."""

    id = models.BigAutoField(primary_key=True)
    account = models.BigIntegerField()
    material = models.BigIntegerField()
    lot = models.BigIntegerField(default=0)
    onhand = models.BigIntegerField()
    held = models.BigIntegerField(default=0)

    class Meta:
        app_label = "stock"
        db_table = "naive_balance"
        constraints = [models.UniqueConstraint(fields=["account", "material", "lot"], name="naive_balance_once")]


class NaiveMovement(models.Model):
    """One line."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.IntegerField()
    kind = models.CharField(max_length=10)
    material_id = models.BigIntegerField()
    lot = models.BigIntegerField()
    src_id = models.BigIntegerField()
    dst_id = models.BigIntegerField()
    qty = models.BigIntegerField()
    basis = models.CharField(max_length=10)
    document = models.CharField(max_length=60)
    actor = models.BigIntegerField()
    idem = models.UUIDField()
    line = models.IntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "stock"
        db_table = "naive_movement"
        managed = False


def make_tables() -> None:
    """Make the three tables, and the balances of every store as the ledger has them."""
    owner = connections["owner"]
    with owner.schema_editor() as editor:
        editor.create_model(NaiveBalance)
    with owner.cursor() as cursor:
        for name in LIKE:
            cursor.execute(f"CREATE TABLE naive_{name} (LIKE stock_{name} INCLUDING ALL)")
        cursor.execute("GRANT ALL ON naive_balance, naive_movement, naive_posting TO qipan_web")
        cursor.execute(
            "INSERT INTO naive_balance (account, material, lot, onhand, held)"
            " SELECT account_id, material_id, lot, onhand, held FROM stock_balance"
        )
        cursor.execute("ANALYZE naive_balance")


def drop_tables() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE naive_balance, naive_movement, naive_posting")


def post_locking(lines: Sequence[Transfer], *, by: Actor, idem: UUID, at: datetime) -> None:
    """Line by line: lock both balances in key order, check, insert, write both. All or nothing.

    Both ends of every line are stores that have balances.

    Raises:
        Short: the store has less free.
    """
    with transaction.atomic():
        _book(lines, by=by, idem=idem, at=at, is_locking=True)


def post_serializable(lines: Sequence[Transfer], *, by: Actor, idem: UUID, at: datetime) -> None:
    """The same without locks in a SERIALIZABLE transaction, again when the database says so."""
    for turn in range(TRIES):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                _book(lines, by=by, idem=idem, at=at, is_locking=False)
                return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in ("40001", "40P01"):
                raise
            time.sleep(random.uniform(0, 0.002 * min(turn + 1, 10)))
    raise TimeoutError


def _book(lines: Sequence[Transfer], *, by: Actor, idem: UUID, at: datetime, is_locking: bool) -> None:
    digest = sha256(repr((by.tenant, by.id, at, lines)).encode()).digest()
    NaiveKey.objects.create(idem=idem, tenant=by.tenant, actor=by.id, body_sha256=digest, recorded_at=at)
    for number, line in enumerate(lines, 1):
        rows: Any = NaiveBalance.objects.select_for_update() if is_locking else NaiveBalance.objects
        pair = rows.filter(account__in=[line.src, line.dst], material=line.item, lot=line.lot).order_by("account")
        found = {row.account: row for row in pair}
        giver, taker = found[line.src], found[line.dst]
        if giver.onhand - giver.held < line.qty:
            raise Short
        NaiveMovement.objects.create(
            tenant=by.tenant, kind=line.kind, material_id=line.item, lot=line.lot, src_id=line.src, dst_id=line.dst,
            qty=line.qty, basis=line.basis, document=line.document, actor=by.id, idem=idem, line=number,
            occurred_at=at, recorded_at=at,
        )  # fmt: skip
        giver.onhand -= line.qty
        giver.save(update_fields=["onhand"])
        taker.onhand += line.qty
        taker.save(update_fields=["onhand"])
