"""Forms of need: one statement, one approval, one decision, a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.organisations import queries as organisations
from qipan.ui.fields import QuantityField


def item_choices() -> list[tuple[str, str]]:
    """Materials of the catalogue by code."""
    return [(m.code, f"{m.short} · {m.code}") for m in catalogue.materials().values()]


def zone_choices() -> list[tuple[str, str]]:
    """Use zones by code."""
    return [(z.code, f"{z.code} · {z.name}") for z in catalogue.zones().values()]


class NeedForm(forms.Form):
    """A unit's need of one item per day."""

    item = forms.ChoiceField(label=_("Item"), choices=item_choices)
    zone = forms.ChoiceField(label=_("Use zone"), choices=zone_choices)
    quantity = QuantityField(label=_("Quantity per day"), help_text=_("1000, 1,000 or 0.1万 are read alike."))
    measure = forms.CharField(
        label=_("Counted in"),
        required=False,
        max_length=20,
        help_text=_("The item's unit or a pack, such as 件 or 箱."),
    )
    note = forms.CharField(label=_("Ground"), max_length=200, required=False)

    def __init__(self, *args: Any, zero_allowed: bool = False, **more: Any) -> None:
        """``zero_allowed``: an approval of 0 ends a need."""
        super().__init__(*args, **more)
        quantity = self.fields["quantity"]
        assert isinstance(quantity, QuantityField)
        quantity.zero_allowed = zero_allowed


def place_choices() -> list[tuple[str, str]]:
    """Provinces and the cities of the boards."""
    tiles = {t.code: str(t.name) for t in organisations.tiles() if t.board in ("hubei", "china")}
    return sorted(tiles.items())


def voice_choices() -> list[tuple[str, str]]:
    """Who or what says it."""
    return [(code, str(word)) for code, word in VOICE_WORDS.items()]


VOICE_WORDS = {"official": _("published"), "burn_rate": _("burn rate"), "scenario": _("scenario")}


class PlaceNeedForm(forms.Form):
    """A need per day said about a place."""

    voice = forms.ChoiceField(label=_("Voice"), choices=voice_choices)
    place = forms.ChoiceField(label=_("Region"), choices=place_choices)
    item = forms.ChoiceField(label=_("Item"), choices=item_choices)
    quantity = QuantityField(label=_("Quantity per day"), help_text=_("1000, 1,000 or 0.1万 are read alike."))
    source = forms.CharField(
        label=_("Source, rate or scenario"), max_length=200,
        help_text=_("Who published it, or how it was worked out."),
    )  # fmt: skip


class DecisionForm(forms.Form):
    """What a person decided about a text that could not be read."""

    decision = forms.CharField(label=_("Decision"), max_length=300)


class FileForm(forms.Form):
    """A table of needs to import."""

    file = forms.FileField(
        label=_("Excel or CSV file"), help_text=_("Columns: unit, item, zone, quantity, measure, at.")
    )
