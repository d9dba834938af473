"""Words for the codes of production, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STATE_WORDS = {
    "idle": _("idle"),
    "resuming": _("resuming"),
    "running": _("running"),
    "full": _("at full capacity"),
    "converting": _("converting"),
    "expanding": _("expanding"),
}
VOICE_WORDS = {"firm": _("firm"), "commissioner": _("commissioner")}
FLAG_WORDS = {
    "above_capacity": _("more than 1.2 times the verified capacity"),
    "idle_makes": _("output on a line that is idle"),
    "opening_differs": _("opening stock differs from yesterday's closing"),
    "does_not_add_up": _("the numbers do not add up"),
    "fell": _("output fell"),
    "price_jump": _("price moved by more than 30 %"),
    "erratum": _("erratum of a closed day"),
}
DUTY_WORDS = {
    "allocation": _("unified management and allocation"),
    "capacity": _("capacity to supply"),
    "difficulties": _("difficulties solved"),
    "home_market": _("export capacity turned home"),
    "quality": _("quality and work safety"),
}
HINDRANCE_WORDS = {
    "material": _("raw material"),
    "transport": _("transport held up"),
    "people": _("skilled people short"),
    "licence": _("licence missing"),
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
STANDING_WORDS = {"on_time": _("on time"), "late": _("late"), "missing": _("missing"), "awaited": _("awaited")}
