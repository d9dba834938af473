"""Ways to take a guard away for a mutant: in the trial's own books, or in this process for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.prove.world import ROOT, World

FUNCTIONS = ROOT / "src" / "qipan" / "stock" / "functions.sql"
UNCHECKED = "ALTER TABLE stock_balance DROP CONSTRAINT balance_not_oversold"
REFUSES = ("WHERE b.held + d.held < 0 OR b.onhand + d.onhand < b.held + d.held", "WHERE false")
"""A change of ``functions.sql``: nothing is refused for lack of stock."""


def rewrite(world: World, *changes: tuple[str, str], then: str = "") -> None:
    """Run the ledger's functions again as their owner, with passages replaced.

    Args:
        changes: (passage, what stands there instead); ``then``: SQL that is run after it.

    Raises:
        ValueError: a passage is not there any more; the mutant would be none.
    """
    sql = FUNCTIONS.read_text()
    for passage, instead in changes:
        if passage not in sql:
            raise ValueError(f"functions.sql has no {passage!r}")
        sql = sql.replace(passage, instead)
    with world.sql() as owner:
        owner.execute(sql)
        if then:
            owner.execute(then)


@contextmanager
def instead(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Have a module or object show another value under a name for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
