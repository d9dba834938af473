"""Share scarce stock among needs: tier by tier, worst-off first, in whole units, then cheaply.

One problem is one substitution family over one horizon: sources with stock, needs with what they
lack, lanes between them. ``solve`` makes the plan, ``check`` proves it from the problem and the
plan alone, ``explain`` says why a need got what it got.

The order in which units are given (``priority.py`` holds it once, for all three):

1. minimums of all tiers, levelled among themselves;
2. tier 0, then tier 1, ...: a later tier gets nothing an earlier one could still use;
3. inside a tier the worst-off first (leximin on the level ``(covered + delivered) / (weight * need)``);
4. whole units: the next unit goes where the level *after* it is lowest (decreasingly minimal);
5. among the plans that deliver exactly this, one of least cost.

Nothing is ever left over while someone unsatisfied could use it.

``solve_jointly`` does the same for problems that share rows, such as a vehicle that carries all goods.
"""

from qipan.engine.allocation.check import Certificate, Fault, check
from qipan.engine.allocation.explain import Reason, explain
from qipan.engine.allocation.joint import Joint, check_jointly, solve_jointly
from qipan.engine.allocation.plan import Plan
from qipan.engine.allocation.problem import Problem
from qipan.engine.allocation.shared import Shared
from qipan.engine.allocation.solve import Effort, deliveries, levels, solve, solve_many, warm

__all__ = [
    "Certificate", "Effort", "Fault", "Joint", "Plan", "Problem", "Reason", "Shared",
    "check", "check_jointly", "deliveries", "explain", "levels", "solve", "solve_jointly", "solve_many", "warm",
]  # fmt: skip
