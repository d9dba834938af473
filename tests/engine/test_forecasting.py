"""Forecasts see no later day, hold what they say as often as they say, and beat the naive ones where they should."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.engine.errors import ProblemInconsistent
from qipan.engine.forecasting import (
    DAYS_LEAST,
    Expected,
    back_test,
    damped,
    growth,
    interval_score,
    last_or_drift,
    score,
)

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)
COUNTS = st.lists(st.integers(0, 400), min_size=DAYS_LEAST, max_size=20).map(np.cumsum)
RATES = st.lists(st.integers(0, 10_000), min_size=DAYS_LEAST, max_size=30).map(lambda xs: np.array(xs, dtype=float))


def resumed(seed: int, days: int, *, ceiling: int = 3_000, alone: float = 0.02, others: float = 0.35) -> np.ndarray:
    """Firms that resume as the model says, with chance: what a truth the model can know looks like."""
    chance = np.random.default_rng(seed)
    here, found = 200.0, []
    for _day in range(days):
        found.append(here)
        here = min(here + chance.poisson((alone + others * here / ceiling) * (ceiling - here)), ceiling)
    return np.array(found)


class TestGrowth:
    @FEW
    @given(COUNTS, st.integers(1, 10), st.integers(0, 5_000))
    def test_never_falls_and_never_passes_its_ceiling(self, counts: np.ndarray, days: int, room: int) -> None:
        ceiling = float(counts[-1] + room)
        found = growth(counts, days, ceiling=ceiling)
        for line in (found.low, found.middle, found.high):
            assert (np.diff(line) >= 0).all()
            assert line[0] >= counts[-1]
            assert line[-1] <= ceiling
        assert (found.low <= found.middle).all()
        assert (found.middle <= found.high).all()

    @FEW
    @given(COUNTS, st.integers(1, 10))
    def test_needs_no_ceiling_and_answers_alike(self, counts: np.ndarray, days: int) -> None:
        one, two = growth(counts, days), growth(counts, days)
        assert np.array_equal(one.high, two.high)
        assert np.isfinite(one.high).all()

    def test_holds_what_comes_about_as_often_as_it_says(self) -> None:
        held = []
        for seed in range(120):
            truth = resumed(seed, 13)
            found = growth(truth[:10], 3, ceiling=3_000)
            held.append(found.low[-1] <= truth[12] <= found.high[-1])
        assert 0.7 <= np.mean(held) <= 0.95

    def test_beats_the_naive_ones_on_what_grows_so(self) -> None:
        def mean(model: object) -> float:
            scores = [score(back_test(resumed(seed, 14), 3, model)) for seed in range(12)]
            return float(np.mean([each.interval for each in scores if each]))

        grown = mean(partial(growth, ceiling=3_000))
        assert grown < mean(partial(last_or_drift, drifts=True))
        assert grown < 0.5 * mean(partial(last_or_drift, drifts=False))

    @pytest.mark.parametrize("known", [4, 5, 6, 7])
    def test_does_not_overshoot_a_straight_line(self, known: int) -> None:
        """Parameters that stand for each other give way together; cut off one by one they would steepen every path."""
        line = 700 + 46.0 * np.arange(known + 3)
        found = growth(line[:known], 3)
        assert abs(found.middle[-1] - line[-1]) < 20
        assert found.low[-1] <= line[-1] <= found.high[-1]

    def test_goes_on_where_nothing_changes(self) -> None:
        found = growth(np.full(8, 50.0), 3, ceiling=100)
        assert found.middle.tolist() == [50, 50, 50]

    def test_all_there_are_have_resumed(self) -> None:
        found = growth(np.array([90.0, 95, 99, 100]), 3, ceiling=100)
        assert found.high.tolist() == [100, 100, 100]


class TestDamped:
    @FEW
    @given(RATES, st.integers(1, 14))
    def test_stays_between_zero_and_the_bound(self, rates: np.ndarray, days: int) -> None:
        found = damped(rates, days, bound=8_000)
        most = max(8_000, rates.max())
        for line in (found.low, found.middle, found.high):
            assert (line >= 0).all()
            assert (line <= most).all()
        assert (found.low <= found.middle).all()
        assert (found.middle <= found.high).all()

    def test_a_rate_that_stands_still_is_expected_to(self) -> None:
        found = damped(np.full(10, 2_000.0), 5)
        assert found.middle.tolist() == found.low.tolist() == found.high.tolist() == [2_000.0] * 5

    def test_the_interval_widens_with_the_days(self) -> None:
        rates = 2_000 + 300 * np.random.default_rng(1).standard_normal(14)
        found = damped(rates, 5)
        assert (np.diff(found.high - found.low) >= 0).all()

    def test_holds_what_comes_about_as_often_as_it_says(self) -> None:
        held = []
        for seed in range(150):
            chance = np.random.default_rng(seed)
            truth = 2_000 + np.cumsum(40 * chance.standard_normal(22)) + 60 * chance.standard_normal(22)
            found = damped(truth[:20], 2)
            held.append(found.low[-1] <= truth[21] <= found.high[-1])
        assert 0.65 <= np.mean(held) <= 0.95


class TestScore:
    def test_no_forecast_sees_a_later_day(self) -> None:
        seen: list[int] = []

        def model(series: np.ndarray, days: int) -> Expected:
            seen.append(len(series))
            return last_or_drift(series, days, drifts=False)

        tests = back_test(np.arange(10.0), 3, model)
        assert [day for day, _expected, _came in tests] == [known - 1 + 3 for known in seen]
        assert [came for _day, _expected, came in tests] == [float(day) for day, _expected, _came in tests]

    def test_a_later_day_changes_no_earlier_forecast(self) -> None:
        series = resumed(1, 12)
        other = np.concatenate([series[:-1], [2_900.0]])
        earlier = [expected.middle.tolist() for _d, expected, _c in back_test(series, 3, growth)]
        assert earlier == [expected.middle.tolist() for _d, expected, _c in back_test(other, 3, growth)]

    def test_an_interval_is_charged_for_its_width_and_for_what_it_misses(self) -> None:
        low, high, came = np.array([1.0, 1, 1]), np.array([3.0, 3, 3]), np.array([2.0, 0, 4])
        assert interval_score(low, high, came, level=0.8).tolist() == pytest.approx([2, 12, 12])

    def test_nothing_to_score(self) -> None:
        assert score([]) is None
        assert back_test(np.arange(5.0), 3, growth) == []


@pytest.mark.parametrize(
    ("counts", "more", "field"),
    [
        ([1, 2, 3], {}, "counts"), ([1, 2, -3, 4], {}, "counts"), ([1, 2, float("nan"), 4], {}, "counts"),
        ([1, 2, 3, 4], {"days": 0}, "days"), ([1, 2, 3, 4], {"days": 61}, "days"),
        ([1, 2, 3, 4], {"level": 1.0}, "level"), ([1, 2, 3, 9], {"ceiling": 8}, "ceiling"),
    ],
)  # fmt: skip
def test_refuses_what_cannot_be(counts: list[float], more: dict[str, float], field: str) -> None:
    with pytest.raises(ProblemInconsistent) as refused:
        growth(np.array(counts), **{"days": 3, **more})  # type: ignore[arg-type]
    assert refused.value.field == field
