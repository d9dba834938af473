"""How the server's own log is written: one line for one thing that happened, with its instant in UTC.

What people do to the books is not here but in the log of acts (``kernel.events``); here are sign-ins, refusals, faults.
"""

from __future__ import annotations

import logging
import time

CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160), 0x2028, 0x2029)}
"""Signs that would end a line or move a terminal's cursor, and what stands for them."""


class Lines(logging.Formatter):
    """``2020-01-29T16:00:00Z WARNING qipan.security …``; a text somebody typed cannot begin a line of its own.

    The traceback of a fault follows on lines of its own, each set in by two spaces.
    """

    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = None

    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        """UTC."""
        return time.gmtime(seconds)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """One line, whatever the message holds."""
        return super().formatMessage(record).translate(CONTROL)

    def formatException(self, ei: object) -> str:  # noqa: N802
        """Set in, so that no line of a fault's own words looks like an entry."""
        return "\n".join(f"  {line}" for line in super().formatException(ei).splitlines())  # type: ignore[arg-type]
