"""Kernels: functions over arrays, compiled once by Numba and kept in its cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at the first call and keep the result on disk; other threads run meanwhile."""
    return cast(Function, njit(cache=True, nogil=True)(function))
