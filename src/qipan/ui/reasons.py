"""The engine's reasons as sentences, wherever a plan is read: on a batch, in a workbook, through the API."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

CAUSES = {
    "met": ("ok", gettext_lazy("met in full")),
    "capped": ("ok", gettext_lazy("at its cap")),
    "unreachable": ("bad", gettext_lazy("nothing may or can reach it")),
    "earlier_tier_first": ("wait", gettext_lazy("an earlier tier comes first")),
    "shared_level": ("warn", gettext_lazy("common level")),
    "lane_full": ("bad", gettext_lazy("a lane is full")),
    "expires_first": ("bad", gettext_lazy("expires too soon")),
    "row_full": ("bad", gettext_lazy("full lanes")),
    "nothing_short": ("ok", gettext_lazy("nothing is short")),
    "minimum_first": ("wait", gettext_lazy("minimum quantities come first")),
    "above_level": ("wait", gettext_lazy("already above the common level")),
}


def word(cause: str) -> tuple[str, str]:
    """(state, word) of a cause."""
    state, text = CAUSES.get(cause, ("warn", cause))
    return state, str(text)


@dataclass(frozen=True)
class Case:
    """What a sentence speaks of; amounts as they shall be read.

    Args:
        cause: one of the engine's causes. sharers: needs held down by the same bottleneck, this one among them.
        supply: what can be had for the sharers. lacking: what they still lack.
    """

    cause: str
    need: str
    covered: str
    level: str
    unit: str
    sharers: int
    supply: str
    lacking: str


def sentence(case: Case) -> str:
    """Why a need gets what it gets."""
    if case.cause in ("met", "capped", "nothing_short"):
        body = _("need %(need)s %(unit)s by the deadline, %(covered)s already there or on the way; the rest is sent.")
        return body % {"need": case.need, "covered": case.covered, "unit": case.unit}
    if case.cause == "unreachable":
        return _("no free stock may serve this need: no store has an item whose standard is permitted in this zone.")
    if case.cause == "minimum_first":
        return _("minimum quantities of other needs come first and take all there is.")
    if case.cause == "earlier_tier_first":
        return _("everything that may serve it goes to earlier tiers, which come first.")
    if case.cause == "above_level":
        return _above_level(case)
    if case.cause == "lane_full":
        return _("every lane to it is full at the level %(level)s; the stock behind them could give more.") % {
            "level": case.level
        }
    count = max(case.sharers, 1)
    body = ngettext(
        "%(count)s need stands at the level %(level)s: %(supply)s %(unit)s can be had for %(need)s still needed.",
        "%(count)s needs share the level %(level)s: %(supply)s %(unit)s can be had for %(need)s still needed.",
        count,
    )
    return body % {
        "count": count, "level": case.level, "supply": case.supply, "need": case.lacking, "unit": case.unit,
    }  # fmt: skip


def _above_level(case: Case) -> str:
    """It has more already than others would have after the split; they take all there is."""
    body = _("%(covered)s of %(need)s %(unit)s are already there or on the way: %(level)s.") % {
        "covered": case.covered,
        "need": case.need,
        "level": case.level,
        "unit": case.unit,
    }
    others = case.sharers - 1
    if others < 1:
        return body + " " + _("Needs that stand lower take all there is.")
    words = ngettext(
        "%(count)s other need stands lower and takes all there is: %(supply)s %(unit)s.",
        "%(count)s other needs stand lower and take all there is: %(supply)s %(unit)s.",
        others,
    )
    return body + " " + words % {"count": others, "supply": case.supply, "unit": case.unit}
