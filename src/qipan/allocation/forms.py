"""Forms of allocation: what to plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.allocation import queries
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations


def item_choices() -> list[tuple[str, str]]:
    """Materials with an approved need in force, in catalogue order; those are what can be planned."""
    needed = {row.material_id for row in demand.approved(Cut(clock.now()))}
    return [(m.code, str(m.short)) for m in catalogue.materials().values() if m.id in needed]


def policy_choices() -> list[tuple[str, str]]:
    """Policies in force now."""
    from qipan.kernel.text import pick

    return [(p.code, f"{pick(p.name_zh, p.name_en)} v{p.version}") for p in queries.policies(clock.now())]


def place_choices() -> list[tuple[str, str]]:
    """The nation and its provinces."""
    rows = organisations.regions(levels=("province",)).values()
    return [("", str(_("China"))), *((r.code, str(r.name)) for r in rows)]


class PlanForm(forms.Form):
    """What to share out, for whom, by when, under which policy."""

    title_zh = forms.CharField(label=_("Title (Chinese)"), max_length=120, initial="防护物资")
    title_en = forms.CharField(label=_("Title (English)"), max_length=160, initial="Protective goods")
    policy = forms.ChoiceField(label=_("Policy"), choices=policy_choices)
    place = forms.ChoiceField(label=_("For needs in"), choices=place_choices, required=False, initial="420000")
    items = forms.MultipleChoiceField(
        label=_("Items"), choices=item_choices,
        widget=forms.CheckboxSelectMultiple, help_text=_("Needs of these items; permitted substitutes count too."),
    )  # fmt: skip
    deadline = forms.CharField(
        label=_("To be there by"),
        max_length=25,
        help_text=_("Such as 2020-02-14T24:00; needs per day are planned up to it."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not self.is_bound:
            self.initial["items"] = [code for code, _name in item_choices()]
            self.initial["deadline"] = (clock.today() + timedelta(days=2)).isoformat() + "T24:00"

    def clean_deadline(self) -> datetime:
        text = self.cleaned_data["deadline"]
        try:
            return clock.read_instant(text)
        except clock.InstantUnreadable as error:
            raise forms.ValidationError(
                _("“%(text)s” is no instant; write 2020-01-29T24:00."), params={"text": text[:40]}
            ) from error


class StepForm(forms.Form):
    """A note or reason that goes with a step."""

    note = forms.CharField(label=_("Note"), max_length=300, required=False)
