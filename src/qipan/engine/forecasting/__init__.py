"""What is to be expected of a few days to come, with an interval, and how well earlier expectations did.

``growth`` is for counts that grow towards a ceiling, such as firms that have resumed; ``damped`` for daily rates, such
as the output of a line; ``last`` and ``drift`` are the naive ones that both must beat. Each sees only the days it is
given: what was expected *then* is had by giving the days known then. ``back_test`` does so for every day of a series.
"""

from qipan.engine.forecasting.expected import DAYS_LEAST, Expected, last_or_drift
from qipan.engine.forecasting.growth import growth
from qipan.engine.forecasting.rates import damped
from qipan.engine.forecasting.score import Score, back_test, interval_score, score

__all__ = [
    "DAYS_LEAST", "Expected", "Score", "back_test", "damped", "growth", "interval_score", "last_or_drift", "score",
]  # fmt: skip
