"""Who may register organisations, places and key lists. What an office may do is in ``offices``."""

from __future__ import annotations

from qipan.kernel.access import Actor

REGISTER, APPOINT = "organisations.register", "organisations.appoint"


def require_register(by: Actor, *regions: str) -> None:
    """Raises NotAllowed unless one of the person's posts may register in each of the divisions."""
    by.require(REGISTER)
    for region in regions:
        by.require(REGISTER, region=region)
