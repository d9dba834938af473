"""All trials, in the order of the promises. A module here offers ``TRIALS``."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.prove.trial import Trial


def every_trial() -> list[Trial]:
    """Every trial of every module of this package, by the number of its promise."""
    found = [
        trial
        for module in pkgutil.iter_modules(__path__)
        for trial in getattr(import_module(f"{__name__}.{module.name}"), "TRIALS", ())
    ]
    return sorted(found, key=lambda trial: (int(trial.promise[1:]), trial.name))
