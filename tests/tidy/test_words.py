"""Words that say nothing, clocks of one's own, back doors between contexts, and what a page may not load."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import ForeignObject

from tests.tidy.sources import SRC, Module, modules, owner_of, refuse, templates

BANNED = {
    "util": "what it does", "helper": "what it does", "common": "whose it is", "manager": "the plural of the noun",
    "service": "the verb", "base": "what they share", "misc": "each by its own name", "data": "the noun",
    "info": "the noun", "stuff": "the noun", "new": "what tells it apart", "old": "what tells it apart",
    "temp": "what it holds",
}  # fmt: skip
"""Word → what to name it by instead."""
GIVEN = {"DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS"}
"""Names that Django gives."""


def _words(name: str) -> set[str]:
    """The words of a name: snake_case and CamelCase, singular."""
    parts = {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)} - {"bases"}  # of a basis
    return parts | {part.removesuffix("s") for part in parts}


def _names(module: Module) -> Iterator[tuple[int, str]]:
    yield 0, module.path.stem
    for node in ast.walk(module.tree):
        match node:
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                continue  # a sentence, not a name
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store(), id=name) if name in GIVEN:
                continue
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str()):
                yield 0, str(node.asname)


def _calls(module: Module) -> Iterator[tuple[int, str, str]]:
    """(line, what it is called on, name) of every call."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.lineno, ast.unparse(node.func.value), node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node.lineno, "", node.func.id


def test_names_say_something() -> None:
    found = {
        f"{m.name}:{line} {name}": BANNED[word]
        for m in modules("src", "tests", "benchmarks")
        for line, name in _names(m)
        for word in sorted(_words(name) & BANNED.keys())
    }
    refuse(found, "a word that says nothing: name it by")


def test_only_the_clock_asks_for_the_time() -> None:
    asked = {"now", "today", "utcnow", "localtime", "localdate"}
    found = [
        f"{m.name}:{line} {on}.{name}()"
        for m in modules("src", "tests")
        if m.name != "src/qipan/kernel/clock.py"
        for line, on, name in _calls(m)
        if name in asked and on != "clock"
    ]
    refuse(found, "only kernel.clock asks for the time")


def test_no_template_asks_for_the_time() -> None:
    refuse([t.name for t in templates() if re.search(r"{%\s*now\b", t.text)], "only kernel.clock asks for the time")


def test_models_are_imported_not_looked_up() -> None:
    found = [f"{m.name}:{line}" for m in modules("src") for line, _on, name in _calls(m) if name == "get_model"]
    refuse(found, "get_model outside migrations")


def test_a_foreign_key_into_another_context_leaves_no_way_back() -> None:
    found = [
        f"{model.__module__}.{model.__name__}.{field.name}: related_name={field.remote_field.related_name!r}"
        for model in apps.get_models()
        if model.__module__.startswith("qipan.")
        for field in model._meta.get_fields()
        if isinstance(field, ForeignObject)
        and field.related_model is not None
        and not isinstance(field.related_model, str)
        and field.related_model._meta.app_label != model._meta.app_label
        and not field.remote_field.hidden
    ]
    refuse(found, 'related_name="+" into another context')


def test_templates_use_only_their_own_and_ui() -> None:
    found = []
    for template in templates():
        allowed = ("ui/", f"{owner_of(template)}/")
        for other in re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", template.text):
            if not other.startswith(allowed):
                found.append(f"{template.name}: {other}")
    refuse(found, "templates include only their own context's and ui/")


def test_templates_name_what_they_include() -> None:
    """A name in a variable cannot be checked."""
    pattern = re.compile(r"{%\s*(?:include|extends)\s+[^\"'\s]")
    refuse([t.name for t in templates() if pattern.search(t.text)], "an include by a variable")


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("an inline script", r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>"),
        ("an inline handler", r"<[^>]*\son[a-z]+\s*="),
        ("an inline style", r"<style|<[^>]*\sstyle\s*="),
        ("a javascript: address", r"javascript:"),
        ("an asset from outside", r"(?:src|srcset|poster|data)\s*=\s*[\"']?(?:https?:)?//"),
        ("a sheet or font from outside", r"<link[^>]*href\s*=\s*[\"']?(?:https?:)?//"),
    ],
)
def test_templates_hold_nothing_the_content_policy_refuses(what: str, pattern: str) -> None:
    found = [
        f"{t.name}:{t.text[: hit.start()].count(chr(10)) + 1} {hit[0][:60]}"
        for t in templates()
        for hit in re.finditer(pattern, t.text)
    ]
    refuse(found, what)


def test_sheets_and_scripts_load_nothing_from_outside() -> None:
    pattern = re.compile(r"(?:url\(|@import\s+|from\s+|import\s*\(?|fetch\()\s*[\"']?(?:https?:)?//")
    files = [path for kind in ("css", "js") for path in SRC.rglob(f"static/**/*.{kind}")]
    assert files
    refuse([path.name for path in files if pattern.search(path.read_text("utf-8"))], "an asset from outside")
