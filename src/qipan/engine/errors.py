"""What the engine refuses, each with the place and the bound that was broken."""

from __future__ import annotations


class ProblemInconsistent(ValueError):
    """A problem cannot be what it says; names the field, the index and the bound.

    Args:
        field: the problem's field, as it is spelled in ``Problem``.
        index: where in the field; -1 where the field as a whole is wrong.
        value: what stands there.
        bound: what would have been right, as words: ``>= 0``, ``< 40``.
    """

    def __init__(self, field: str, *, index: int, value: int | str, bound: str) -> None:
        super().__init__(field, index, value, bound)
        self.field = field
        self.index = index
        self.value = value
        self.bound = bound

    def __str__(self) -> str:
        where = self.field if self.index < 0 else f"{self.field}[{self.index}]"
        return f"{where} is {self.value}; it must be {self.bound}"
