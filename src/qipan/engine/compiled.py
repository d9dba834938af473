"""Kernels: functions over arrays, compiled once by Numba and kept on disk.

Numba looks only at a kernel's own file to see whether its compiled form is stale, not at what the kernel
calls. So the folder of compiled kernels is named after all sources of the engine: another version, another folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def engine_digest() -> str:
    """What the engine is made of: all its sources and the compiler's version. Equal digests, equal answers."""
    digest = sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _kernels_folder() -> Path:
    """Beside the sources, or in the user's cache where those are read only."""
    here = Path(__file__).parent
    name = f"kernels-{engine_digest()[:16]}"
    beside = here / "__pycache__"
    if os.access(beside if beside.exists() else here, os.W_OK):
        return beside / name
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qipan" / name


numba.config.CACHE_DIR = str(_kernels_folder())  # type: ignore[attr-defined]


def compiled(function: Function) -> Function:
    """Compile at the first call and keep the result; other threads run meanwhile."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


def inlined(function: Function) -> Function:
    """A small part of a kernel, written into its callers instead of being called."""
    return cast(Function, numba.njit(inline="always")(function))
