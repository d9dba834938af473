"""P5: history cannot be rewritten unnoticed, and a witness can prove it. A superuser bends sealed books at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

from qipan.verify import checks
from qipan.verify.checks import Report
from qipan.verify.hashing import Growing
from tests.prove.bent import KEPT, OTHER, SEALED, UNTOLD, Bent, sealed
from tests.prove.trial import Effort, Outcome, Trial

Guard = Callable[[], AbstractContextManager[object]]


def attack(effort: Effort, guard: Guard | None = None) -> Outcome:
    """Bend the books in one to three places, and ask the reader: it must name a problem, of the row when it is one.

    Without a guard it is over as soon as something went unnoticed.
    """
    dice, bad = random.Random(effort.seed), []
    with sealed(effort) as bent:
        if not (report := bent.verify(with_witness=True)).is_clean:
            return Outcome(1, [f"the books are not clean before: {report.problems}"])
        rounds = effort.times(200, 30)
        with (guard or nullcontext)():
            for number in range(rounds):
                told, refs = "", set()
                for _each in range(dice.choice((1, 1, 1, 2, 3))):
                    said, ref = bend(bent, dice)
                    told += said + "; "
                    refs.add(ref)
                report = bent.verify()
                named = {values.get("ref") for _code, values in report.problems}
                if report.is_clean:
                    bad.append(f"round {number}: not noticed: {told}")
                elif len(refs) == 1 and None not in refs and not refs & named:
                    bad.append(f"round {number}: noticed but not named: {told}{report.problems[:3]}")
                bent.put_right()
                if guard and bad:
                    break
        if not (report := bent.verify(with_witness=True)).is_clean:
            bad.append(f"the books were not put right: {report.problems[:3]}")
        leaves = report.leaves
    return Outcome(rounds, bad, f"{leaves} leaves, {len(KEPT)} tables")


def bend(bent: Bent, dice: random.Random) -> tuple[str, int | None]:
    """One change of one row; what it was, and the number of the row if a leaf speaks of it."""
    table = dice.choice(KEPT)
    how = dice.choice(("update", "update", "update", "delete", "copy"))
    where = bent.some_row(dice, table)
    ref = None
    if table in SEALED and how != "copy":
        found = bent.root.execute(f"SELECT {SEALED[table]} FROM {table} WHERE ctid = %s::tid", [where]).fetchone()
        ref = int(found[0]) if found else None
    if how == "delete":
        if table == "kernel_checkpoint":  # fewer signatures are no lie: the next one covers the same leaves
            return bend(bent, dice)
        if table == "kernel_sealed":  # the very end may be missing: only a witness knows
            where = str(bent.root.execute("SELECT ctid::text FROM kernel_sealed ORDER BY n LIMIT 1").fetchone()[0])  # type: ignore[index]
        bent.root.execute(f"DELETE FROM {table} WHERE ctid = %s::tid", [where])
    elif how == "copy":
        slip_in(bent, dice, table, where)
    else:
        told = [(name, kind) for name, kind in bent.columns[table] if (table, name) not in UNTOLD]
        column, kind = dice.choice(told)
        value = OTHER[kind].format(c=f'"{column}"', n=dice.randint(1, 900))
        bent.root.execute(f'UPDATE {table} SET "{column}" = {value} WHERE ctid = %s::tid', [where])
        return f"{table}.{column} {where} = {value}", ref
    return f"{how} {table} {where}", ref


def slip_in(bent: Bent, dice: random.Random, table: str, where: str) -> None:
    """A second row like the first, under a number nobody has."""
    key = {**SEALED, "kernel_sealed": "n", "kernel_checkpoint": "size"}.get(table, "")
    names = [name for name, _kind in bent.columns[table]]
    moved, far = key or "material_id", dice.randint(10**6, 10**8)
    values = [f'"{name}" + {far}' if name == moved else f'"{name}"' for name in names]
    listed = ", ".join(f'"{name}"' for name in names)
    bent.root.execute(
        f"INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE"
        f" SELECT {', '.join(values)} FROM {table} WHERE ctid = %s::tid",
        [where],
    )


WORDS = (("actor_name", "x"), ("subject", "batch/9"), ("key", "x.y"), ("actor_id", 9))


def attack_with_key(effort: Effort, guard: Guard | None = None) -> Outcome:
    """The key is stolen: a word of the trail is changed, every leaf and signature made anew.

    A witness finds it. Without one nothing can, and the report must say that nobody watches.
    """
    dice, bad = random.Random(effort.seed), []
    with sealed(effort) as bent:
        rounds = effort.times(100, 8)
        with (guard or nullcontext)():
            for number in range(rounds):
                where = bent.some_row(dice, "kernel_event")
                column, value = dice.choice(
                    (("actor_name", "x"), ("subject", "batch/9"), ("key", "x.y"), ("actor_id", 9))
                )
                bent.root.execute(f"UPDATE kernel_event SET {column} = %s WHERE ctid = %s::tid", [value, where])
                bent.sign_anew()
                alone, watched = bent.verify(), bent.verify(with_witness=True)
                if {code for code, _values in watched.problems} != {"fork"}:
                    bad.append(f"round {number}: {column} of {where}: the witness says {watched.problems}")
                if not alone.is_clean or ("no_witness", {}) not in alone.caveats:
                    bad.append(f"round {number}: {column} of {where}: without a witness: {alone.problems[:2]}")
                bent.put_right()
                if guard and bad:
                    break
    return Outcome(2 * rounds, bad, "without a witness none is found, and the report says so")


def without_leaves() -> AbstractContextManager[object]:
    """The reader believes the leaves that are kept, and looks at no row behind them."""

    def believing(connection: Any, report: Report, wanted: set[int]) -> dict[int, bytes]:
        tree, roots = Growing(), {}
        for (kept,) in connection.execute("SELECT leaf FROM kernel_sealed ORDER BY n").fetchall():
            tree.add(bytes(kept))
            if tree.size in wanted:
                roots[tree.size] = tree.root()
        report.leaves = tree.size
        return roots

    return mock.patch.object(checks, "_leaves", believing)


def without_comparing() -> AbstractContextManager[object]:
    """A witness's file is counted and not compared."""

    def counting(report: Report, witnesses: list[checks.Witnessed], *_more: object) -> None:
        report.witnessed = sum(len(each.notes) for each in witnesses)
        if not witnesses:
            report.warn("no_witness")

    return mock.patch.object(checks, "_witnesses", counting)


def without_balances() -> AbstractContextManager[object]:
    """The table of balances is not compared with the movements."""
    return mock.patch.object(checks, "_balances", lambda connection, report: None)


TRIALS = (
    Trial(
        "P5", "bend", "random changes, deletions and insertions by a superuser, in every sealed table", attack,
        {
            "the leaves made from rows": lambda effort: attack(effort, without_leaves),
            "the balances compared": lambda effort: attack(effort, without_balances),
        },
    ),
    Trial(
        "P5", "stolen-key", "history rewritten and signed anew with the log's own key", attack_with_key,
        {"the comparison with the witness": lambda effort: attack_with_key(effort, without_comparing)},
    ),
)  # fmt: skip
