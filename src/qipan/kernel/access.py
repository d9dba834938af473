"""Who acts and what that person may do. Contexts decide; this only carries the answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from qipan.kernel.errors import NotAllowed, SecondStepNeeded

NATION = "100000"


def is_within(code: str, place: str) -> bool:
    """Whether the division ``code`` lies in ``place`` (GB/T 2260); every code lies in the nation."""
    return code.startswith(prefix_of(place))


def prefix_of(place: str) -> str:
    """What the codes inside ``place`` begin with: 420000 → 42, 420100 → 4201, 420106 → itself, the nation → ""."""
    if place in ("", NATION):
        return ""
    return place[:2] if place.endswith("0000") else place[:4] if place.endswith("00") else place


@dataclass(frozen=True)
class Grant:
    """What one post gives: its actions, where, and for what.

    Args:
        region: the division the post answers for; nothing when it is held at a unit.
        unit: the id of the organisation the post is held at.
        item_class: the code of a category of the catalogue; "" is every item.
        reads: the division whose books the post sees: its region, or that of its unit.
        stands_in_for: the id of the person whose post it is, for a stand-in.
    """

    actions: frozenset[str]
    region: str = NATION
    unit: int | None = None
    item_class: str = ""
    reads: str = ""
    stands_in_for: int | None = None

    def allows(
        self, action: str, *, region: str | None, unit: int | None, classes: Collection[str] | None, not_for: int | None
    ) -> bool:
        """Whether this post includes the action there; where neither region nor unit is asked, anywhere will do."""
        is_there = (
            (region is None and unit is None)
            or (self.unit is None and region is not None and is_within(region, self.region))
            or (self.unit is not None and self.unit == unit)
        )
        is_of_class = not self.item_class or classes is None or self.item_class in classes
        is_own = not_for is None or self.stands_in_for != not_for
        return action in self.actions and is_there and is_of_class and is_own


@dataclass(frozen=True)
class Actor:
    """The person behind a command, with what the posts valid at that instant give.

    Every grant stands for itself: an action of one post is not allowed at the place of another.

    Args:
        closed: actions that the posts give and that need a second step of signing in, which this person has not set up.
    """

    id: int
    name: str
    tenant: int = 100000
    grants: tuple[Grant, ...] = ()
    simulated: bool = False
    closed: frozenset[str] = frozenset()

    def may(
        self,
        action: str,
        *,
        region: str | None = None,
        unit: int | None = None,
        classes: Collection[str] | None = None,
        not_for: int | None = None,
    ) -> bool:
        """Whether one post includes ``action`` in the division or at the unit, for an item of all these classes.

        Args:
            classes: the item's category and those above it.
            not_for: a person; posts one holds as that person's stand-in do not count.
        """
        return action not in self.closed and any(
            g.allows(action, region=region, unit=unit, classes=classes, not_for=not_for) for g in self.grants
        )

    def require(
        self,
        action: str,
        *,
        region: str | None = None,
        unit: int | None = None,
        classes: Collection[str] | None = None,
        where: str = "",
    ) -> None:
        """Raises NotAllowed, naming ``where``, unless one ``may``; SecondStepNeeded if that alone is missing."""
        if not self.may(action, region=region, unit=unit, classes=classes):
            if action in self.closed:
                raise SecondStepNeeded(name=self.name)
            raise NotAllowed(name=self.name, action=f"{action} ({where or region})" if where or region else action)

    def only(self, actions: Collection[str]) -> Actor:
        """The same person, allowed no more than these actions."""
        return replace(self, grants=tuple(replace(g, actions=g.actions & frozenset(actions)) for g in self.grants))

    @property
    def is_central(self) -> bool:
        """Whether one of the posts reads the whole nation."""
        return any(not prefix_of(grant.reads) for grant in self.grants)

    @property
    def home(self) -> str:
        """The division whose figures one reads unless one says otherwise: the widest of one's posts; "" is the nation.

        Somebody without a post has none, and reads nothing.
        """
        widest = min((grant.reads for grant in self.grants), key=lambda code: len(prefix_of(code)), default="")
        return "" if self.is_central else widest

    def reads(self, place: str) -> bool:
        """Whether the figures of a division ("" is the nation) are whole for this person."""
        return any(is_within(place or NATION, grant.reads) or not prefix_of(grant.reads) for grant in self.grants)
