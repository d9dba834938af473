"""Books of a moment to measure on, on a server that writes to disk as in production."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_books() -> Iterator[None]:
    """Migrated and seeded books on an embedded server with the product's own settings; gone afterwards."""
    from qipan.server.database import open_database

    for name in [name for name in os.environ if name.startswith("QIPAN_")]:
        del os.environ[name]
    os.environ["QIPAN_DEMO"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="qipan-bench-"))
    folder.chmod(0o755)
    try:
        with open_database(folder, lambda _line: None):
            from qipan.server import setup

            setup.prepare()
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def as_served() -> Iterator[None]:
    """As under ``qipan serve``: a worker seals, and who books does not wait for it."""
    from django.conf import settings

    before, settings.SEALS_AT_ONCE = settings.SEALS_AT_ONCE, False
    try:
        yield
    finally:
        settings.SEALS_AT_ONCE = before
