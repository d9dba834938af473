"""Forms of production: a line, its state, a daily report, a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.organisations import queries as organisations
from qipan.production.words import DEPARTMENT_WORDS, DUTY_WORDS, HINDRANCE_WORDS, STATE_WORDS
from qipan.ui.fields import InstantField, QuantityField


def state_choices() -> list[tuple[str, str]]:
    """States of a line."""
    return [(code, str(word)) for code, word in STATE_WORDS.items()]


def item_choices() -> list[tuple[str, str]]:
    """Materials of the catalogue by code."""
    return [(m.code, f"{m.short} · {m.code}") for m in catalogue.materials().values()]


def hindrance_choices() -> list[tuple[str, str]]:
    """Kinds of hindrance."""
    return [(code, str(word)) for code, word in HINDRANCE_WORDS.items()]


def department_choices() -> list[tuple[str, str]]:
    """Whose it can be to remove one."""
    return [(code, str(word)) for code, word in DEPARTMENT_WORDS.items()]


class TicketForm(forms.Form):
    """What holds a line back."""

    line = forms.TypedChoiceField(label=_("Line"), coerce=int)
    kind = forms.ChoiceField(label=_("What it is"), choices=hindrance_choices)
    title = forms.CharField(label=_("In a sentence"), max_length=200)
    owner = forms.ChoiceField(label=_("Whose to remove"), choices=department_choices)
    due_at = InstantField(label=_("Until"), help_text=_("Such as 2020-02-08T24:00."))

    def __init__(self, *args: Any, lines: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["line"].choices = lines  # type: ignore[attr-defined]


def step_choices() -> list[tuple[str, str]]:
    """How a ticket can go on."""
    return [("note", str(_("note"))), ("moved", str(_("another owner or date"))), ("resolved", str(_("resolved")))]


class StepForm(forms.Form):
    """How a ticket goes on."""

    kind = forms.ChoiceField(label=_("Step"), choices=step_choices)
    text = forms.CharField(label=_("What was done"), max_length=300)
    owner = forms.ChoiceField(
        label=_("Whose to remove"), choices=lambda: [("", "–"), *department_choices()], required=False
    )
    due_at = InstantField(label=_("Until"), required=False)


class SendForm(forms.Form):
    """Commissioners sent to a maker."""

    unit = forms.CharField(
        label=_("Enterprise"), max_length=120, help_text=_("Its name or code, as in the list of units.")
    )
    who = forms.CharField(label=_("Who is sent"), max_length=60)
    wave = forms.IntegerField(label=_("Wave"), min_value=1, max_value=99, initial=1)
    team = forms.CharField(label=_("Team"), max_length=60, required=False)
    is_lead = forms.BooleanField(label=_("leads the team"), required=False)
    authority = forms.CharField(label=_("On whose authority"), max_length=120)


class LogForm(forms.Form):
    """A commissioner's day under the five duties."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for duty, word in DUTY_WORDS.items():
            self.fields[duty] = forms.CharField(
                label=word, max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )


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
