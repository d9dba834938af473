"""A script of acts at instants, and the clock that plays it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from qipan.kernel import clock

Say = Callable[[str], None]


def case_folder(case: str) -> Path:
    """The folder of a case: beside the sources, or inside an installed package."""
    beside = Path(__file__).resolve().parents[4] / "examples" / case
    inside = Path(__file__).resolve().parents[2] / "examples" / case
    return beside if beside.is_dir() else inside


def key(*words: object) -> UUID:
    """The idempotency key of an act: the same act has the same key in every run."""
    return uuid5(NAMESPACE_URL, "qipan:replay:" + "/".join(str(word) for word in words))


@dataclass(order=True)
class Act:
    """Something that happens at an instant; acts of one instant run in the order they were written."""

    at: datetime
    order: int
    title: str = field(compare=False)
    run: Callable[[], None] = field(compare=False)


class Script:
    """Acts by instant. An act may write further acts, later than itself; ``at_cut`` runs at every cut of figures."""

    def __init__(self, at_cut: Callable[[], object] = lambda: None) -> None:
        self._acts: list[Act] = []
        self._written = 0
        self._at_cut = at_cut

    def write(self, at: datetime, title: str, run: Callable[[], None]) -> None:
        heapq.heappush(self._acts, Act(at, self._written, title, run))
        self._written += 1

    def play(self, until: datetime, say: Say) -> int:
        """Run every act up to ``until`` with the clock held at it; returns how many."""
        played = on_day = 0
        day = None
        last = self._acts[0].at if self._acts else until
        while self._acts and self._acts[0].at <= until:
            act = heapq.heappop(self._acts)
            if clock.day_of(act.at) != day:
                if day is not None:
                    say(f"  {day.isoformat()}  {on_day} acts")
                day, on_day = clock.day_of(act.at), 0
            self._pass_cuts(last, act.at)
            last = act.at
            with clock.held_at(act.at):
                act.run()
            played, on_day = played + 1, on_day + 1
        if day is not None:
            say(f"  {day.isoformat()}  {on_day} acts")
        self._pass_cuts(last, until)
        return played

    def _pass_cuts(self, after: datetime, until: datetime) -> None:
        """At each cut on the way do what the worker would have done then."""
        for cut in clock.cuts_between(after, until):
            with clock.held_at(cut):
                self._at_cut()
