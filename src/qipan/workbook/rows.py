"""The answer as rows: what the workbook and the JSON both show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from qipan.kernel.quantity import plain
from qipan.workbook import wording
from qipan.workbook.planning import Answer, Given, Line
from qipan.workbook.prices import Price

Row = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A column of the answer: its key in JSON, its heading, its width in characters, whether it is a share."""

    key: str
    title: str
    width: int = 12
    is_share: bool = False


def fields(*keys: str) -> list[Field]:
    """Columns by their keys, with headings in the reader's language."""
    known = {
        "source": Field("source", _("Source"), 18),
        "unit": Field("unit", _("Unit"), 22),
        "place": Field("place", _("Place")),
        "zone": Field("zone", _("Use zone"), 14),
        "item": Field("item", _("Item asked"), 18),
        "good": Field("good", _("Item"), 18),
        "sent_item": Field("sent_item", _("Item sent"), 18),
        "standard": Field("standard", _("Standard"), 16),
        "lot": Field("lot", _("Lot")),
        "expiry": Field("expiry", _("Expiry"), 11),
        "leaves": Field("leaves", _("Leaves"), 11),
        "arrives": Field("arrives", _("Arrives"), 11),
        "quantity": Field("quantity", _("Quantity"), 11),
        "measure": Field("measure", _("Counted in"), 10),
        "tier": Field("tier", _("Tier"), 6),
        "day": Field("day", _("Needed by"), 11),
        "needed": Field("needed", _("Need"), 11),
        "covered": Field("covered", _("Covered"), 11),
        "given": Field("given", _("Given"), 11),
        "missing": Field("missing", _("Missing"), 11),
        "level": Field("level", _("Fill level"), 9, True),
        "lowest": Field("lowest", _("Lowest level"), 9, True),
        "mean": Field("mean", _("Mean level"), 9, True),
        "cause": Field("cause", _("Cause"), 18),
        "why": Field("why", _("Why"), 90),
        "needs": Field("needs", _("Needs"), 8),
        "met": Field("met", _("Met in full"), 9),
        "unreachable": Field("unreachable", _("Unreachable"), 10),
        "stock": Field("stock", _("Stock"), 11),
        "kept": Field("kept", _("Kept back"), 11),
        "sent": Field("sent", _("Sent"), 11),
        "left": Field("left", _("Left over"), 11),
        "rule": Field("rule", _("Without the rule that"), 54),
        "more": Field("more", _("Needs that get more"), 10),
        "less": Field("less", _("Needs that get less"), 10),
        "change": Field("change", _("Change of what is missing"), 12),
        "row": Field("row", _("Row of the input"), 10),
    }
    return [known[key] for key in keys]


def line_rows(answer: Answer) -> list[Row]:
    """One row for each lot that leaves for a need on a day."""
    why = [wording.sentence(answer, given) for given in answer.given]
    return [_line(answer, line, why[line.sink]) for line in answer.lines]


def _line(answer: Answer, line: Line, why: str) -> Row:
    sink, chain = answer.network.sinks[line.sink], line.chain
    return {
        "source": chain.source, "unit": sink.unit, "place": sink.place, "zone": sink.zone, "item": sink.item,
        "sent_item": chain.item, "standard": chain.standard, "lot": chain.lot, "expiry": chain.expiry,
        "leaves": line.leaves, "arrives": line.arrives, "quantity": line.units,
        "measure": chain.measure, "tier": sink.tier, "why": why,
    }  # fmt: skip


def need_rows(answer: Answer) -> list[Row]:
    """One row for each need: what it asked, has, gets, and why."""
    return [_need(answer, given) for given in answer.given]


def _need(answer: Answer, given: Given) -> Row:
    sink = given.sink
    return {
        "tier": sink.tier, "unit": sink.unit, "place": sink.place, "zone": sink.zone, "item": sink.item,
        "day": answer.network.day(sink.deadline), "needed": sink.need, "covered": sink.covered, "given": given.units,
        "missing": max(Fraction(0), sink.need - sink.covered - given.units), "level": given.level,
        "measure": sink.measure, "cause": wording.cause_word(given), "why": wording.sentence(answer, given),
        "cause_code": given.cause, "row": ", ".join(map(str, sink.rows)),
    }  # fmt: skip


def tier_rows(answer: Answer) -> list[Row]:
    """One row a tier: how many needs, met, unreachable, and their levels."""
    return [{"tier": tier, **_fill(found)} for tier, found in _grouped(answer, lambda g: g.sink.tier)]


def unit_rows(answer: Answer) -> list[Row]:
    """One row for each unit of a tier."""
    groups = _grouped(answer, lambda g: (g.sink.tier, g.sink.unit, g.sink.place))
    return [{"tier": tier, "unit": unit, "place": place, **_fill(found)} for (tier, unit, place), found in groups]


