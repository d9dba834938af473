"""Sizes that keep every piece readable in one sitting. A piece that grows past its bound is split, not excused."""

from __future__ import annotations

import ast

from tests.tidy.sources import modules, refuse, templates

MODULE_LINES, FUNCTION_LINES, ARGUMENTS, TEMPLATE_LINES = 400, 70, 8, 250
EVERYWHERE = ("src", "tests", "benchmarks")


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    own = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len(own) + (node.args.vararg is not None) + (node.args.kwarg is not None)


def test_modules_are_at_most_400_lines() -> None:
    refuse({m.name: m.lines for m in modules(*EVERYWHERE) if m.lines > MODULE_LINES}, "lines of a module")


def test_functions_are_at_most_70_lines() -> None:
    sizes = {
        f"{m.name}:{f.lineno} {f.name}": (f.end_lineno or f.lineno) - f.lineno + 1
        for m in modules(*EVERYWHERE)
        for f in m.functions()
    }
    refuse({name: size for name, size in sizes.items() if size > FUNCTION_LINES}, "lines of a function")


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A `qipan` command: its arguments are the options of its contract, not a function's."""
    return any(isinstance(d, ast.Call) and ast.unparse(d.func).endswith("app.command") for d in node.decorator_list)


def test_functions_take_at_most_8_arguments() -> None:
    counts = {
        f"{m.name}:{f.lineno} {f.name}": _arguments(f)
        for m in modules(*EVERYWHERE)
        for f in m.functions()
        if not _is_command(f)
    }
    refuse({name: count for name, count in counts.items() if count > ARGUMENTS}, "arguments of a function")


def test_templates_are_at_most_250_lines() -> None:
    refuse({t.name: t.lines for t in templates() if t.lines > TEMPLATE_LINES}, "lines of a template")
