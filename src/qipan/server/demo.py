"""The demo: a case replayed up to an instant in a folder of its own, then served."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qipan.kernel import clock

CASES = {"hubei-2020": "2020-02-13T08:00", "shanxi-2020": "2020-02-10T08:00"}
"""The cases there are, and up to when each is replayed unless told otherwise."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What a folder holds: the case, and the instant it was replayed to."""

    case: str
    until: datetime


class HasAnother(Exception):
    """The folder holds the case up to an earlier instant, or another case; ``--reset`` loads it again."""

    def __init__(self, found: Loaded, until: datetime) -> None:
        super().__init__(
            f"This folder holds {found.case} up to {clock.write_instant(found.until)}; "
            f"to load up to {clock.write_instant(until)} use --reset (it is thrown away) or another --data."
        )


def load(folder: Path, *, case: str, until: datetime, is_reset: bool, say: Say) -> Loaded:
    """Replay the case up to ``until`` unless the folder holds it that far already.

    Raises:
        HasAnother: the folder holds something else and ``is_reset`` is off.
    """
    from qipan.server import setup

    note = folder / "case.json"
    found = _read(note)
    if found and not is_reset:
        if found.case != case or found.until < until:
            raise HasAnother(found, until)
        setup.prepare()
        say(f"{case} is loaded up to {clock.write_instant(found.until)}.")
        return found
    note.unlink(missing_ok=True)
    setup.empty_database()
    say("Setting up tables, catalogue and regions …")
    setup.prepare()
    say(f"Replaying {case} up to {clock.write_instant(until)} …")
    replay_of(case).play(until, say)
    note.write_text(json.dumps({"case": case, "until": clock.write_instant(until)}))
    return Loaded(case, until)


def replay_of(case: str) -> Any:
    """The module that plays a case and prints its briefing."""
    from qipan.server.replay import hubei, shanxi

    return {hubei.CASE: hubei, shanxi.CASE: shanxi}[case]


def set_clock(loaded: Loaded) -> None:
    """Let the demo's time run on from the replay's end, or from the last thing booked after it."""
    from qipan.stock import queries as stock

    last = stock.last_recorded()
    start = max(loaded.until, last + timedelta(seconds=1)) if last else loaded.until
    os.environ["QIPAN_CLOCK_SHIFT"] = str((start - clock.real_now()).total_seconds())


def follow_clock(folder: Path) -> None:
    """Work at the demo's own time in a folder that holds a case; elsewhere time is what it is."""
    found = _read(folder / "case.json")
    if found:
        set_clock(found)


def last_cut(until: datetime) -> datetime:
    """The last 24:00 at or before an instant: what a briefing in the morning speaks of."""
    return clock.start_of(until.astimezone(clock.CST).date())


def _read(note: Path) -> Loaded | None:
    if not note.exists():
        return None
    words = json.loads(note.read_text())
    return Loaded(words["case"], clock.read_instant(words["until"]))
