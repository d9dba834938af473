"""Runs one trial and its mutants and prints what came out, in JSON, as the last line:
``python -m tests.prove.one P8/edits --size 1 --seed 7 [--only guarded]``."""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.prove.trial import Effort, Outcome, Run, Trial
from tests.prove.trials import every_trial
from tests.prove.world import SLACK, Ground, standing


def main() -> None:
    """Exit 0 whatever was found: the outcomes say it. Anything else is a broken trial."""
    words = argparse.ArgumentParser()
    words.add_argument("key")
    words.add_argument("--size", type=float, default=1.0)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    begin()
    trial = next((t for t in every_trial() if t.key == asked.key), None)
    if trial is None:
        sys.exit(f"There is no trial {asked.key}; there are {', '.join(t.key for t in every_trial())}.")
    with scratch() as folder, standing(folder, SLACK) as ground:
        said = {name: asdict(found) for name, found in outcomes(trial, asked.size, asked.seed, ground)}
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


def outcomes(trial: Trial, size: float, seed: int, ground: Ground) -> Iterator[tuple[str, Outcome]]:
    """The outcome of the trial under the name "", then of each mutant under its own."""
    runs: dict[str, Run] = {"": trial.run, **trial.mutants}
    for name, run in runs.items():
        yield name, outcome_of(run, size, seed, ground)


def outcome_of(run: Run, size: float, seed: int, ground: Ground) -> Outcome:
    """One run in a folder of its own. A run that tried nothing has a violation."""
    with scratch() as folder:
        found = run(Effort(size, seed, folder, ground))
    return found if found.cases else Outcome(0, ["nothing was tried"], found.figure)


def begin() -> None:
    """Make this a process of the platform, as a command is, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("QIPAN_")]:
        del os.environ[name]
    os.environ.update(QIPAN_SECRET_KEY="prove", QIPAN_DEMO="1", DJANGO_SETTINGS_MODULE="qipan.server.settings")
    import django

    django.setup()
    from django.conf import settings

    from qipan.kernel import scope, vault

    key = Path(tempfile.mkstemp(prefix="qipan-prove-key-")[1])
    atexit.register(key.unlink)
    key.write_text(vault.fresh_key())
    settings.VAULT_KEY_FILE = str(key)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    scope.begin(scope.EVERYTHING)


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that other users may pass; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="qipan-prove-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
