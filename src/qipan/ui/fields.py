"""Fields that several forms share."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.quantity import QuantityUnreadable, read_quantity


class InstantField(forms.CharField):
    """An instant as people type it: 2020-01-29T24:00, with or without a zone."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=25, **more)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return clock.read_instant(text) if text else None
        except clock.InstantUnreadable as error:
            raise forms.ValidationError(
                _("“%(text)s” is no instant; write 2020-01-29T24:00."), params={"text": text[:40]}
            ) from error


class QuantityField(forms.CharField):
    """A quantity as people type it; says what is wrong in words. None when it is empty and may be."""

    def __init__(self, *, zero_allowed: bool = False, **more: Any) -> None:
        super().__init__(max_length=40, **more)
        self.zero_allowed = zero_allowed
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Fraction | None:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            return read_quantity(text, zero_allowed=self.zero_allowed)
        except QuantityUnreadable as error:
            raise forms.ValidationError(str(error), code=error.code) from error
