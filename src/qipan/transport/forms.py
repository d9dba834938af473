"""Forms of transport: what leaves on which vehicle, what was counted."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock


class LoadForm(forms.Form):
    """A vehicle for the chosen lines."""

    vehicle = forms.CharField(label=_("Vehicle"), max_length=40, help_text=_("The plate, such as 鄂A12345."))
    driver = forms.CharField(label=_("Driver"), max_length=40)
    escort = forms.CharField(label=_("Escort"), max_length=40, required=False)
    planned_arrival = forms.CharField(
        label=_("Planned arrival"), max_length=25, help_text=_("Such as 2020-02-13T18:00.")
    )

    def clean_planned_arrival(self) -> datetime:
        text = self.cleaned_data["planned_arrival"]
        try:
            return clock.read_instant(text)
        except clock.InstantUnreadable as error:
            raise forms.ValidationError(
                _("“%(text)s” is no instant; write 2020-01-29T24:00."), params={"text": text[:40]}
            ) from error
