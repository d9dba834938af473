"""P6: every figure can be recomputed as of any past instant. Packs are published at the cuts of a simulation and kept;
whatever is booked afterwards, recomputing what was known at a cut gives the pack again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from qipan.kernel import clock, figures, sealing
from qipan.kernel.figures import Cut
from qipan.stock import queries
from qipan.stock.queries import holdings
from tests.prove import guards
from tests.prove.simulator.play import BEGIN, KINDS, Play
from tests.prove.trial import Effort, Outcome, Run, Trial
from tests.prove.world import World, books

STEPS, STEPS_LEAST = 1500, 90
LATE = timedelta(hours=9)
"""At least one report comes so late after every cut."""
PLACES = ("", "420000", "420100")
MOVED = """SELECT account, item, sum(qty)::bigint FROM (
      SELECT m.dst_id AS account, m.material_id AS item, m.qty, m.id, m.occurred_at FROM stock_movement m
      UNION ALL SELECT m.src_id, m.material_id, -m.qty, m.id, m.occurred_at FROM stock_movement m) t
    JOIN stock_account a ON a.id = t.account AND a.kind IN ('store', 'road', 'seized')
    JOIN kernel_sealed z ON z.kind = 'stock_movement' AND z.ref = t.id AND z.sealed_at <= %(cut)s
   WHERE t.occurred_at <= %(cut)s GROUP BY 1, 2 HAVING sum(qty) <> 0"""
"""What was where, from movements alone: no snapshot, no balance."""
MOVEMENTS = import_module("qipan.stock.queries.movements")
Pack = dict[str, Any]
Around = Callable[[], AbstractContextManager[object]]


def publish_and_recompute(effort: Effort, around: Around = nullcontext) -> Outcome:
    """Read a pack at every cut that passes; recompute all of them in the end, and stock from movements alone."""
    kept: dict[datetime, Pack] = {}
    with clock.held_at(BEGIN), books(effort.ground) as world, around():
        play = Play(world, effort.seed, crash_share=0)
        for _step in range(effort.times(STEPS, STEPS_LEAST)):
            was = play.now
            play.step_on()
            for cut in clock.cuts_between(was, play.now):
                with clock.held_at(cut):
                    sealing.seal()
                    kept[cut] = _pack(cut)
                play.pass_cut(cut)
                play.tell_late(LATE)
        with clock.held_at(play.now + timedelta(days=1)):
            sealing.seal()
            broken = [f"seed {effort.seed}: {problem}" for problem in _compare(world, kept)]
    rows = sum(len(part["rows"]) for pack in kept.values() for part in pack.values())
    return Outcome(len(kept) * len(PLACES), broken, f"{rows:,} rows of figures in {len(kept)} packs")


def _compare(world: World, kept: dict[datetime, Pack]) -> Iterable[str]:
    with world.sql() as owner:
        for cut, pack in kept.items():
            try:
                again = _pack(cut)
                for found in figures.all_figures():
                    found.read(Cut(cut))  # with what is known today it may differ, but it is there
            except (ArithmeticError, LookupError, ValueError) as error:
                yield f"figures of {clock.write_instant(cut)} cannot be read: {error!r}"
                continue
            for key in pack:
                if again[key] != pack[key]:
                    yield f"{key} known at {clock.write_instant(cut)}: {_differing(pack[key], again[key])}"
            moved = {(row[0], row[1]): row[2] for row in owner.execute(MOVED, {"cut": cut})}
            stock = {(r["account"], r["item"]): r["onhand"] for r in pack["stock"]["rows"]}
            if moved != stock:
                yield f"stock known at {clock.write_instant(cut)} does not follow from movements"


def _pack(cut: datetime) -> Pack:
    """Every figure of the registry for some places, and what lies where, as it was known at the cut."""
    asked = Cut(cut, cut)
    pack = {
        f"{found.key} {place}": json.loads(json.dumps(figures.as_json(found, narrowed, found.read(narrowed))))
        for found in figures.all_figures()
        for place in PLACES
        for narrowed in (replace(asked, place=place),)
    }
    rows = queries.balances(as_of=cut, known_at=cut, kinds=KINDS)
    pack["stock"] = {
        "rows": [
            {"account": r.account, "item": r.item, "onhand": r.onhand, "held": r.held}
            for r in rows
        ]
    }  # fmt: skip
    return pack


def _differing(first: Pack, again: Pack) -> str:
    """The first row that is another one now, or what else differs."""
    if len(first["rows"]) != len(again["rows"]):
        return f"{len(first['rows'])} rows were published, {len(again['rows'])} are recomputed"
    pairs = [(a, b) for a, b in zip(first["rows"], again["rows"], strict=True) if a != b]
    return f"{pairs[0][0]} is now {pairs[0][1]}" if pairs else "completeness or titles"


def with_late_reports(effort: Effort) -> Outcome:
    """Movements count from when they happened, whenever they were told."""

    def blind() -> AbstractContextManager[object]:
        both = ExitStack()
        both.enter_context(guards.instead(holdings, "KNOWN", "true"))
        both.enter_context(guards.instead(MOVEMENTS, "KNOWN", "true"))
        return both

    return publish_and_recompute(effort, blind)


def on_any_snapshot(effort: Effort) -> Outcome:
    """A reading begins at the newest snapshot, whatever that one knew; what came late since is not added."""
    since = holdings._since

    def careless(known_at: datetime | None) -> str:
        return since(known_at).replace("AND known_to <= %(known_at)s", "").replace(
            "l.n > (SELECT n FROM base)", "false"
        )  # fmt: skip

    return publish_and_recompute(effort, lambda: guards.instead(holdings, "_since", careless))


MUTANTS: dict[str, Run] = {"the time of knowledge": with_late_reports, "what a snapshot knew": on_any_snapshot}
TRIALS = (
    Trial(
        "P6", "packs", "every figure published at the cuts of a simulation, recomputed when late reports have come",
        publish_and_recompute, MUTANTS,
    ),
)  # fmt: skip
