"""Runs trials, each with its mutants in a process of its own, and tells what came out of each."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field

from tests.prove.trial import Outcome, Trial
from tests.prove.world import ROOT


class Broken(Exception):
    """The trial itself ended without an outcome."""


@dataclass(frozen=True)
class Row:
    """One trial's row of the table; ``alive`` names the mutants that were not noticed."""

    trial: Trial
    outcome: Outcome
    alive: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_green(self) -> bool:
        return not self.outcome.violations and not self.alive


def run(trial: Trial, *, size: float, seed: int) -> Row:
    """The trial on the product as it is, then on each mutant.

    Raises:
        Broken: it ended without an outcome; with the end of what it printed.
    """
    began = time.monotonic()
    words = [sys.executable, "-m", "tests.prove.one", trial.key, "--size", str(size), "--seed", str(seed)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode != 0 or not ended.stdout.strip():
        raise Broken(f"{trial.key}: exit {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
    said = {name: Outcome(**found) for name, found in json.loads(ended.stdout.strip().splitlines()[-1]).items()}
    alive = [name for name in trial.mutants if not said[name].violations]
    return Row(trial, said[""], alive, time.monotonic() - began)
