"""The five status shapes, as small SVG in the text's colour."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

DRAWN = {
    "ok": '<circle cx="6" cy="6" r="4" fill="currentColor"/>',
    "warn": '<path d="M6 1.4 11.2 10.6H.8Z" fill="currentColor"/>',
    "bad": '<path d="M6 .6 11.4 6 6 11.4.6 6Z" fill="currentColor"/>',
    "wait": '<circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" stroke-width="1.7"/>',
    "none": (
        '<circle cx="6" cy="6" r="3.8" fill="none" stroke="currentColor" stroke-width="1.6" '
        'stroke-dasharray="2.1 1.88"/>'
    ),
    "held": (
        '<rect x="1" y="1" width="10" height="10" rx="1.5" fill="none" stroke="currentColor"/>'
        '<path d="M1.5 7 7 1.5M3 10.5 10.5 3M7.5 10.7 10.7 7.5" stroke="currentColor"/>'
    ),
}
STATES = tuple(DRAWN)


def shape(state: str) -> SafeString:
    """``ok`` filled circle, ``warn`` triangle, ``bad`` diamond, ``wait`` ring, ``none`` dashed ring,
    ``held`` hatched square. An unknown state is drawn as ``none``."""
    drawn = DRAWN.get(state, DRAWN["none"])
    return mark_safe(f'<svg class="shape" viewBox="0 0 12 12" aria-hidden="true">{drawn}</svg>')
