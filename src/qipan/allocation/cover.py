"""What covers a need before a plan: its unit's own stock, goods on the road to it, and what issued batches promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.demand.queries import NeedKey
from qipan.kernel.figures import Cut


def covers(
    needs: dict[NeedKey, int], *, promised: dict[NeedKey, int], stands: Iterable[catalogue.Stand], cut: Cut
) -> dict[NeedKey, int]:
    """How much of each need is covered already, in grains; never more than the need.

    A promise counts for the need it was made to. A unit's goods cover its strictest zone first, and their own
    item before they stand in for another; a substitute counts only where it is permitted one for one.

    Args:
        needs: grains over the whole horizon by (unit, item, zone).
        promised: held by issued batches and not yet departed.
        stands: what may serve what, where.
        cut: as of when stock and loads are counted.
    """
    goods = demand.cover_of_units(cut)
    found = {key: min(need, promised.get(key, 0)) for key, need in needs.items()}
    order = sorted(needs, key=lambda key: (key.unit, demand.zone_rank(key.zone), key.item))
    for key in order:
        _take(goods, (key.unit, key.item), found, key, needs[key])
    for key, others in _substitutes(order, stands).items():
        for other in others:
            _take(goods, (key.unit, other), found, key, needs[key])
    return found


def _take(
    goods: dict[tuple[int, int], int], store: tuple[int, int], found: dict[NeedKey, int], key: NeedKey, need: int
) -> None:
    taken = min(goods.get(store, 0), need - found[key])
    if taken > 0:
        goods[store] -= taken
        found[key] += taken


def _substitutes(order: Sequence[NeedKey], stands: Iterable[catalogue.Stand]) -> dict[NeedKey, list[int]]:
    """Items other than its own that may serve each need one for one, in the order of the needs."""
    others: dict[tuple[int, str], list[int]] = defaultdict(list)
    for stand in stands:
        if stand.ratio == 1 and stand.substitute != stand.original:
            others[stand.original, stand.zone].append(stand.substitute)
    return {key: others[key.item, key.zone] for key in order if (key.item, key.zone) in others}
