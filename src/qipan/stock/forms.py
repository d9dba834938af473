"""Forms of stock: a count of one item, a reversal of one movement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue.queries import MaterialRow
from qipan.organisations import queries as organisations
from qipan.stock.queries import Holding

STORE_WORDS = {
    "reserve": _("reserve"),
    "plant": _("plant store"),
    "import": _("port of entry"),
    "donation": _("donations' store"),
    "ministry": _("ministries' store"),
}


def count_choices(
    held: Iterable[Holding], lots: dict[int, Any], materials: dict[int, MaterialRow]
) -> list[tuple[Any, Any]]:
    """``item:lot`` of what is on the books of an account first; then every other material without a lot."""
    here = [(row.item, row.lot) for row in held]
    booked = [
        (f"{item}:{lot}", " · ".join(filter(None, (str(materials[item].short), lots.get(lot, ("",))[0]))))
        for item, lot in here
    ]
    others = [(f"{m.id}:0", f"{m.short} · {m.code}") for m in materials.values() if (m.id, 0) not in here]
    return [(_("On the books here"), booked), (_("Other materials"), others)]


class CountForm(forms.Form):
    """What was counted of one item (and lot, when the books know it by lot)."""

    holding = forms.ChoiceField(label=_("Item"))
    counted = forms.CharField(
        label=_("Counted"),
        max_length=40,
        help_text=_("What is there now; 0 is a count too. 1000, 1,000 or 0.1万 are read alike."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    measure = forms.CharField(
        label=_("Counted in"),
        required=False,
        max_length=20,
        help_text=_("The item's unit or a pack, such as 件 or 箱."),
    )
    reason = forms.CharField(
        label=_("Reason for a difference"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, posted: Any = None, *, choices: Iterable[tuple[Any, Any]]) -> None:
        super().__init__(posted, auto_id="count-%s")
        self.fields["holding"].choices = list(choices)  # type: ignore[attr-defined]


def region_choices() -> list[tuple[str, str]]:
    """Provinces and prefectures by code."""
    rows = organisations.regions(levels=("province", "prefecture"))
    return [(code, f"{code} · {row.name}") for code, row in rows.items()]


class StoreForm(forms.Form):
    """A store that goods can be shared out from."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind, STORE_WORDS[kind]) for kind in STORE_WORDS])
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=80)
    name_en = forms.CharField(label=_("Name (English)"), max_length=120, required=False)
    region = forms.ChoiceField(label=_("Region"), choices=region_choices)
    holder = forms.CharField(label=_("Kept by"), max_length=120, help_text=_("Name or code of the unit that keeps it."))
    owner = forms.CharField(
        label=_("Owned by"), max_length=120, required=False, help_text=_("Left empty: the goods are the keeper's own.")
    )


class ReversalForm(forms.Form):
    """Why a movement is booked back."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, posted: Any = None) -> None:
        super().__init__(posted, auto_id="reversal-%s")
