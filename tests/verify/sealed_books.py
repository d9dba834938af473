"""Sealed books to bend, and the most thorough way to bend them."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from qipan import verify as reader
from qipan.kernel import merkle
from qipan.kernel.models import Sealed
from qipan.kernel.notes import SigningKey

DATABASE = "qipan_committed"
Check = Callable[..., reader.Report]
Superuser = Callable[..., None]


def rewrite(superuser: Callable[..., None], key: SigningKey, url: str) -> None:
    """Rewrite history as thoroughly as one can who owns database and key: row, balance, leaf, roots, signatures."""
    superuser(
        "UPDATE stock_movement SET qty = 90 WHERE kind = 'opening' AND qty = 100",
        "UPDATE stock_balance b SET onhand = onhand - 10 FROM stock_account x"
        " WHERE x.id = b.account_id AND x.code = 'plant'",
        "UPDATE stock_snapshotrow r SET onhand = onhand + CASE x.code WHEN 'plant' THEN -10 ELSE 10 END"
        " FROM stock_account x WHERE x.id = r.account_id AND x.code IN ('plant', 'outside')",
        "UPDATE kernel_sealed z SET leaf = sha256('\\x00'::bytea || b.body) FROM stock_movement_body b"
        " WHERE z.kind = 'stock_movement' AND z.ref = b.ref",
    )
    leaves = [bytes(leaf) for leaf in Sealed.objects.order_by("n").values_list("leaf", flat=True)]
    with psycopg.connect(url, autocommit=True) as connection:
        for (size,) in connection.execute("SELECT size FROM kernel_checkpoint").fetchall():
            root = merkle.root_of(leaves[:size])
            connection.execute(
                "UPDATE kernel_checkpoint SET root = %s, note = %s WHERE size = %s",
                [root, key.checkpoint(size, root), size],
            )
