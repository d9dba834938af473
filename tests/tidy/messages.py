"""Texts to translate, collected from sources and templates, and the translations there are; needs no gettext tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

from tests.tidy.sources import Module, modules, templates

MARKERS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
CONTEXT_GLUE = "\x04"


@dataclass
class Entry:
    """One translation of a .po file."""

    key: str = ""
    plural: str = ""
    context: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def full_key(self) -> str:
        return f"{self.context}{CONTEXT_GLUE}{self.key}" if self.context else self.key


def wanted() -> dict[str, list[str]]:
    """Every text to translate, with the places it stands at."""
    found: dict[str, list[str]] = {}
    for module in modules("src"):
        for line, key in _of_module(module):
            found.setdefault(key, []).append(f"{module.name}:{line}")
    for template in templates():
        tree = ast.parse(_calls_of(template.text, template.name))
        for _line, key in _of_tree(tree, MARKERS | {"_"}):
            found.setdefault(key, []).append(template.name)
    return found


def _of_module(module: Module) -> Iterator[tuple[int, str]]:
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in MARKERS
    }
    yield from _of_tree(module.tree, aliases)


def _of_tree(tree: ast.AST, markers: set[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in markers:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if texts and node.func.id.startswith("pgettext"):
                yield node.lineno, CONTEXT_GLUE.join(texts[:2])
            elif texts:
                yield node.lineno, texts[0]


def _calls_of(text: str, name: str) -> str:
    """The calls Django's own extraction sees in a template, one a line."""
    literal = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    call = re.compile(rf"\b(n?p?gettext|_)\(\s*{literal}(?:\s*,\s*{literal})*", re.DOTALL)
    return "\n".join(f"{hit[0]})" for hit in call.finditer(templatize(text, origin=name)))


def read_po(path: Path) -> list[Entry]:
    """The entries of a .po file, its header left out."""
    entries, entry, slot = [], Entry(), ""
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        if not line.strip():
            if entry.key:
                entries.append(entry)
            entry, slot = Entry(), ""
        elif line.startswith("#,"):
            entry.is_fuzzy = "fuzzy" in line
        elif not line.startswith("#"):
            found = re.match(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(\".*\")$", line.strip())
            assert found, line
            slot = found[1] or slot
            _add(entry, slot, ast.literal_eval(found[2]))
    return entries


def _add(entry: Entry, slot: str, text: str) -> None:
    if slot == "msgid":
        entry.key += text
    elif slot == "msgid_plural":
        entry.plural += text
    elif slot == "msgctxt":
        entry.context += text
    else:
        index = int(slot[7:-1]) if "[" in slot else 0
        entry.texts[index] = entry.texts.get(index, "") + text
