"""Families of goods that serve for one another, and whole factors that make their units alike."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import FileRefused, RowProblem
from qipan.workbook.reading import Book, Swap

Good = tuple[str, str]
"""An item, and its standard where the sheet 替代 names it, else ""."""

FACTOR_MAX = 10**6


@dataclass(frozen=True)
class Ratios:
    """How goods are counted.

    Args:
        factor: family units in a unit of a good, a whole number. family: the number of each good's family.
        governed: standards that serve only what the sheet 替代 permits.
    """

    factor: dict[Good, int]
    family: dict[Good, int]
    governed: frozenset[str]

    def good(self, item: str, standard: str) -> Good:
        return item, standard if standard in self.governed else ""


def swaps_by_names(swaps: list[Swap]) -> dict[tuple[str, str], list[Swap]]:
    """Rows of the sheet 替代 by what they name: (from, to)."""
    found: dict[tuple[str, str], list[Swap]] = defaultdict(list)
    for swap in swaps:
        found[swap.start, swap.end].append(swap)
    return found


def permitting(swaps: dict[tuple[str, str], list[Swap]], good: Good, item: str) -> list[Swap]:
    """Rows that let a good serve for an item: those that name its standard, else those that name its item."""
    return swaps.get((good[1], item)) or swaps.get((good[0], item)) or []


def ratios_of(book: Book) -> Ratios:
    """Find a factor for every good so that all ratios hold at once.

    Raises:
        FileRefused: ratios contradict each other, or need factors beyond 10**6; names the rows.

    Invariants:
        Where ``n`` units of a substitute serve for one of an item: factor(substitute) * n == factor(item).
    """
    starts = {swap.start for swap in book.swaps}
    governed = frozenset({s.standard for s in book.supplies if s.standard} & starts)
    goods: list[Good] = [(s.item, s.standard if s.standard in governed else "") for s in book.supplies]
    goods = list(dict.fromkeys([*goods, *((need.item, "") for need in book.needs)]))
    near: dict[Good, list[tuple[Good, Fraction, Swap]]] = defaultdict(list)
    by_names = swaps_by_names(book.swaps)
    for good in goods:
        for end in goods:
            for swap in permitting(by_names, good, end[0]) if not end[1] and good != end else ():
                near[end].append((good, 1 / swap.ratio, swap))
                near[good].append((end, swap.ratio, swap))
    factor: dict[Good, int] = {}
    family: dict[Good, int] = {}
    problems: list[RowProblem] = []
    for number, good in enumerate(goods):
        if good not in family:
            found = _spread(good, near, problems)
            family |= dict.fromkeys(found, number)
            factor |= _whole(found, near, problems)
    if problems:
        raise FileRefused(book.name, problems)
    return Ratios(factor, family, governed)


def _spread(
    start: Good, near: dict[Good, list[tuple[Good, Fraction, Swap]]], problems: list[RowProblem]
) -> dict[Good, Fraction]:
    """Factors of all goods that hang together, from one of them on."""
    found = {start: Fraction(1)}
    queue = deque([start])
    while queue:
        good = queue.popleft()
        for other, ratio, swap in near[good]:
            factor = found[good] * ratio
            if other not in found:
                found[other] = factor
                queue.append(other)
            elif found[other] != factor:
                sentence = _(
                    "The ratios of %(start)s and %(end)s contradict other rows: by those the ratio would be %(other)s."
                )
                expected = found[(swap.end, "")] / found[good if good != (swap.end, "") else other]
                problem = swap.row.problem(
                    "ratio", "ratio_cycle", sentence, start=swap.start, end=swap.end, other=f"{float(expected):g}"
                )
                if problem.row not in {p.row for p in problems}:
                    problems.append(problem)
    return found


def _whole(
    found: dict[Good, Fraction], near: dict[Good, list[tuple[Good, Fraction, Swap]]], problems: list[RowProblem]
) -> dict[Good, int]:
    """The smallest whole factors."""
    scale = lcm(*(factor.denominator for factor in found.values()))
    whole = {good: int(factor * scale) for good, factor in found.items()}
    divisor = gcd(*whole.values())
    whole = {good: factor // divisor for good, factor in whole.items()}
    if max(whole.values()) > FACTOR_MAX:
        sentence = _("Together the ratios are too fine to be counted exactly; round them.")
        swap = near[next(iter(found))][0][2]
        problems.append(swap.row.problem("ratio", "ratio_too_fine", sentence))
    return whole
