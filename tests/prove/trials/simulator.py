"""P1: every unit is at exactly one place at every instant. Weeks of trade, compared with a memory in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from qipan.kernel import clock
from qipan.stock.queries import holdings
from tests.prove import guards
from tests.prove.simulator.play import BEGIN, Play
from tests.prove.simulator.scene import Differs
from tests.prove.trial import Effort, Outcome, Run, Trial
from tests.prove.world import World, books

STEPS, STEPS_LEAST = 3000, 80


def simulate(
    effort: Effort,
    before: Callable[[World], None] = lambda _world: None,
    around: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Outcome:
    """Play on until the books differ from the memory, or all steps are done; cuts are kept as they pass."""
    steps = effort.times(STEPS, STEPS_LEAST)
    with clock.held_at(BEGIN), books(effort.ground) as world:
        play = Play(world, effort.seed)
        before(world)
        broken = []
        with around():
            for _step in range(steps):
                was = play.now
                try:
                    play.step()
                    for cut in clock.cuts_between(was, play.now):
                        play.pass_cut(cut)
                except Differs as difference:
                    broken = [f"seed {effort.seed}, size {effort.size:g}, step {play.steps}: {difference}"]
                    break
    booked = len(play.scene.memory.moves)
    return Outcome(play.steps, broken, f"{booked:,} movements in {(play.now - BEGIN).days} days")


def without(*changes: tuple[str, str], then: str = "") -> Run:
    """The same with passages of the ledger's functions replaced."""
    return lambda effort: simulate(effort, lambda world: guards.rewrite(world, *changes, then=then))


def know_everything(effort: Effort) -> Outcome:
    """Readings take late reports for known."""

    def blind() -> AbstractContextManager[object]:
        return guards.instead(holdings, "KNOWN", "true")

    return simulate(effort, around=blind)


TRIALS = (
    Trial(
        "P1",
        "simulator",
        "random trade with splits, losses, seizures, reversals, late, double and broken reports, against a memory",
        simulate,
        {
            "the check against overselling": without(guards.REFUSES, then=guards.UNCHECKED),
            "the destination of a posting": without(
                ("SELECT t.dst, t.item, t.lot, t.qty, 0 FROM", "SELECT t.dst, t.item, t.lot, 0, 0 FROM")
            ),
            "the end of a fulfilled hold": without(
                ("CASE WHEN t.hold IS NULL THEN 0 ELSE -t.qty END AS h", "0 AS h"), then=guards.UNCHECKED
            ),
            "the claim of a key": without(("IF FOUND THEN RETURN true; END IF;", "RETURN true;"),
                                          then="ALTER TABLE stock_movement DROP CONSTRAINT movement_once"),
            "the order of knowledge": know_everything,
        },
    ),
)  # fmt: skip
