"""Who acts and what that person may do. Contexts decide; this only carries the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from qipan.kernel.errors import NotAllowed


@dataclass(frozen=True)
class Actor:
    """The person behind a command, with the posts held at that instant.

    Invariants: ``actions`` are the union over valid posts; ``regions`` are GB/T 2260
    codes whose subtree the person answers for; ``organisations`` are the ids of units
    and enterprises the person is posted at.
    """

    id: int
    name: str
    tenant: int = 100000
    actions: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    organisations: frozenset[int] = frozenset()
    simulated: bool = field(default=False)

    def may(self, action: str) -> bool:
        return action in self.actions

    def require(self, action: str) -> None:
        """Raises NotAllowed unless one of the person's posts includes ``action``."""
        if not self.may(action):
            raise NotAllowed(name=self.name, action=action)