def _grouped(answer: Answer, key: Any) -> Iterator[tuple[Any, list[Given]]]:
    groups: dict[Any, list[Given]] = {}
    for given in answer.given:
        groups.setdefault(key(given), []).append(given)
    yield from sorted(groups.items(), key=lambda pair: pair[0])


def _fill(found: list[Given]) -> Row:
    levels = [given.level for given in found if given.cause != "unreachable"]
    return {
        "needs": len(found),
        "met": sum(given.sink.covered + given.units >= given.sink.need for given in found),
        "unreachable": sum(given.cause == "unreachable" for given in found),
        "lowest": min(levels, default=None),
        "mean": sum(levels) / len(levels) if levels else None,
    }


def item_rows(answer: Answer) -> list[Row]:
    """One row an item: stock, what is kept back, sent and left over, and what is needed of it."""
    found: dict[str, Row] = {}
    zero = {"needed": 0, "covered": 0, "missing": Fraction(0), "stock": 0, "kept": 0, "sent": 0, "left": 0}
    for given in answer.given:
        row = found.setdefault(given.sink.item, {"good": given.sink.item, **zero})
        row["needed"] += given.sink.need
        row["covered"] += given.sink.covered
        row["missing"] += max(Fraction(0), given.sink.need - given.sink.covered - given.units)
        row["measure"] = row.get("measure") or given.sink.measure
    for chain in answer.network.chains:
        row = found.setdefault(chain.item, {"good": chain.item, **zero})
        row["stock"] += chain.free + chain.kept
        row["kept"] += chain.kept
        row["measure"] = row.get("measure") or chain.measure
    for line in answer.lines:
        found[line.chain.item]["sent"] += line.units
    for chain, units in answer.left:
        found[chain.item]["left"] += units
    return list(found.values())


def left_rows(answer: Answer) -> list[Row]:
    """One row for each lot that nobody gets all of."""
    return [
        {"source": chain.source, "sent_item": chain.item, "standard": chain.standard, "lot": chain.lot,
         "expiry": chain.expiry, "left": units, "measure": chain.measure, "row": ", ".join(map(str, chain.rows))}
        for chain, units in answer.left
    ]  # fmt: skip


def proof_words(answer: Answer) -> list[tuple[str, str]]:
    """What was proved, line by line."""
    proof = answer.proof
    found = [
        (_("Every bound kept"), _("yes") if proof.is_feasible else _("no")),
        (_("Proved fair"), _("%(count)s of %(all)s families of goods, certified gap %(gap)s")
         % {"count": proof.certified, "all": proof.families, "gap": f"{proof.gap:g}"}),
    ]  # fmt: skip
    if proof.joined:
        words = _("%(count)s families share full lanes: levelled by linear programs to 1e-6, whole units rounded")
        found.append((_("Shared lanes"), words % {"count": proof.joined}))
    if proof.stepped:
        words = _("%(count)s families have ratios: levels proved, whole units rounded in the order of need")
        found.append((_("Ratios"), words % {"count": proof.stepped}))
    if not proof.is_finished:
        words = _("the search was ended early; the plan can be carried out but is not proved fair")
        found.append((_("Cut short"), words))
    return found


def price_rows(prices: Sequence[Price]) -> list[Row]:
    """One row for each rule and item that would change without it."""
    return [
        {"rule": price.rule, "more": price.more, "less": price.less, "item": item, "change": change}
        for price in prices
        for item, change in (price.missing or {"": Fraction(0)}).items()
    ]


def as_json(answer: Answer, prices: Sequence[Price] = ()) -> dict[str, Any]:
    """The whole answer for other programs."""
    book, proof = answer.network.book, answer.proof
    return {
        "file": book.name,
        "sha256": book.sha256,
        "level": book.policy.level,
        "proof": {"certified_gap": proof.gap, "families": proof.families, "joined": proof.joined,
                  "stepped": proof.stepped, "feasible": proof.is_feasible, "fair": proof.is_fair,
                  "finished": proof.is_finished},
        "tiers": _plain(tier_rows(answer)),
        "units": _plain(unit_rows(answer)),
        "items": _plain(item_rows(answer)),
        "lines": _plain(line_rows(answer)),
        "needs": _plain(need_rows(answer)),
        "left": _plain(left_rows(answer)),
        "rules": _plain(price_rows(prices)),
        "full_lanes": _plain([{"source": row.source, "unit": row.unit, "day": row.day} for row in answer.rows]),
    }  # fmt: skip


def _plain(rows: Sequence[Row]) -> list[Row]:
    return [{key: _json_value(value) for key, value in row.items()} for row in rows]


def _json_value(value: Any) -> Any:
    if isinstance(value, Fraction):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value
