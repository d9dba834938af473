"""The log of everything that was booked: its order, its signed checkpoints, and the proof of one leaf.

Every event, movement, hold and end of a hold is a leaf. The sealer gives what was committed the next numbers
(``kernel_seal``); the order never changes. A checkpoint is the root over the first leaves, signed; whoever has
seen one can find out whether anything before it was rewritten since.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction

from qipan.kernel import clock, scope
from qipan.kernel.merkle import BLOCK, Tree, root_of
from qipan.kernel.models import Block, Checkpoint, Cosignature, Sealed, Tenant, Waiting
from qipan.kernel.notes import PublicKey, SigningKey

SEALER = "sealer"
"""The database connection that keeps checkpoints."""
AT_A_TIME = 20_000
"""Leaves sealed in one transaction."""


def seal() -> int:
    """Give every committed row that waits its place in the log, whoever asks; returns how many."""
    sealed = 0
    while True:
        with scope.entered(scope.EVERYTHING), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT kernel_seal(%s)", [AT_A_TIME])
            found = int(cursor.fetchone()[0])
        sealed += found
        if found < AT_A_TIME:
            return sealed


def seal_soon() -> None:
    """Seal when the running transaction has committed, once; where a worker seals, leave it to the worker."""
    if settings.SEALS_AT_ONCE and _seal_all not in [entry[1] for entry in connection.run_on_commit]:
        transaction.on_commit(_seal_all, robust=True)


def _seal_all() -> None:
    seal()


def is_driven(tenant: int) -> bool:
    """Whether the books are a replayed case's, whose clock says when something was recorded and sealed."""
    return Tenant.objects.filter(id=tenant, clock="driven").exists()


def waiting_since(before: datetime) -> int:
    """How many rows recorded before this instant still wait for their place."""
    return Waiting.objects.filter(at__lt=before).count()


def signing_key() -> SigningKey | None:
    """The log's key, made at first use and readable by its owner alone.

    None when no file is named for it, and when the file is gone from a log that was signed before: a restored log
    does not go on under another key by itself.
    """
    if not settings.SEAL_KEY_FILE:
        return None
    file = Path(settings.SEAL_KEY_FILE)
    if not file.exists():
        if Checkpoint.objects.exists():
            return None
        name = settings.LOG_NAME or f"qipan-{secrets.token_hex(4)}"
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        half = file.with_name(f"{file.name}.half")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"{name}\n{secret}\n")
        half.replace(file)
    name, secret = file.read_text().split()
    return SigningKey(name, base64.b64decode(secret))


@dataclass(frozen=True)
class LogState:
    """How far the log is: leaves sealed, rows that wait, the newest checkpoint, and the log's public key."""

    size: int
    waiting: int
    checkpoint: Checkpoint | None
    key: PublicKey | None


def state() -> LogState:
    """The log as it stands now."""
    last = Checkpoint.objects.order_by("-size").first()
    key = signing_key()
    return LogState(size_now(), Waiting.objects.count(), last, key.public if key else None)


def size_now() -> int:
    """Leaves in the log."""
    found = Sealed.objects.order_by("-n").values_list("n", flat=True).first()
    return int(found or 0)


def tree(size: int) -> Tree:
    """The tree over the first ``size`` leaves, read from the books."""
    kept = Block.objects.count()

    def blocks(low: int, high: int) -> list[bytes]:
        found = Block.objects.filter(number__gte=low, number__lt=min(high, kept)).order_by("number")
        roots = [bytes(root) for root in found.values_list("root", flat=True)]
        return roots + [root_of(_leaves(b * BLOCK, (b + 1) * BLOCK)) for b in range(low + len(roots), high)]

    return Tree(size, leaves=_leaves, blocks=blocks)


def _leaves(low: int, high: int) -> Sequence[bytes]:
    """Leaf hashes by index from 0; the numbers of the books begin at 1."""
    found = Sealed.objects.filter(n__gt=low, n__lte=high).order_by("n").values_list("leaf", flat=True)
    return [bytes(leaf) for leaf in found]


def make_checkpoint() -> int | None:
    """Sign the root over everything sealed, unless nothing is new; returns the size signed, None when none was.

    1. Keep the roots of blocks that have become whole.
    2. Root, signature, row: a size is signed once.
    """
    key = signing_key()
    size = size_now()
    if key is None or not size or Checkpoint.objects.filter(size=size).exists():
        return None
    kept = Block.objects.count()
    fresh = [root_of(_leaves(b * BLOCK, (b + 1) * BLOCK)) for b in range(kept, size // BLOCK)]
    with connections[SEALER].cursor() as cursor:
        if fresh:
            cursor.execute("SELECT kernel_put_blocks(%s, %s)", [kept, fresh])
        root = tree(size).root()
        row: list[Any] = [size, root, clock.now(), key.checkpoint(size, root)]
        cursor.execute("SELECT kernel_put_checkpoint(%s, %s, %s, %s)", row)
    return size


@dataclass(frozen=True)
class Proof:
    """A row's place in the log and the way from its leaf to a signed checkpoint.

    ``path`` and ``checkpoint`` are empty until the next checkpoint is signed; ``n`` counts from 1.
    """

    kind: str
    ref: int
    n: int
    sealed_at: datetime
    leaf: bytes
    path: Sequence[bytes] = ()
    checkpoint: Checkpoint | None = None

    def as_json(self) -> dict[str, object]:
        """As a file that ``qipan verify --proof`` reads, with hashes in base64 and the index from 0."""
        return {
            "format": "qipan-proof/1",
            "kind": self.kind,
            "ref": self.ref,
            "index": self.n - 1,
            "leaf": b64(self.leaf),
            "path": [b64(step) for step in self.path],
            "checkpoint": self.checkpoint.note if self.checkpoint else None,
            "sealed_at": clock.write_instant(self.sealed_at),
        }


def proof_of(kind: str, ref: int) -> Proof | None:
    """The proof of one row against the newest checkpoint; None while it waits for its place."""
    row = Sealed.objects.filter(kind=kind, ref=ref).first()
    if row is None:
        return None
    last = Checkpoint.objects.filter(size__gte=row.n).order_by("-size").first()
    path = tree(last.size).inclusion(row.n - 1) if last else []
    return Proof(kind, ref, row.n, row.sealed_at, bytes(row.leaf), path, last)


def last_witnessed() -> int:
    """The size of the newest checkpoint that somebody else signed; 0 without any."""
    found = Cosignature.objects.order_by("-checkpoint").values_list("checkpoint_id", flat=True).first()
    return int(found or 0)


def last_witnessed_at() -> datetime | None:
    """When the last witness's signature came home; None without any."""
    return Cosignature.objects.order_by("-known_at").values_list("known_at", flat=True).first()


def checkpoints(*, limit: int = 50, offset: int = 0) -> tuple[list[Checkpoint], dict[int, list[Cosignature]], int]:
    """The newest checkpoints, the witnesses' signatures under them by size, and how many there are."""
    rows = list(Checkpoint.objects.order_by("-size")[offset : offset + limit])
    signed: dict[int, list[Cosignature]] = {}
    for found in Cosignature.objects.filter(checkpoint__in=[row.size for row in rows]).order_by("witness"):
        signed.setdefault(found.checkpoint_id, []).append(found)
    return rows, signed, Checkpoint.objects.count()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
