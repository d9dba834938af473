"""Writes of the ledger: every one is one call of one SQL function, all or nothing."""

from qipan.stock.operations.correcting import (
    confirm_correction,
    count_stock,
    propose_reversal,
    propose_write_off,
    reject_correction,
)
from qipan.stock.operations.cuts import keep_cut, keep_snapshot
from qipan.stock.operations.opening import Opening, open_accounts, open_books, open_lot, open_store
from qipan.stock.operations.posting import HoldLine, Transfer, end_overdue, hold_batch, post_batch, void_holds

__all__ = [
    "HoldLine",
    "Opening",
    "Transfer",
    "confirm_correction",
    "count_stock",
    "end_overdue",
    "hold_batch",
    "keep_cut",
    "keep_snapshot",
    "open_accounts",
    "open_books",
    "open_lot",
    "open_store",
    "post_batch",
    "propose_reversal",
    "propose_write_off",
    "reject_correction",
    "void_holds",
]
