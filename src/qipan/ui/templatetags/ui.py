"""Filters and tags of every page: ``{% load ui %}``. The list is in ``qipan.ui``'s docstring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import template
from django.http import QueryDict
from django.template.base import NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from qipan.kernel import clock, text
from qipan.ui import charts, format, shapes

register = template.Library()


def language() -> str:
    return get_language() or "zh-hans"


@register.simple_tag(takes_context=True)
def form_key(context: Context) -> SafeString:
    """The hidden fields of every form that writes: the CSRF token, and a key made when the form opens."""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="idem" value="{}">',
        context.get("csrf_token", ""), uuid4(),
    )  # fmt: skip


@register.filter
def figure(value: object, places: int | None = None) -> str:
    """``{{ 81000|figure }}`` → 81,000; ``{{ price|figure:2 }}`` → 96.00; None → –."""
    return format.figure(value, places=places)


@register.filter
def signed(value: object, places: int | None = None) -> str:
    """A difference: +840, −50, 0."""
    return format.signed(value, places=places)


@register.filter
def said(words: str) -> str:
    return text.said(words)


@register.filter
def wan(value: object) -> str:
    return format.wan(value, language())


@register.filter
def myriads(value: object) -> str:
    """``{{ 81000|myriads }}`` → 8.1万 beside the plain figure, for a reader of Chinese; else nothing."""
    said = format.wan(value, language())
    return "" if said == format.figure(value) else said


@register.filter
def percent(ratio: object, places: int = 1) -> str:
    """``{{ 0.844|percent }}`` → 84.4%; ``{{ rate|percent:0 }}`` → 84%; 1 → 100%."""
    return format.percent(ratio, places=places)


@register.filter
def instant(at: datetime | str | None, form: str = "full") -> str:
    """An aware datetime in China Standard Time; form: full, day, time, brief or iso. Words stay words."""
    if not isinstance(at, datetime):
        return at or format.NOTHING
    year = clock.now().astimezone(clock.CST).year
    forms = {
        "full": lambda: format.instant(at, language(), year=year),
        "day": lambda: format.day(at, language(), year=year),
        "time": lambda: format.clock_time(at),
        "brief": lambda: format.brief(at),
        "iso": lambda: at.astimezone(clock.CST).isoformat(timespec="seconds"),
    }
    return forms[form]()


@register.filter
def cut(at: datetime, time: str = "24:00") -> str:
    """The ``as_of`` value of a reporting cut on the day of ``at``: 2020-01-29T08:00."""
    return format.cut(at, time)


@register.filter
def cut_moved(at: datetime, days: int) -> str:
    """24:00 of the day ``days`` later, as an ``as_of`` value."""
    return format.cut(at, days=days)


@register.filter
def cut_day(at: datetime) -> str:
    return f"{format.day_of(at):%Y-%m-%d}"


@register.filter
def hours(value: object) -> str:
    return format.hours(value, language())


@register.filter
def timespan(seconds: object) -> str:
    return format.timespan(seconds, language())


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """``{% icon "truck" %}``: a symbol of icons.svg; give a label only if no word stands beside it."""
    sheet = static("ui/icons.svg")
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, sheet, name)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sheet, name)


@register.simple_tag
def status(state: str, word: object = "") -> SafeString:
    """``{% status "bad" _("will run out") %}``: shape, colour and word, never one alone."""
    return format_html('<span class="status is-{}">{}<span>{}</span></span>', state, shapes.shape(state), word)


@register.simple_tag
def shape(state: str) -> SafeString:
    """The shape alone, for a row whose word stands elsewhere."""
    return shapes.shape(state)


@register.simple_tag
def bar(
    need: Any, covered: Any = 0, batch: Any = 0, *, mark: Any = None, kind: str = "", label: str = ""
) -> SafeString:
    """``{% bar need covered batch %}``: covered first (light), this batch second, of the need."""
    return charts.bar(need, covered, batch, mark=mark, kind=kind, label=label)


@register.simple_tag
def sparkline(values: Any, title: str = "") -> SafeString:
    return charts.sparkline(values or (), title=title)


@register.simple_tag
def columns(values: Any, title: str = "") -> SafeString:
    return charts.columns(values or (), title=title)


@register.simple_tag
def kind_tag(word: object, kind: str = "") -> SafeString:
    """``{% kind_tag "ICU" "red" %}``: outlined class tag; ``red`` for the red zone only."""
    return format_html('<span class="tag{}">{}</span>', f" is-{kind}" if kind else "", word)


@register.simple_tag(takes_context=True)
def kept_inputs(context: Context, *but: str) -> SafeString:
    """Hidden inputs of the page's query parameters, so that a GET form keeps the other filters."""
    request = getattr(context, "request", None)
    query: QueryDict = request.GET if request is not None else QueryDict()
    pairs = ((name, value) for name, values in query.lists() for value in values if name not in but)
    return mark_safe("".join(format_html('<input type="hidden" name="{}" value="{}">', *pair) for pair in pairs))


