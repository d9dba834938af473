"""P7: no province reads or changes another's. Through every door, and past all doors as the web role."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from unittest import mock
from uuid import UUID

import psycopg
from django.apps import apps
from django.test import Client

from qipan.kernel import grants, scope
from qipan.organisations.models import Region
from tests.doors.aims import ACTS, QUERIES, READERS, addresses, form, leaks, rows_there, strangers, unsafe
from tests.prove.people import client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World
from tests.provinces import Province

THERE = "14"
Before = Callable[[World], AbstractContextManager[object]]


def attack_doors(effort: Effort, before: Before = lambda _world: nullcontext(), *, is_mutant: bool = False) -> Outcome:
    """Readers of Hubei go through every door, aimed at Shanxi's things, in a seeded order.

    A mutant is over as soon as something was seen.
    """
    bad: list[str] = []
    with provinces(effort) as (world, there):
        strangers(world.cast)
        clients = {who: client_of(world, who, "zh-hans") for who in READERS}
        ways = (list(reads(there)), list(writes(there, effort.seed)))
        sides = [[(who, way) for who in READERS for way in side] for side in ways]
        dice = random.Random(effort.seed)
        for side in sides:
            dice.shuffle(side)
        cases = sides[0][: effort.times(1_400, 100)] + sides[1][: effort.times(1_800, 60)]
        dice.shuffle(cases)
        counted = rows_there()
        with before(world):
            for at, (who, (name, go)) in enumerate(cases, start=1):
                said = go(clients[who])
                if said:
                    bad.append(f"{who}: {name}: {said}")
                if at % 200 == 0 and rows_there() != counted:
                    bad.append(f"the other province's rows changed before case {at}")
                if bad and is_mutant:
                    break
        if rows_there() != counted:
            bad.append("the other province's rows changed")
    return Outcome(len(cases), bad, f"of {sum(map(len, sides)):,} ways")


Way = tuple[str, Callable[[Client], str]]


def reads(there: Province) -> Iterator[Way]:
    """Every address, plain and with each query that names the other province."""
    for where in addresses(there):
        queries = QUERIES if not any(letter.isdigit() for letter in where.replace("v1", "")) else ("",)
        for query in queries:
            yield f"GET {where}{query}", lambda client, at=where + query: ", ".join(leaks(client, at))


def writes(there: Province, seed: int) -> Iterator[Way]:
    """Every unsafe operation of the API, and every act sent to every page."""
    for number, (method, where, body) in enumerate(unsafe(there)):

        def call(
            client: Client, method: str = method, where: str = where, body: object = body, at: int = number
        ) -> str:
            head = {"idempotency-key": str(UUID(int=(seed << 32) + at))}
            answer = client.generic(method, where, json.dumps(body), content_type="application/json", headers=head)
            return "" if 400 <= answer.status_code < 500 else f"answered {answer.status_code}"

        yield f"{method} {where}", call
    for where in addresses(there):
        if where.startswith("/api/"):
            continue
        for act in ACTS:

            def send(client: Client, where: str = where, act: str = act) -> str:
                answer = client.post(where, form(there, act))
                return f"fault {answer.status_code}" if answer.status_code >= 500 else ""

            yield f"POST {where} to {act}", send


def attack_tables(effort: Effort, before: Before = lambda _world: nullcontext()) -> Outcome:
    """The web role asks, changes and deletes past every door, under random scopes that leave Shanxi out.

    What stands outside the books (accounts of no division) is everybody's. What two patterns show
    together must be what each shows alone.
    """
    bad: list[str] = []
    asked = 0
    dice = random.Random(effort.seed)
    with provinces(effort) as (world, _there):
        models = {m._meta.db_table: m._meta for m in apps.get_models(include_auto_created=True)}
        keys = {name: ", ".join(f'"{each.column}"' for each in meta.pk_fields) for name, meta in models.items()}
        tables = {table: keys[table] for table in grants.walled()}
        prefixes = sorted({code[:n] for code in Region.objects.values_list("code", flat=True) for n in (2, 4, 6)})
        elsewhere = [prefix for prefix in prefixes if not prefix.startswith(THERE)]
        with world.sql("web") as web, ExitStack() as stack:
            theirs = {table: seen(web, table, key, f"{THERE}%") for table, key in tables.items()}
            theirs["stock_account"] -= seen(web, "stock_account", tables["stock_account"], "99%")
            stack.enter_context(before(world))
            for _round in range(effort.times(250, 4)):
                patterns = [f"{prefix}%" for prefix in dice.choices(elsewhere, k=dice.randint(1, 3))] + ["42%"]
                for table, key in tables.items():
                    asked += 1
                    bad += tried(web, table, key, patterns, theirs[table])
    filled = sum(bool(rows) for rows in theirs.values())
    return Outcome(asked, bad, f"{len(tables)} tables with a policy, {filled} with rows there")


def seen(web: psycopg.Connection[object], table: str, key: str, patterns: str) -> set[object]:
    """The keys of the rows that a session of this scope reads; ``key`` names their columns."""
    web.execute("SELECT set_config('qipan.scope', %s, false)", [patterns])
    return set(web.execute(f"SELECT {key} FROM {table}").fetchall())


def tried(web: psycopg.Connection[object], table: str, key: str, patterns: list[str], theirs: set[object]) -> list[str]:
    """What could be read or changed of ``theirs`` under these patterns, each in a sentence."""
    together = seen(web, table, key, ",".join(patterns))
    alone = set().union(*(seen(web, table, key, pattern) for pattern in patterns))
    found = []
    if together & theirs:
        found.append(f"{table}: {len(together & theirs)} of their rows are read under {','.join(patterns)}")
    if together != alone:
        found.append(f"{table}: {','.join(patterns)} shows {len(together)} rows together and {len(alone)} apart")
    seen(web, table, key, ",".join(patterns))
    for change in (f"UPDATE {table} SET ({key}) = ROW ({key})", f"DELETE FROM {table}"):
        try:
            with web.transaction(force_rollback=True):
                done = set(web.execute(f"{change} RETURNING {key}").fetchall())
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
            continue
        if done & theirs:
            found.append(f"{table}: {len(done & theirs)} of their rows: {change} under {','.join(patterns)}")
    return found


def without_scope(_world: World) -> AbstractContextManager[object]:
    """Every request is shown everything."""
    return mock.patch.object(scope, "of", lambda actor: scope.EVERYTHING)


def without_policy(table: str) -> Before:
    """One table has no policy."""

    def drop(world: World) -> AbstractContextManager[object]:
        with world.sql() as owner:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        return nullcontext()

    return drop


TRIALS = (
    Trial(
        "P7", "doors", "every address, operation and form, aimed at another province's things by three readers",
        attack_doors,
        {
            "the scope of a request": lambda effort: attack_doors(effort, without_scope, is_mutant=True),
            "the policy on batches": lambda effort: attack_doors(
                effort, without_policy("allocation_batch"), is_mutant=True
            ),
        },
    ),
    Trial(
        "P7", "tables", "SQL of the web role under random scopes on every table that has a policy", attack_tables,
        {
            "the policy on movements": lambda effort: attack_tables(effort, without_policy("stock_movement")),
            "the policy on remarks": lambda effort: attack_tables(effort, without_policy("demand_remark")),
        },
    ),
)  # fmt: skip
