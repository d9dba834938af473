"""Forms of people: a post, a stand-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.organisations import offices, queries
from qipan.ui.fields import InstantField


def office_choices() -> list[tuple[str, str]]:
    """Offices by code."""
    return [(code, str(title)) for code, (title, _actions) in offices.OFFICES.items()]


def class_choices() -> list[tuple[str, str]]:
    """Every item, or one category of the catalogue."""
    return [("", str(_("every item"))), *((code, f"{name} · {code}") for code, name, _above in catalogue.categories())]


class PostForm(forms.Form):
    """An office for somebody who can sign in."""

    username = forms.CharField(label=_("Sign-in name"), max_length=60)
    office = forms.ChoiceField(label=_("Office"), choices=office_choices)
    region = forms.CharField(label=_("Region code"), max_length=6, help_text=_("GB/T 2260, such as 420106."))
    unit = forms.CharField(
        label=_("At the unit"), max_length=120, required=False, help_text=_("Its code or name, for a post at one unit.")
    )
    item_class = forms.ChoiceField(label=_("For items of"), choices=class_choices, required=False)
    valid_from = InstantField(label=_("From"))
    valid_to = InstantField(label=_("Until"), required=False)
    ground = forms.CharField(label=_("Ground"), max_length=200, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial.setdefault("valid_from", clock.write_instant(clock.now())[:16])

    def clean_unit(self) -> int | None:
        word = self.cleaned_data["unit"].strip()
        return queries.organisation(word).id if word else None


class StandInForm(forms.Form):
    """Somebody who holds a post for a while."""

    post = forms.IntegerField(widget=forms.HiddenInput)
    username = forms.CharField(label=_("Sign-in name"), max_length=60)
    valid_from = InstantField(label=_("From"))
    valid_to = InstantField(label=_("Until"), help_text=_("At most 31 days."))
    ground = forms.CharField(label=_("Ground"), max_length=200, required=False)


def action_choices() -> list[tuple[str, str]]:
    """Every action by its name."""
    return [(action, action) for action in sorted(offices.EVERYTHING)]


class WebhookForm(forms.Form):
    """An address that is told what happens."""

    address = forms.URLField(label=_("Address"), max_length=300, assume_scheme="https", help_text=_("https only"))
    kinds = forms.CharField(
        label=_("Kinds"), max_length=200, required=False,
        help_text=_("Beginnings of kinds, separated by commas, such as transport., allocation.; empty: every kind."),
    )  # fmt: skip

    def clean_kinds(self) -> list[str]:
        """The beginnings as a list."""
        return [kind.strip() for kind in self.cleaned_data["kinds"].split(",") if kind.strip()]


class TokenForm(forms.Form):
    """A token of one's own for a program."""

    name = forms.CharField(label=_("What it is for"), max_length=60)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=366, initial=30)
    actions = forms.MultipleChoiceField(
        label=_("It may do at most"), choices=action_choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everything your posts allow."),
    )  # fmt: skip
