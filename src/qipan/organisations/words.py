"""Words for the lists an enterprise can be on, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LIST_WORDS = {
    "key": _("key makers"),
    "dispatch": _("dispatch scope"),
    "above_size": _("above designated size"),
    "epidemic": _("makers of epidemic goods"),
    "livelihood": _("needed for daily life"),
}
