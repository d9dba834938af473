"""Why each need gets what it gets, as a sentence in the reader's language."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qipan.kernel.text import is_chinese
from qipan.ui import reasons
from qipan.ui.format import figure
from qipan.workbook.network import Sink
from qipan.workbook.planning import Answer, Given

NAMES_MAX = 6
NO_NEXT = ("met", "capped", "nothing_short", "row_full", "expires_first", "unreachable")
"""Causes of which one more unit says nothing."""

OBSTACLES = {
    "not_permitted": gettext_lazy("%(units)s may not be used there"),
    "no_lane": gettext_lazy("%(units)s have no lane to it"),
    "too_late": gettext_lazy("%(units)s would come too late"),
    "expires": gettext_lazy("%(units)s expire too soon"),
}


def sentence(answer: Answer, given: Given) -> str:
    """One sentence or a few: the tier, the level and who shares it, what is used up, what is in the way."""
    head = _("Tier %(rank)s: ") % {"rank": given.sink.tier}
    parts = [head + _body(answer, given), _used_up(given), _in_the_way(given), _next(answer, given)]
    return ("" if is_chinese() else " ").join(filter(None, parts))


def cause_word(given: Given) -> str:
    """The cause in a word or two."""
    return reasons.word(given.cause)[1]


def target(sink: Sink) -> str:
    """A need by its unit and zone."""
    return f"{sink.unit} · {sink.zone}" if sink.zone else sink.unit


def listed(names: list[str]) -> str:
    """A few names, and how many more there are."""
    text = _(", ").join(names[:NAMES_MAX])
    more = len(names) - NAMES_MAX
    return text if more <= 0 else _("%(names)s and %(count)s more") % {"names": text, "count": more}


def _body(answer: Answer, given: Given) -> str:
    if given.cause == "unreachable":
        if not given.obstacles:
            return _("no source has the item, or anything that may take its place.")
        return _("no stock can serve it.")
    if given.cause == "row_full":
        return _rows(answer, given)
    if given.cause == "expires_first":
        days = sorted({day.isoformat() for row in given.rows if (day := answer.rows[row].day)})
        words = _("at %(level)s; the goods serve only the days before they expire, on %(days)s.")
        return words % {"level": _percent(given.level), "days": listed(days)}
    reason = given.reason
    return reasons.sentence(
        reasons.Case(
            cause=given.cause,
            need=figure(given.sink.need),
            covered=figure(given.sink.covered),
            level=_percent(given.level),
            unit=given.sink.measure,
            sharers=len(reason.sharers) if reason else 0,
            supply=figure(Fraction(reason.part_supply if reason else 0, given.factor), places=0),
            lacking=figure(Fraction(reason.part_need if reason else 0, given.factor), places=0),
        )
    )


def _rows(answer: Answer, given: Given) -> str:
    """Lanes that goods share and that hold the need down."""
    lanes: dict[str, list[str]] = {}
    for at in given.rows:
        row = answer.rows[at]
        if row.lane is None:
            continue
        lanes.setdefault(row.source, []).append(row.day.isoformat() if row.day else "")
    names = [f"{source} ({listed(days)})" if any(days) else source for source, days in lanes.items()]
    words = _("at %(level)s; full lanes hold it down, from %(names)s.")
    return words % {"level": _percent(given.level), "names": listed(names)}


def _used_up(given: Given) -> str:
    is_held = given.cause in ("shared_level", "earlier_tier_first", "minimum_first", "above_level")
    return _("Used up: %(names)s.") % {"names": listed(list(given.sources))} if is_held and given.sources else ""


def _in_the_way(given: Given) -> str:
    if not given.obstacles:
        return ""
    words = [str(OBSTACLES[kind]) % {"units": figure(units)} for kind, units in given.obstacles.items()]
    return _("Of the other stock %(words)s.") % {"words": _(", ").join(words)}


def _next(answer: Answer, given: Given) -> str:
    """Whom one more unit would go to."""
    if given.next_to is None or given.cause in NO_NEXT:
        return ""
    sink = answer.network.sinks[given.next_to]
    if sink is given.sink:
        return _("One more would come here.")
    text = _("One more would go to %(name)s.") % {"name": target(sink)}
    until = given.reason.units_until_this if given.reason else None
    if until:
        units = figure(Fraction(until, given.factor), places=0)
        more = _("It takes %(count)s more until this need gets one.") % {"count": units}
        text += more if is_chinese() else f" {more}"
    return text


def _percent(level: float) -> str:
    return f"{level * 100:.1f}%"
