"""Which passwords anybody would try here first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = (
    "qipan", "棋盘", "密码", "防护服", "口罩", "疾控", "卫健委", "指挥部", "hubei", "wuhan", "emergency", "medical",
    "hospital", "officer", "password", "passwort", "mima", "admin", "duty",
)  # fmt: skip
"""Words of this product and of the people who use it."""
OWN_LEAST = 8


class PlaceWords:
    """Refuses a password that has fewer than eight characters of its own beside such words."""

    def validate(self, password: str, _user: Any = None) -> None:
        """Raises ValidationError."""
        rest = password.lower()
        for word in WORDS:
            rest = rest.replace(word, "")
        if rest != password.lower() and len(rest) < OWN_LEAST:
            raise ValidationError(self.get_help_text(), code="password_place_words")

    def get_help_text(self) -> str:
        return _("Words of this place and product do not count: at least %(least)s other characters are needed.") % {
            "least": OWN_LEAST
        }
