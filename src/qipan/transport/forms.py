"""Forms of transport: what leaves on which vehicle, what was counted."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.ui.fields import InstantField


class LoadForm(forms.Form):
    """A vehicle for the chosen lines."""

    vehicle = forms.CharField(label=_("Vehicle"), max_length=40, help_text=_("The plate, such as 鄂A12345."))
    driver = forms.CharField(label=_("Driver"), max_length=40)
    driver_phone = forms.CharField(
        label=_("Driver's telephone"), max_length=25, required=False,
        help_text=_("Kept closed; who needs it opens it, and that is written down. Erased when its time is over."),
    )  # fmt: skip
    escort = forms.CharField(label=_("Escort"), max_length=40, required=False)
    escort_phone = forms.CharField(label=_("Escort's telephone"), max_length=25, required=False)
    receiver = forms.CharField(label=_("Who waits for it"), max_length=40, required=False)
    receiver_phone = forms.CharField(label=_("That person's telephone"), max_length=25, required=False)
    planned_arrival = InstantField(label=_("Planned arrival"), help_text=_("Such as 2020-02-13T18:00."))
