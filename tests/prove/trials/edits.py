"""P8: nothing is edited or deleted. The web role tries to change every column of every fact it can name."""

from __future__ import annotations

import random
from collections.abc import Callable

import psycopg

from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books

FACTS = (
    "stock_movement", "stock_posting", "stock_hold", "stock_holdend", "stock_balance", "stock_account", "kernel_event",
    "kernel_sealed", "kernel_checkpoint", "allocation_batchstep", "transport_shipmentstep",
)  # fmt: skip
COLUMNS = """SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY 1"""
GRANTED = "GRANT UPDATE, DELETE, TRUNCATE ON stock_movement TO qipan_web"


def attack(effort: Effort, before: Callable[[World], None] = lambda _world: None) -> Outcome:
    """Every way to change a row, tried in a seeded order; a way that is not denied is a violation."""
    with books(effort.ground) as world:
        before(world)
        with world.sql() as owner:
            tables = [t for t in FACTS if owner.execute("SELECT to_regclass(%s)", [t]).fetchone() != (None,)]
            ways = [f'UPDATE {t} SET "{c}" = "{c}"' for t in tables for (c,) in owner.execute(COLUMNS, [t])]
        ways += [f"DELETE FROM {t}" for t in tables] + [f"TRUNCATE {t} CASCADE" for t in tables]
        random.Random(effort.seed).shuffle(ways)
        done = []
        with world.sql("web") as web:
            for way in ways:
                try:
                    web.execute(way)
                    done.append(f"the web role may: {way}")
                except psycopg.errors.InsufficientPrivilege:
                    continue
    return Outcome(len(ways), done, f"{len(tables)} tables of facts")


def attack_granted(effort: Effort) -> Outcome:
    """The web role is given the right to change movements."""

    def grant(world: World) -> None:
        with world.sql() as owner:
            owner.execute(GRANTED)

    return attack(effort, grant)


TRIALS = (
    Trial(
        "P8", "edits", "every UPDATE, DELETE and TRUNCATE of a fact, as the web role", attack,
        {"rights on movements": attack_granted},
    ),
)  # fmt: skip
