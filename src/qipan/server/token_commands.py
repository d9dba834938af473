"""`qipan token`: tokens of a person, made, listed and taken back at the command line."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import uuid4

import typer

from qipan.server.command import AsJson, Folder, Lang, actor, demo_folder, open_books, stop
from qipan.workbook.cli import Language

token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
User = Annotated[str, typer.Option("--user", help="Sign-in name.")]


@token_app.command("create")
def create(
    user: User,
    expires: Annotated[str, typer.Option(help="Days, such as 30d.")] = "30d",
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    only: Annotated[str, typer.Option(help="Actions it may do at most, such as read,stock.count; else all.")] = "",
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Print a bearer token of a person for the API; it is told this once."""
    days = expires.rstrip("d")
    if not days.isascii() or not days.isdigit():
        stop("--expires takes 1d to 366d.", 2)
    with open_books(books or demo_folder(), lang=lang):
        from qipan.organisations import operations

        wanted = [word.strip() for word in only.split(",") if word.strip()]
        made = operations.make_token(by=actor(user), name=name[:60], days=int(days[:6]), idem=uuid4(), actions=wanted)
        print(made.secret)


@token_app.command("list")
def list_tokens(user: User, as_json: AsJson = False, books: Folder = None) -> None:
    """List a person's tokens; the secrets are not kept."""
    with open_books(books or demo_folder()):
        from qipan.kernel import clock
        from qipan.organisations import queries

        rows = [
            {
                "id": token.id,
                "name": token.name,
                "actions": token.actions,
                "expires_at": clock.write_instant(token.expires_at),
                "revoked": token.revoked_at is not None,
            }
            for token in queries.tokens_of(actor(user).id)
        ]
        if as_json:
            print(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            state = "revoked" if row["revoked"] else row["expires_at"]
            print(f"{row['id']:<6}{row['name']:<24}{state}")


@token_app.command("revoke")
def revoke(token: int, user: User, lang: Lang = Language.zh, books: Folder = None) -> None:
    """Take a person's token back, at once."""
    with open_books(books or demo_folder(), lang=lang):
        from qipan.organisations import operations

        operations.revoke_token(token, by=actor(user), idem=uuid4())
        print(token)
