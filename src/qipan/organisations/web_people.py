"""Screens of people: who holds which post, and one person with what was done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, key_of, page_number, page_of, require_reading
from qipan.kernel.errors import NotFound, Refused
from qipan.organisations import access, offices, operations, queries
from qipan.organisations.forms import PostForm, StandInForm, TokenForm, WebhookForm

PER_PAGE = 50
BEGIN = timedelta(seconds=1)
"""A period that begins at midnight begins on that day, and not at 24:00 of the day before."""


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The posts valid at the cut inside the division one reads; a form to give one."""
    by, cut = actor_of(request), cut_of(request, item="", place=actor_of(request).home)
    require_reading(request, cut.place)
    form = PostForm(request.POST or None)
    if request.method == "POST":
        by.require(access.APPOINT)
        if _is_done(form, lambda: operations.give_post(_wanted(form), by=by, idem=key_of(request))):
            return HttpResponseRedirect(request.get_full_path())
    office, text, number = request.GET.get("office", ""), request.GET.get("text", "")[:60], page_number(request)
    found, total = queries.posts(
        cut.place, cut.as_of, office=office, text=text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
    )
    regions = queries.regions({row.region for row in found})
    context = {
        "cut": cut,
        "rows": [_shown(row, regions) for row in found],
        "page": page_of(found, total, number=number, per_page=PER_PAGE),
        "offices": [(code, title) for code, (title, _actions) in offices.OFFICES.items()],
        "office": office,
        "text": text,
        "form": form,
        "may_appoint": by.may(access.APPOINT),
    }
    return render(request, "organisations/people.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: the posts, forms to let somebody stand in and to end a post, and what was done to them."""
    by, row = actor_of(request), queries.person_by_id(pk)
    if row is None:
        raise NotFound(what="person", which=pk)
    held = queries.posts_of_person(pk)
    mine = [post for post in held if by.id == pk or by.reads(post.region)]
    if not mine and by.id != pk:
        raise NotFound(what="person", which=pk)
    act = request.POST.get("act", "")
    form = StandInForm(request.POST if act == "stand_in" else None)
    token_form = TokenForm(request.POST if act == "token" else None)
    webhook_form = WebhookForm(request.POST if act == "webhook" else None)
    hooked: operations.MadeWebhook | None = None
    refusal: Refused | None = None
    made: operations.Made | None = None
    if request.method == "POST":
        try:
            if act == "token" and by.id == pk:
                made = _made(request, token_form)
            elif act == "webhook" and by.id == pk:
                hooked = _hooked(request, webhook_form)
            elif _acted(request, form):
                return HttpResponseRedirect(request.path)
        except Refused as error:
            refusal = error
    regions = queries.regions({post.region for post in mine})
    now = clock.now()
    context = {
        "row": row,
        "posts": [
            _shown(post, regions)
            | {
                "is_valid": post.valid_from <= now and (post.valid_to is None or post.valid_to > now),
                "may_end": by.may(access.APPOINT, region=post.region),
                "may_lend": post.stands_in_for is None and (by.id == pk or by.may(access.APPOINT, region=post.region)),
            }
            for post in mine
        ],
        "trail": queries.trail(f"person/{pk}"),
        "form": form,
        "refusal": refusal,
        "is_self": by.id == pk,
        "tokens": [_token(token) for token in queries.tokens_of(pk)] if by.id == pk else [],
        "token_form": TokenForm() if made else token_form,
        "made": made,
        "webhooks": queries.webhooks_of(pk) if by.id == pk else [],
        "webhook_form": WebhookForm() if hooked else webhook_form,
        "hooked": hooked,
    }
    wrong = form.errors or token_form.errors or webhook_form.errors
    status = refusal.status if refusal else 422 if wrong else 200
    return render(request, "organisations/person.html", context, status=status)


def _made(request: HttpRequest, form: TokenForm) -> operations.Made | None:
    """A token just made: its secret is shown on this answer and never again."""
    if not form.is_valid():
        return None
    typed = form.cleaned_data
    return operations.make_token(
        by=actor_of(request), name=typed["name"], days=typed["days"], actions=typed["actions"], idem=key_of(request)
    )


def _hooked(request: HttpRequest, form: WebhookForm) -> operations.MadeWebhook | None:
    """An address just added: its secret is shown on this answer and never again."""
    if not form.is_valid():
        return None
    typed = form.cleaned_data
    return operations.make_webhook(typed["address"], kinds=typed["kinds"], by=actor_of(request), idem=key_of(request))


def _token(token: Any) -> dict[str, Any]:
    is_over = token.expires_at <= clock.real_now()
    state = "none" if token.revoked_at or is_over else "ok"
    word = _("taken back") if token.revoked_at else _("over") if is_over else _("valid")
    return {"row": token, "state": state, "word": word, "actions": ", ".join(token.actions)}


def _acted(request: HttpRequest, form: StandInForm) -> bool:
    by = actor_of(request)
    if request.POST.get("act") == "revoke_token":
        operations.revoke_token(_number(request.POST.get("token", "")), by=by, idem=key_of(request))
        return True
    if request.POST.get("act") == "end_webhook":
        operations.end_webhook(_number(request.POST.get("webhook", "")), by=by, idem=key_of(request))
        return True
    if request.POST.get("act") == "end":
        post, ground = _number(request.POST.get("post", "")), request.POST.get("ground", "")[:200]
        operations.end_post(post, by=by, at=clock.now(), idem=key_of(request), ground=ground)
        return True
    return _is_done(
        form,
        lambda: operations.let_stand_in(
            form.cleaned_data["post"], username=form.cleaned_data["username"],
            valid_from=form.cleaned_data["valid_from"], valid_to=form.cleaned_data["valid_to"], by=by,
            idem=key_of(request), ground=form.cleaned_data["ground"],
        ),
    )  # fmt: skip


def _number(text: str) -> int:
    """An id as a form sends it; 0 is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _wanted(form: PostForm) -> operations.Appointment:
    typed = form.cleaned_data
    return operations.Appointment(
        typed["username"], typed["office"], typed["region"], typed["valid_from"], typed["valid_to"], typed["unit"],
        typed["item_class"], typed["ground"],
    )  # fmt: skip


def _is_done(form: Any, work: Any) -> bool:
    """Do it if the form is in order; a refusal stands in the form."""
    try:
        if not form.is_valid():
            return False
        work()
    except Refused as error:
        form.add_error(None, str(error))
        return False
    return True


def _shown(row: queries.PostRow, regions: dict[str, queries.RegionRow]) -> dict[str, Any]:
    classes = {code: name for code, name, _above in catalogue.categories()} if row.item_class else {}
    return {
        "row": row,
        "first": row.valid_from + BEGIN,
        "office": offices.OFFICES[row.office][0] if row.office in offices.OFFICES else row.office,
        "where": regions[row.region].name if row.region in regions else row.region,
        "item_class": classes.get(row.item_class),
    }
