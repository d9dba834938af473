"""`qipan plan`: a workbook in, an explained plan out. No server, no database."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from qipan.cluster import Solver
    from qipan.workbook.planning import Answer


class Language(StrEnum):
    """Languages that answers are written in."""

    zh = "zh"
    en = "en"


def plan(
    book: Annotated[Path, typer.Argument(help="The input book; with --template, where the book to fill goes.")],
    out: Annotated[Path | None, typer.Option(help="Where the plan goes; else beside the book.")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the plan for other programs too.")] = None,
    template: Annotated[bool, typer.Option("--template", help="Write a book with an example to fill in.")] = False,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the answer.")] = Language.zh,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Families of goods solved side by side here.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(min=0.001, help="Most for one family; cut short, it says so.")
    ] = None,
    on: Annotated[str, typer.Option("--on", help="local, or ray[:ADDRESS]: a Ray cluster that runs.")] = "local",
) -> None:
    """Share the stock in a workbook among its needs, fairly and with a reason for every number."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qipan.server.settings")
    import django
    from django.utils import translation

    django.setup()
    with translation.override("en" if lang is Language.en else "zh-hans"):
        if template:
            _write_template(book)
            return
        path = out or book.with_name(f"{book.stem}-{'plan' if lang is Language.en else '计划'}.xlsx")
        if path.resolve() == book.resolve():
            _stop(f"{path} is the input book; choose another --out.", 2)
        if json_out is not None and json_out.resolve() in (book.resolve(), path.resolve()):
            _stop(f"{json_out} is the book or the plan itself; choose another --json.", 2)
        solver = _solver(on, threads, seconds)
        answer = _plan(book, solver)
        _write(answer, path, json_out, solver)
    if not (answer.proof.is_feasible and answer.proof.is_fair):
        raise typer.Exit(1)


def _write_template(path: Path) -> None:
    from qipan.workbook.template import write_template

    if path.exists():
        _stop(f"{path} is there already; nothing was written over it.", 2)
    _save(path, write_template())
    print(path)


def _solver(on: str, threads: int, seconds: float | None) -> Solver:
    """What solves the families, or the end with 2."""
    from qipan.cluster import ClusterUnavailable, solver_on

    try:
        return solver_on(on, threads=threads, seconds=seconds)
    except ClusterUnavailable as error:
        _stop(str(error), 2)


def _plan(path: Path, solver: Solver) -> Answer:
    """The answer, or the end with every problem of the book."""
    from django.utils.translation import gettext as _

    from qipan.kernel.errors import FileRefused
    from qipan.workbook.reading import read_book

    try:
        content = path.read_bytes()
    except OSError as error:
        _stop(f"{path}: {error.strerror}", 2)
    try:
        book = read_book(path.name, content)
        _tell(_("Preparing the allocation engine (half a minute the first time) …"))
        from qipan.engine.allocation import warm
        from qipan.workbook.planning import plan_book

        warm()
        words = _("Planning %(supplies)s rows of stock for %(needs)s rows of needs …")
        _tell(words % {"supplies": len(book.supplies), "needs": len(book.needs)})
        return plan_book(book, solver=solver)
    except FileRefused as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        _stop(str(error), 3)


def _write(answer: Answer, path: Path, json_out: Path | None, solver: Solver) -> None:
    from django.utils.translation import gettext as _

    from qipan.ui.format import percent
    from qipan.workbook.prices import prices_of
    from qipan.workbook.rows import as_json, fields, proof_words, tier_rows
    from qipan.workbook.writing import write_answer

    _tell(_("Planning again without each rule …"))
    prices, left_out = prices_of(answer, solver=solver)
    _save(path, write_answer(answer, prices, left_out))
    if json_out is not None:
        _save(json_out, json.dumps(as_json(answer, prices), ensure_ascii=False, indent=1).encode())
    columns = fields("tier", "needs", "met", "unreachable", "lowest", "mean")
    print("\t".join(column.title for column in columns))
    for row in tier_rows(answer):
        print("\t".join(percent(row[c.key]) if c.is_share else str(row[c.key]) for c in columns))
    for label, words in proof_words(answer):
        print(f"{label}: {words}")
    print(path)


def _tell(words: str) -> None:
    """A progress line."""
    print(words, file=sys.stderr, flush=True)


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        _stop(f"{path}: {error.strerror}", 2)


def _stop(words: str, code: int) -> NoReturn:
    print(words, file=sys.stderr, flush=True)
    raise typer.Exit(code)
