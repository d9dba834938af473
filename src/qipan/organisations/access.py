"""Who may register organisations, places and key lists. What an office may do is in ``offices``."""

from __future__ import annotations

from qipan.kernel.access import Actor

REGISTER = "organisations.register"


def require_register(by: Actor) -> None:
    """Raises NotAllowed unless one of the person's posts may register."""
    by.require(REGISTER)
