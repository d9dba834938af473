"""Forms of the catalogue: declaring an emergency."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries


def material_choices() -> list[tuple[str, str]]:
    """Every material by code."""
    return [(m.code, str(m.short)) for m in queries.materials().values() if m.category not in ("RAW", "EQUIP")]


def emergency_choices() -> list[tuple[str, str]]:
    """Materials for emergency use only, by code."""
    return [(m.code, str(m.short)) for m in queries.materials().values() if m.is_emergency_only]


class DeclarationForm(forms.Form):
    """The legal basis of an emergency and the rules that hang on it."""

    title_zh = forms.CharField(label=_("Title (Chinese)"), max_length=120)
    title_en = forms.CharField(label=_("Title (English)"), max_length=160, required=False)
    document = forms.CharField(
        label=_("Document"), max_length=120, help_text=_("Its number, such as 国办发明电〔2020〕2号.")
    )
    authority = forms.CharField(label=_("Authority"), max_length=120)
    controlled = forms.MultipleChoiceField(
        label=_("Under central allocation while it holds"), choices=material_choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    permitted = forms.MultipleChoiceField(
        label=_("Permitted only while it holds"), choices=emergency_choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
