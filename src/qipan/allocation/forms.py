"""Forms of allocation: what to plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.allocation import queries
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.ui.fields import InstantField

POOL_WORDS = {
    "plant": _("production"),
    "own_reserve": _("reserves of the province in need"),
    "every_reserve": _("reserves of every province"),
    "import": _("imports"),
    "donation": _("donations"),
    "ministry": _("the ministries' support"),
}


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
    deadline = InstantField(
        label=_("To be there by"),
        help_text=_("Such as 2020-02-14T24:00; needs per day are planned up to it."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not self.is_bound:
            self.initial["items"] = [code for code, _name in item_choices()]
            self.initial["deadline"] = (clock.today() + timedelta(days=2)).isoformat() + "T24:00"


def pool_choices() -> list[tuple[str, str]]:
    """Pools a batch may draw on, in words."""
    return [(pool, str(words)) for pool, words in POOL_WORDS.items()]


class PolicyForm(forms.Form):
    """A new version of a policy; its tiers come with ``TierForm``."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("The same code makes a new version of it."))
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=80)
    name_en = forms.CharField(label=_("Name (English)"), max_length=120, required=False)
    authority = forms.CharField(label=_("Authority"), max_length=160)
    pools = forms.MultipleChoiceField(label=_("Draws on"), choices=pool_choices, widget=forms.CheckboxSelectMultiple)


class TierForm(forms.Form):
    """Which needs a tier takes, and how it weighs, guards and caps them."""

    name_zh = forms.CharField(label=_("Tier (Chinese)"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Tier (English)"), max_length=80, required=False)
    regions = forms.CharField(label=_("Regions"), max_length=400, required=False)
    zones = forms.CharField(label=_("Zones"), max_length=60, required=False)
    is_key_unit = forms.TypedChoiceField(
        label=_("On the key list"), required=False, empty_value=None, coerce=lambda word: word == "True",
        choices=[("", _("either")), ("True", _("yes")), ("False", _("no"))],
    )  # fmt: skip
    weight_milli = forms.IntegerField(label=_("Weight, thousandths"), min_value=1, max_value=1_000_000, initial=1000)
    minimum_share_pct = forms.IntegerField(label=_("Minimum %"), min_value=0, max_value=100, initial=0)
    cap_pct = forms.IntegerField(label=_("Cap %"), min_value=1, max_value=100, initial=100)

    def clean_regions(self) -> list[str]:
        return self.cleaned_data["regions"].replace(",", " ").replace("、", " ").split()

    def clean_zones(self) -> list[str]:
        return self.cleaned_data["zones"].upper().replace(",", " ").replace("、", " ").split()


TIERS_MAX = 10
TierForms = forms.formset_factory(TierForm, extra=2, max_num=TIERS_MAX, validate_max=True)


class StepForm(forms.Form):
    """A note or reason that goes with a step."""

    note = forms.CharField(label=_("Note"), max_length=300, required=False)
