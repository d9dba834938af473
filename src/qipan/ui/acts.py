"""Pages on which several things can be done: each act has a form of its own, and one of them was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from qipan.kernel.errors import FileRefused, Refused
from qipan.kernel.quantity import QuantityUnreadable

MakeForm = Callable[..., forms.Form]
Do = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True)
class Acted:
    """The forms by act, bound where one was sent; where to go if it was done; the status if it was not."""

    forms: dict[str, forms.Form]
    response: HttpResponse | None
    status: int


def perform(request: HttpRequest, acts: Mapping[str, tuple[MakeForm, Do]]) -> Acted:
    """Do the act that was sent, or say on its form what is to be mended.

    Args:
        acts: by name: what makes the form (called with ``data``, ``prefix``), and what does it with what was typed; it
            gives the address to go to, or None for the page itself.

    Raises:
        FileRefused: a page that takes files lists the problems itself.
    """
    sent = request.POST.get("act", "") if request.method == "POST" else ""
    status = 200
    made: dict[str, forms.Form] = {}
    for name, (make, do) in acts.items():
        form = made[name] = make(request.POST if name == sent else None, prefix=name)
        if name != sent:
            continue
        status = 422
        if form.is_valid():
            try:
                return Acted(made, HttpResponseRedirect(do(form.cleaned_data) or request.get_full_path()), 302)
            except FileRefused:
                raise
            except (Refused, QuantityUnreadable) as error:
                status = error.status if isinstance(error, Refused) else 422
                form.add_error(None, str(error))
    return Acted(made, None, 403 if request.method == "POST" and sent not in acts else status)
