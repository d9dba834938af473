"""What if one thing were different: the plan of a batch made again with one change, beside what was planned.

Nothing is booked and no number is used up. The frozen inputs of the batch are the starting point, and only
the family that the change touches is planned again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from qipan.allocation import planning, queries
from qipan.allocation.errors import InputsNotYours, SupposalUnreadable
from qipan.allocation.explanation import Names, names_of, tier_name
from qipan.allocation.gathering import Inputs
from qipan.allocation.planning import Supposal
from qipan.catalogue import queries as catalogue
from qipan.kernel.quantity import QuantityUnreadable, read_quantity
from qipan.kernel.text import Both
from qipan.ui.format import figure

KINDS = ("stock", "need", "lane", "rule")


@dataclass(frozen=True)
class Changed:
    """One need whose share changes; amounts in units of its item."""

    unit: Both
    zone: str
    tier: int
    item: catalogue.MaterialRow
    before: Fraction | int
    after: Fraction | int
    level_before: float
    level_after: float

    @property
    def difference(self) -> Fraction | int:
        return self.after - self.before


@dataclass(frozen=True)
class Effect:
    """What a change would do to the family it touches.

    Args:
        words: the change in one sentence. rows: needs that would get more or less, the largest change first.
        needs: all needs of the family. total_before, total_after: what all get, in units of ``item``.
        lowest_before, lowest_after: the lowest level of the first tier.
    """

    words: str
    item: catalogue.MaterialRow
    rows: list[Changed]
    needs: int
    total_before: Fraction | int
    total_after: Fraction | int
    lowest_before: float
    lowest_after: float


class Desk:
    """The frozen inputs of one batch, with the names they are spoken of by."""

    def __init__(self, row: queries.BatchRow) -> None:
        kept = queries.inputs(row.id)
        if "wants" not in kept:
            raise InputsNotYours(number=row.number)
        self.inputs = Inputs.of_json(kept)
        self.names: Names = names_of(kept, row.policy)
        self._planned: dict[str, dict[int, int]] = {}

    def effect_of(self, supposal: Supposal) -> Effect:
        """Plan again with the change."""
        outcomes = planning.suppose(self.inputs, supposal, self._planned)
        wants = self.inputs.wants
        item = self.names.materials[wants[outcomes[0].want].item]
        first = min(wants[o.want].tier for o in outcomes)
        rows = [self._row(o) for o in outcomes if o.before != o.after]
        leading = [o for o in outcomes if wants[o.want].tier == first]
        return Effect(
            words=self.words_of(supposal),
            item=item,
            rows=sorted(rows, key=lambda r: (-abs(r.difference), r.tier, str(r.unit))),
            needs=len(outcomes),
            total_before=item.from_grains(sum(o.before for o in outcomes)),
            total_after=item.from_grains(sum(o.after for o in outcomes)),
            lowest_before=min(o.level_before for o in leading),
            lowest_after=min(o.level_after for o in leading),
        )

    def prices(self) -> list[tuple[int, Effect]]:
        """The price of each rule that kept stock out: what permitting it would change. Rules that cost nothing too."""
        needed = {(w.item, w.zone) for w in self.inputs.wants}
        return [
            (at, self.effect_of(Supposal("rule", excluded=at)))
            for at, out in enumerate(self.inputs.excluded)
            if (out.item, out.zone) in needed
        ]

    def read(self, asked: Mapping[str, str]) -> Supposal:
        """The change that an address asks for: kind, source, need, rule, quantity.

        Raises:
            SupposalUnreadable: a number is missing, names nothing, or is no quantity.
        """
        kind = asked.get("kind", "")
        if kind not in KINDS:
            raise SupposalUnreadable(name="kind", text=kind[:40])
        supply = self._at(asked, "source", len(self.inputs.supplies)) if kind in ("stock", "lane") else 0
        want = self._at(asked, "need", len(self.inputs.wants)) if kind in ("need", "lane") else 0
        excluded = self._at(asked, "rule", len(self.inputs.excluded)) if kind == "rule" else 0
        quantity = 0
        if kind in ("stock", "need"):
            row = self.inputs.supplies[supply] if kind == "stock" else self.inputs.wants[want]
            text = asked.get("quantity", "").strip()[:40]
            try:
                quantity = self.names.materials[row.item].to_grains(read_quantity(text, zero_allowed=kind == "stock"))
            except QuantityUnreadable as error:
                raise SupposalUnreadable(name="quantity", text=text) from error
        return Supposal(kind, supply, want, excluded, quantity)

    def words_of(self, supposal: Supposal) -> str:
        """The change in one sentence."""
        if supposal.kind == "rule":
            return self.rule_words(supposal.excluded)
        values: dict[str, object] = {}
        if supposal.kind in ("stock", "lane"):
            supply = self.inputs.supplies[supposal.supply]
            item = self.names.materials[supply.item]
            values = {"store": self.names.places[supply.place], "item": item.short}
            values |= {
                "now": figure(item.from_grains(supply.free)),
                "then": figure(item.from_grains(supposal.quantity)),
            }
        if supposal.kind == "stock":
            return _("%(store)s has %(then)s of %(item)s instead of %(now)s") % values
        want = self.inputs.wants[supposal.want]
        item = self.names.materials[want.item]
        values |= {"unit": self.names.units[want.organisation], "zone": want.zone}
        if supposal.kind == "lane":
            return _("nothing goes from %(store)s to %(unit)s") % values
        values |= {
            "item": item.short,
            "now": figure(item.from_grains(want.need)),
            "then": figure(item.from_grains(supposal.quantity)),
        }
        return _("%(unit)s · %(zone)s needs %(then)s of %(item)s instead of %(now)s") % values

    def rule_words(self, at: int) -> str:
        """A rule lifted, in one sentence."""
        out = self.inputs.excluded[at]
        return _("%(other)s is permitted for %(item)s in zone %(zone)s") % {
            "other": self.names.materials[out.other].short,
            "item": self.names.materials[out.item].short,
            "zone": out.zone,
        }

    def tier_word(self, rank: int) -> str:
        """A tier's name."""
        return tier_name(self.names.inputs, rank)

    def _row(self, outcome: planning.Outcome) -> Changed:
        want = self.inputs.wants[outcome.want]
        item = self.names.materials[want.item]
        return Changed(
            unit=self.names.units[want.organisation],
            zone=want.zone,
            tier=want.tier,
            item=item,
            before=item.from_grains(outcome.before),
            after=item.from_grains(outcome.after),
            level_before=outcome.level_before,
            level_after=outcome.level_after,
        )

    @staticmethod
    def _at(asked: Mapping[str, str], name: str, count: int) -> int:
        text = asked.get(name, "").strip()[:12]
        if not (text.isascii() and text.isdigit() and int(text) < count):
            raise SupposalUnreadable(name=name, text=text)
        return int(text)
