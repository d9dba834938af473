"""Every text a person sees exists in Chinese, whole and current."""

from __future__ import annotations

import gettext
import re
from functools import cache

from tests.tidy.messages import Entry, read_po, wanted
from tests.tidy.sources import SRC, refuse

FOLDER = SRC / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%s|%d|%%")
PROPER_NAMES = {"Excel"}


@cache
def _entries() -> dict[str, Entry]:
    return {entry.full_key: entry for entry in read_po(FOLDER / "django.po")}


def test_every_text_is_translated() -> None:
    missing = {key: places[0] for key, places in wanted().items() if not any(_texts(key))}
    refuse(missing, "no Chinese translation")


def _texts(key: str) -> list[str]:
    entry = _entries().get(key)
    return [] if entry is None else list(entry.texts.values())


def test_no_translation_is_a_guess() -> None:
    refuse([key for key, entry in _entries().items() if entry.is_fuzzy], "fuzzy")


def test_no_translation_is_left_over() -> None:
    refuse(sorted(_entries().keys() - wanted().keys()), "translated and not used")


def test_every_translation_keeps_the_values() -> None:
    wrong = {}
    for key, entry in _entries().items():
        asked = set(PLACEHOLDER.findall(entry.plural or entry.key))
        given = [set(PLACEHOLDER.findall(text)) for text in entry.texts.values()]
        if any(names != asked for names in given):
            wrong[key] = list(entry.texts.values())
    refuse(wrong, "values of the text and of its translation differ")


def test_every_translation_is_chinese_or_the_same_sign() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    plain = {
        key: text
        for key, entry in _entries().items()
        for text in entry.texts.values()
        if text not in PROPER_NAMES and not chinese.search(text) and re.search(r"[a-z]{4,}", PLACEHOLDER.sub("", text))
    }
    refuse(plain, "not translated")


def test_the_compiled_file_is_current() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        catalog = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    catalog.pop("", None)
    expected: dict[object, str] = {}
    for key, entry in _entries().items():
        for index, text in entry.texts.items():
            expected[(key, index) if entry.plural else key] = text
    differ = {str(key): text for key, text in expected.items() if catalog.get(key) != text}
    refuse(differ, "compiled otherwise; run make messages")
    refuse(map(str, catalog.keys() - expected.keys()), "compiled and no longer there; run make messages")
