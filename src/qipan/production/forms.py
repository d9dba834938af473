"""Forms of production: a line, its state, a daily report, a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.organisations import queries as organisations
from qipan.ui.fields import QuantityField

STATE_WORDS = {
    "idle": _("idle"),
    "resuming": _("resuming"),
    "running": _("running"),
    "full": _("at full capacity"),
    "converting": _("converting"),
    "expanding": _("expanding"),
}
LIST_WORDS = {"key": _("key makers"), "dispatch": _("dispatch scope")}
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
STANDING_WORDS = {"on_time": _("on time"), "late": _("late"), "missing": _("missing"), "awaited": _("awaited")}


def state_choices() -> list[tuple[str, str]]:
    """States of a line."""
    return [(code, str(word)) for code, word in STATE_WORDS.items()]


def item_choices() -> list[tuple[str, str]]:
    """Materials of the catalogue by code."""
    return [(m.code, f"{m.short} · {m.code}") for m in catalogue.materials().values()]


class StateForm(forms.Form):
    """In what state a line is, and how much it can make a day."""

    state = forms.ChoiceField(label=_("State"), choices=state_choices)
    capacity = QuantityField(
        label=_("Verified capacity per day"), zero_allowed=True, help_text=_("1000, 1,000 or 0.1万 are read alike.")
    )
    ground = forms.CharField(label=_("Who verified it, or why it changes"), max_length=200)


class LineForm(StateForm):
    """A line of a maker."""

    unit = forms.CharField(
        label=_("Enterprise"), max_length=120, help_text=_("Its name or code, as in the list of units.")
    )
    item = forms.ChoiceField(label=_("Item"), choices=item_choices)
    name = forms.CharField(label=_("Name of the line"), max_length=80)
    release_days = forms.IntegerField(
        label=_("Days until release"), min_value=0, max_value=60, required=False,
        help_text=_("7 to 14 after ethylene oxide, 1 after irradiation, 0 where nothing awaits; empty: as listed."),
    )  # fmt: skip
    field_order = ("unit", "item", "name", "state", "capacity", "release_days", "ground")


class ReportForm(forms.Form):
    """A day of a line: output, stock, flow, price, people, raw material; quantities in the item's unit."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    output = QuantityField(label=_("Output"), zero_allowed=True)
    opening = QuantityField(label=_("Opening stock"), zero_allowed=True, required=False)
    shipped = QuantityField(label=_("Shipped"), zero_allowed=True)
    closing = QuantityField(label=_("Closing stock"), zero_allowed=True)
    released = QuantityField(
        label=_("Released"), zero_allowed=True, required=False,
        help_text=_("What passed aeration and test today."),
    )  # fmt: skip
    to = forms.ChoiceField(label=_("Shipped to"), choices=lambda: [("", "–"), *place_choices()], required=False)
    price = forms.DecimalField(
        label=_("Price, yuan for one"), min_value=0, max_digits=12, decimal_places=4, required=False
    )
    people = forms.IntegerField(label=_("People on site"), min_value=0, max_value=1_000_000, required=False)
    raw_days = forms.DecimalField(
        label=_("Days of key raw material"), min_value=0, max_digits=6, decimal_places=1, required=False
    )
    reason = forms.CharField(
        label=_("Why output fell"), max_length=200, required=False,
        help_text=_("Asked for on every day that makes less than the day before."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False,
        help_text=_("Where opening + output − shipped is not the closing stock: why."),
    )  # fmt: skip

    def __init__(self, *args: Any, has_release: bool, today: date, **more: Any) -> None:
        """``has_release``: what the line makes awaits release."""
        super().__init__(*args, **more)
        if not has_release:
            del self.fields["released"]
        self.fields["day"].widget.attrs["max"] = today.isoformat()
        self.fields["output"].widget.attrs["autofocus"] = True


def place_choices() -> list[tuple[str, str]]:
    """Provinces and the cities of the boards."""
    tiles = {t.code: str(t.name) for t in organisations.tiles() if t.board in ("hubei", "china")}
    return sorted(tiles.items())


class FileForm(forms.Form):
    """A table of daily reports to import."""

    file = forms.FileField(
        label=_("Excel or CSV file"),
        help_text=_("Columns: enterprise, line, day, output, opening, shipped, closing, and more."),
    )
