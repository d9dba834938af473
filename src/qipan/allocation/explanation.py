"""Why this number: the engine's reason as one sentence and its evidence, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from qipan.allocation.queries import NeedRow
from qipan.catalogue import queries as catalogue
from qipan.kernel.text import Both, pick
from qipan.organisations import queries as organisations
from qipan.ui import reasons
from qipan.ui.format import figure as figure_text


@dataclass(frozen=True)
class Chip:
    """A piece of evidence: a source that is used up, a rule that acted."""

    text: str
    amount: str
    is_binding: bool = False


@dataclass(frozen=True)
class Explanation:
    """One need's explanation: a question, a sentence, and what stands behind it."""

    question: str
    sentence: str
    cause_word: str
    cause_state: str
    sources: list[Chip]
    rules: list[Chip]
    next_word: str


@dataclass(frozen=True)
class Names:
    """What the sentences of one batch need, read once: items, places, units, policy tiers.

    ``supplies`` and ``wants`` are the inputs' rows by their number: those that one may read.
    """

    materials: dict[int, catalogue.MaterialRow]
    places: dict[int, Both]
    units: dict[int, Both]
    inputs: dict[str, Any]
    policy: Both
    supplies: dict[int, dict[str, Any]]
    wants: dict[int, dict[str, Any]]


def names_of(inputs: dict[str, Any], policy: Both) -> Names:
    """Read the names a batch's explanations speak of. Three queries whatever the size."""
    supplies, wants = dict(enumerate(inputs.get("supplies", ()))), dict(enumerate(inputs.get("wants", ())))
    places = organisations.places(ids={s["place"] for s in supplies.values()})
    units = organisations.organisations(ids={w["organisation"] for w in wants.values()})
    return Names(
        materials=catalogue.materials(),
        places={place.id: place.name for place in places.values()},
        units={unit.id: unit.name for unit in units.values()},
        inputs=inputs,
        policy=policy,
        supplies=supplies,
        wants=wants,
    )


def tier_name(inputs: dict[str, Any], rank: int) -> str:
    """The tier's name in the reader's language."""
    tier = next((t for t in inputs["tiers"] if t["rank"] == rank), None)
    return "" if tier is None else pick(tier["zh"], tier["en"])


def explain(row: NeedRow, names: Names) -> Explanation:
    """One sentence for one number, with the sources, rules and the next in line."""
    unit = str(row.item.unit)
    asked = max(0, row.need - row.covered)
    given = figure_text(row.item.from_grains(row.given))
    question = (_("Why %(given)s and not %(asked)s?") if row.given < asked else _("Why %(given)s?")) % {
        "given": given,
        "asked": figure_text(row.item.from_grains(asked)),
    }
    state, word = reasons.word(row.cause)
    return Explanation(
        question=question,
        sentence=_sentence(row, names, unit),
        cause_word=word,
        cause_state=state,
        sources=_sources(row, names),
        rules=_rules(row, names),
        next_word=_next(row, names, unit),
    )


def _sentence(row: NeedRow, names: Names, unit: str) -> str:
    reason = row.reason
    number = row.item.from_grains
    tier = tier_name(names.inputs, row.tier)
    head = _("Tier %(rank)s (%(tier)s, %(policy)s): ") % {
        "rank": row.tier + 1,
        "tier": tier,
        "policy": str(names.policy),
    }
    case = reasons.Case(
        cause=row.cause,
        need=figure_text(number(row.need)),
        covered=figure_text(number(row.covered)),
        level=f"{row.level * 100:.1f}%",
        unit=unit,
        sharers=len(reason.get("sharers", ())),
        supply=figure_text(number(reason.get("part_supply", 0))),
        lacking=figure_text(number(reason.get("part_need", 0))),
    )
    return head + reasons.sentence(case) + _excluded_sentence(row, names)


def _excluded_sentence(row: NeedRow, names: Names) -> str:
    """Which free stock of the family the zone rules keep out, when anything is missing."""
    if row.covered + row.given >= row.need:
        return ""
    out = [e for e in names.inputs["excluded"] if e["item"] == row.item.id and e["zone"] == row.zone]
    if not out:
        return ""
    words = _(", ").join(
        f"{names.materials[e['other']].short} {figure_text(names.materials[e['other']].from_grains(e['free']))}"
        for e in out
    )
    return " " + _("Free but not permitted in zone %(zone)s: %(words)s.") % {"zone": row.zone, "words": words}


def _sources(row: NeedRow, names: Names) -> list[Chip]:
    chips = []
    for index in row.reason.get("sources_emptied", ()):
        if index not in names.supplies:
            continue
        supply = names.supplies[index]
        item = names.materials[supply["item"]]
        chips.append(Chip(str(names.places[supply["place"]]), figure_text(item.from_grains(supply["free"])), True))
    return chips


def _rules(row: NeedRow, names: Names) -> list[Chip]:
    chips = [Chip(str(names.policy), _("tier %(rank)s") % {"rank": row.tier + 1})]
    for e in names.inputs["excluded"]:
        if e["item"] == row.item.id and e["zone"] == row.zone:
            chips.append(
                Chip(
                    _("%(item)s not permitted in %(zone)s")
                    % {"item": names.materials[e["other"]].short, "zone": row.zone},
                    "",
                    True,
                )
            )
    return chips


def _next(row: NeedRow, names: Names, unit: str) -> str:
    reason = row.reason
    at = reason.get("next_unit_to")
    if at not in names.wants:
        return ""
    want = names.wants[at]
    text = _("One more %(unit)s would go to %(name)s (%(zone)s).") % {
        "unit": unit,
        "name": names.units[want["organisation"]],
        "zone": want["zone"],
    }
    until = reason.get("units_until_this")
    if until and at != reason.get("want"):
        text += " " + _("This need is next after %(count)s more.") % {"count": figure_text(row.item.from_grains(until))}
    return text
