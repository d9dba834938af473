"""What every fact of the return to work has: when, known when, told by whom, simulated or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qipan.kernel import clock
from qipan.kernel.access import Actor


def told(by: Actor, at: datetime, is_simulated: bool) -> dict[str, Any]:
    """The columns of ``kernel.models.Told``."""
    return {
        "at": at,
        "known_at": clock.now(),
        "actor_id": by.id,
        "actor_name": by.name,
        "is_simulated": is_simulated or by.simulated,
    }
