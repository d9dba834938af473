"""SVG written as text: one element at a time, escaped; coordinates with one decimal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils.html import escape

NARROW = frozenset("iljtfrI.,:;'!|()[] ")
BROAD = frozenset("mwMW%@")


def n(value: float) -> str:
    """A coordinate, as short as one decimal allows."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def element(name: str, *inside: str, kind: str = "", **attributes: object) -> str:
    """``<name class="kind" …>inside</name>``. ``inside`` is finished SVG: escape words with :func:`words`.

    Underscores in attribute names stand for hyphens; numbers are shortened;
    attributes that are None or "" are left out.
    """
    given = {"class": kind} | {key.strip("_").replace("_", "-"): value for key, value in attributes.items()}
    written = "".join(
        f' {key}="{n(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in given.items()
        if value is not None and value != ""
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def line_through(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Path text through the points."""
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + ("Z" if closed else "")


def text_width(text: str, size: float) -> float:
    """About how wide a text is; a little more rather than less."""

    def ems(letter: str) -> float:
        if unicodedata.east_asian_width(letter) in "WF":
            return 1.0
        if letter in NARROW:
            return 0.34
        if letter in BROAD:
            return 0.86
        return 0.64 if letter.isupper() else 0.55

    return size * sum(ems(letter) for letter in text)


def words(
    text: str,
    *,
    x: float,
    y: float,
    size: float,
    kind: str,
    room: float = 0,
    anchor: str = "",
    after: str = "",
) -> str:
    """A line of text, pressed together when it would be wider than ``room``; ``after`` is finished SVG."""
    is_pressed = 0 < room < text_width(text, size)
    return element(
        "text",
        str(escape(text)) + after,
        kind=kind,
        x=x,
        y=y,
        font_size=size,
        text_anchor=anchor,
        textLength=room if is_pressed else None,
        lengthAdjust="spacingAndGlyphs" if is_pressed else None,
    )


def broken(text: str, size: float, room: float) -> tuple[str, ...]:
    """``text`` on one line if it fits into ``room``, else on two of about equal length."""
    if text_width(text, size) <= room:
        return (text,)
    breaks = [index for index, letter in enumerate(text) if letter == " "] or list(range(1, len(text)))
    middle = min(breaks, key=lambda index: abs(text_width(text[:index], size) * 2 - text_width(text, size)))
    return (text[:middle].rstrip(), text[middle:].lstrip())
