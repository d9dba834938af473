"""Text for people: both languages side by side, and sort keys for Chinese."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language, gettext_lazy
from pypinyin import Style, lazy_pinyin


@dataclass(frozen=True)
class Both:
    """One text in both languages; shows itself in the reader's."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh if is_chinese() else (self.en or self.zh)

    def as_json(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en or self.zh}


SEEDED = {
    "domain catalogue": gettext_lazy("domain catalogue"),
    "assumption": gettext_lazy("assumption"),
    "simulated": gettext_lazy("simulated"),
    "simulated list": gettext_lazy("simulated list"),
}
"""Words that loaded data uses for its own source or authority."""


def said(words: str) -> str:
    """A source or authority as stated; in the reader's language where it is one of ours."""
    return str(SEEDED.get(words, words))


def is_chinese() -> bool:
    """Whether the reader's language is Chinese."""
    return (get_language() or "").startswith("zh")


def pick(zh: str, en: str) -> str:
    """The text in the reader's language; Chinese when there is no English."""
    return zh if is_chinese() or not en else en


def pinyin_key(text: str) -> str:
    """Sort key of a Chinese text: its pinyin without tones, then the text."""
    return " ".join(lazy_pinyin(text)).lower()[:200]


def pinyin_initials(text: str) -> str:
    """Initials for search: 防护服 → fhf."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()[:100]
