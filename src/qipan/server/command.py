"""What every command shares: its options, the books it opens, how it speaks and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from qipan.workbook.cli import Language

Folder = Annotated[Path | None, typer.Option("--data", help="Data folder; else QIPAN_DATA, else a per-user folder.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def say(text: str) -> None:
    """A progress line."""
    print(text, flush=True)


def whisper(text: str) -> None:
    """A progress line where standard output carries the answer."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def open_books(folder: Path | None, tell: Any = whisper, lang: Language = Language.zh) -> Iterator[None]:
    """Open the database of a command that reads or writes; refusals exit with 3, in the language asked for."""
    from qipan.server.database import books_folder, open_database

    with open_database(books_folder(folder), tell) as is_embedded:
        from qipan.kernel.errors import FileRefused, Refused
        from qipan.server import demo as demos
        from qipan.server import setup

        setup.prepare()
        if is_embedded:
            demos.follow_clock(books_folder(folder))
        with speaking(lang):
            try:
                yield
            except FileRefused as error:
                for problem in error.problems:
                    print(problem, file=sys.stderr)
                stop(str(error), 3)
            except Refused as error:
                stop(str(error), 3)


@contextmanager
def speaking(lang: Language) -> Iterator[None]:
    """Answer in this language."""
    from django.utils import translation

    with translation.override("en" if lang is Language.en else "zh-hans"):
        yield


def stop(words: str, code: int) -> NoReturn:
    """Say why on standard error and end with this status."""
    print(words, file=sys.stderr, flush=True)
    raise typer.Exit(code)


def demo_folder() -> Path | None:
    """The demo's folder when there is one and nothing else was named."""
    from qipan.server.postgres import reachable_folder

    folder = reachable_folder("demo-hubei-2020")
    named = os.environ.get("QIPAN_DATA") or os.environ.get("QIPAN_DATABASE_URL")
    return folder if not named and (folder / "case.json").exists() else None


def actor(username: str) -> Any:
    """Who acts, by sign-in name, with the posts held now; sees what that person sees from here on."""
    from qipan.kernel import clock, scope
    from qipan.organisations import queries

    person = queries.person_by_name(username)
    if person is None:
        stop(f"There is nobody called {username}.", 1)
    by = queries.actor_of(person, clock.now())
    scope.use(scope.of(by))
    return by
