"""Locks between processes and threads: flock on a file, released by the kernel however a process ends.

Every lock is a file descriptor of its own, so two threads exclude each other as two processes do.
Descriptors are never inherited by programs that we start. Letting go is closing the descriptor,
never LOCK_UN: a forked child that leaves must not unlock its parent.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Be the only one inside the critical section of ``path``; call ``waiting`` once if somebody else is."""
    try:
        descriptor = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        descriptor = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def join(path: Path) -> int:
    """Be counted as a user in ``path`` until the descriptor that is returned is closed."""
    return _locked(path, fcntl.LOCK_SH)


def is_deserted(path: Path) -> bool:
    """Whether nobody is counted in ``path``. Outside the critical section the answer is already old."""
    try:
        descriptor = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    os.close(descriptor)
    return True


def _locked(path: Path, operation: int) -> int:
    """Open and lock the file that is called ``path`` now: it may have been removed while we waited.

    Raises: BlockingIOError with LOCK_NB, when another descriptor holds it.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, operation)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