@register.filter
def plus(one: Any, other: Any) -> Any:
    """A sum of figures; None when either is missing."""
    return None if one is None or other is None else one + other


@register.filter
def minus(one: Any, other: Any) -> Any:
    """Difference of two numbers; empty when one is missing."""
    return "" if one in (None, "") or other in (None, "") else one - other


@register.filter
def share_of(part: object, whole: object) -> Decimal | None:
    """``{{ gap|share_of:need|percent }}``; None when there is no whole."""
    above, below = format.exact(part), format.exact(whole)
    return None if above is None or not below else above / below


@register.filter
def is_kind(field: Any, kind: str) -> bool:
    """Whether a bound field's widget is one of a kind: checkbox, select, file, textarea; a group of them is none."""
    widget = field.field.widget
    if getattr(widget, "allow_multiple_selected", False) or field.use_fieldset:
        return False
    return (getattr(widget, "input_type", "") or type(widget).__name__.lower()) == kind


class PanelNode(template.Node):
    """Draws a panel round its body; see :func:`panel`."""

    child_nodelists = ("body", "actions", "foot")

    def __init__(self, title: Any, options: dict[str, Any], parts: dict[str, NodeList]) -> None:
        self.title = title
        self.options = options
        self.body = parts["panel"]
        self.actions = parts.get("panelactions", NodeList())
        self.foot = parts.get("panelfoot", NodeList())

    def __iter__(self) -> Iterator[template.Node]:
        yield from (*self.body, *self.actions, *self.foot)

    def render(self, context: Context) -> SafeString:
        given = {name: expression.resolve(context) for name, expression in self.options.items()}
        given |= {
            "title": conditional_escape(self.title.resolve(context)),
            "body": self.body.render(context),
            "actions": mark_safe(self.actions.render(context).strip()),
            "foot": mark_safe(self.foot.render(context).strip()),
        }
        return render_to_string("ui/parts/panel.html", {**given, "level": given.get("level", 2)})


@register.tag
def panel(parser: Parser, token: Token) -> PanelNode:
    """``{% panel _("Lines") note=_("by tier") kind="flush" id="lines" %}…{% endpanel %}``.

    After the body, in this order if wanted: ``{% panelactions %}`` (right end of
    the head) and ``{% panelfoot %}`` (grey foot).
    """
    words = token.split_contents()[1:]
    if not words:
        raise template.TemplateSyntaxError("panel needs a title")
    options = token_kwargs(words[1:], parser) if words[1:] else {}
    parts: dict[str, NodeList] = {}
    name = "panel"
    while name != "endpanel":
        parts[name] = parser.parse(("panelactions", "panelfoot", "endpanel"))
        name = parser.next_token().contents
    return PanelNode(parser.compile_filter(words[0]), options, parts)


@register.filter
def pages_near(paginator: Any, number: int) -> list[int | None]:
    """Page numbers to offer: the ends, the neighbours, None where some are left out."""
    wanted = sorted({1, paginator.num_pages, *range(number - 1, number + 2)} & set(paginator.page_range))
    offered: list[int | None] = []
    for before, page in zip([0, *wanted], wanted, strict=False):
        if page - before > 1:
            offered.append(None)
        offered.append(page)
    return offered


@register.filter
def grains(value: object, item: Any) -> object:
    """``value`` counted in the smallest unit, in the item's own unit: anything with ``from_grains``."""
    return None if value is None or value == "" else item.from_grains(value)


@register.filter
def tier_label(rank: int) -> str:
    """The label of a tier counted from 0: T1."""
    return f"T{int(rank) + 1}"
