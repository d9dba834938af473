"""Every trial at its short size finds nothing, and each of its mutants is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import SERVER, TEMPLATE
from tests.prove.one import outcome_of
from tests.prove.trial import Trial
from tests.prove.trials import every_trial
from tests.prove.world import Ground

SHORT, SEED = 0.02, 20200129


@pytest.fixture
def ground(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Any:
    """The tests' own server as the server of the trials."""
    server, folder = request.config.stash[SERVER]
    with django_db_blocker.unblock():
        yield Ground(folder, server, TEMPLATE)


@pytest.mark.parametrize("trial", every_trial(), ids=lambda trial: trial.key)
def test_the_promise_holds(ground: Ground, trial: Trial) -> None:
    assert outcome_of(trial.run, SHORT, SEED, ground).violations == []


@pytest.mark.parametrize(
    ("trial", "mutant"), [pytest.param(t, m, id=f"{t.key} without {m}") for t in every_trial() for m in t.mutants]
)
def test_the_trial_notices_a_missing_guard(ground: Ground, trial: Trial, mutant: str) -> None:
    assert outcome_of(trial.mutants[mutant], SHORT, SEED, ground).violations
