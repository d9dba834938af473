"""Words for the codes of the return to work, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CLASS_WORDS = {
    "": _("every enterprise"),
    "above_size": _("above designated size"),
    "epidemic": _("makers of epidemic goods"),
    "livelihood": _("needed for daily life"),
    "key": _("key makers"),
    "dispatch": _("dispatch scope"),
}
GROUND_WORDS = {
    "epidemic": _("makes epidemic goods"),
    "livelihood": _("needed for daily life"),
    "continuous": _("cannot be interrupted"),
    "other": _("other"),
}
ANSWER_WORDS = {
    "met": _("met"),
    "partly": _("partly met"),
    "not_met": _("not met"),
    "not_applicable": _("does not apply"),
}
FLAG_WORDS = {
    "too_early": _("earlier than allowed"),
    "not_committed": _("no signed commitment"),
    "not_assessed": _("not checked against the measures"),
    "core_missing": _("no core phase has started"),
}
PERMIT_WORDS = {
    "hygiene_temporary": _("temporary hygiene permit"),
    "hygiene": _("hygiene permit"),
    "device": _("medical device registration"),
    "production": _("production licence"),
    "domestic": _("home-market licence of export capacity"),
    "other": _("other"),
}
DEPARTMENT_WORDS = {
    "industry": _("industry"),
    "health": _("health"),
    "transport": _("transport"),
    "police": _("police"),
    "commerce": _("commerce"),
    "drug": _("drug administration"),
    "market": _("market supervision"),
    "labour": _("labour"),
    "finance": _("finance"),
    "firm": _("the firm itself"),
}
STEP_WORDS = {
    "note": _("note"),
    "moved": _("passed on"),
    "granted": _("granted"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
}
