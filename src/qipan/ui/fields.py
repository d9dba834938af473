"""Fields that several forms share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock


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
