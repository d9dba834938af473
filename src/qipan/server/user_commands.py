"""`qipan user …`: people who can sign in."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from qipan.server.command import AsJson, Folder, Lang, actor, demo_folder, open_books, stop
from qipan.workbook.cli import Language

user_app = typer.Typer(no_args_is_help=True, help="People who can sign in.")


@user_app.command("add")
def user_add(
    username: str,
    office: Annotated[str, typer.Option(help="duty_officer, approver, store_keeper, driver, receiver, …")],
    region: Annotated[str, typer.Option(help="GB/T 2260 code the post answers for.")] = "110000",
    organisation: Annotated[str, typer.Option(help="Code or name of the unit the post is at.")] = "",
    name: Annotated[str, typer.Option(help="The name people see.")] = "",
    books: Folder = None,
) -> None:
    """Add a person with a post; the password is asked for, never given on the command line."""
    with open_books(books):
        from qipan.kernel import clock
        from qipan.kernel.text import Both
        from qipan.organisations import operations, queries

        password = _asked_password()
        unit = queries.organisation(organisation).id if organisation else None
        try:
            operations.appoint(
                username, name=Both(name or username, name or username), office=office, region=region, at=clock.now(),
                password=password, organisation=unit,
            )  # fmt: skip
        except ValueError as error:
            stop(str(error), 2)
        print(username)


@user_app.command("post")
def user_post(
    username: str,
    office: Annotated[str, typer.Argument(help="duty_officer, approver, store_keeper, driver, receiver, …")],
    region: Annotated[str, typer.Option(help="GB/T 2260 code the post answers for.")] = "110000",
    unit: Annotated[str, typer.Option(help="Code or name of the unit the post is at.")] = "",
    item_class: Annotated[str, typer.Option("--class", help="A category of the catalogue; else every item.")] = "",
    until: Annotated[str, typer.Option(help="When it ends, such as 2020-03-31T24:00.")] = "",
    by: Annotated[str, typer.Option(help="The sign-in name of the administrator who gives it.")] = "admin",
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Give a person a post from now on."""
    from uuid import uuid4

    from qipan.kernel import clock

    try:
        last = clock.read_instant(until) if until else None
    except clock.InstantUnreadable as error:
        stop(str(error), 2)
    with open_books(books or demo_folder(), lang=lang):
        from qipan.organisations import operations, queries

        at_unit = queries.organisation(unit).id if unit else None
        wanted = operations.Appointment(username, office, region, clock.now(), last, at_unit, item_class)
        print(operations.give_post(wanted, by=actor(by), idem=uuid4()))


@user_app.command("list")
def user_list(as_json: AsJson = False, books: Folder = None) -> None:
    """List people and their posts."""
    with open_books(books or demo_folder()):
        from qipan.organisations import queries

        rows = queries.people()
        if as_json:
            print(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            print(f"{row['username']:<16}{'' if row['active'] else 'disabled '}{', '.join(row['offices'])}")


@user_app.command("password")
def user_password(
    username: str,
    by: Annotated[str, typer.Option(help="The sign-in name of the administrator who renews it.")] = "admin",
    books: Folder = None,
) -> None:
    """Give somebody who forgot theirs another password, asked for here; their sessions end, their second steps stay."""
    with open_books(books or demo_folder()):
        from qipan.organisations import operations

        if not operations.renew_password(username, _asked_password(), by=actor(by)):
            stop(f"There is nobody called {username}.", 1)
        print(username)


def _asked_password() -> str:
    """Asked for twice and not shown; one that anybody would try ends the command."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        validate_password(password)
    except ValidationError as error:
        stop(" ".join(error.messages), 2)
    return password


@user_app.command("disable")
def user_disable(username: str, books: Folder = None) -> None:
    """Bar a person from signing in; what the person did stays."""
    with open_books(books or demo_folder()):
        from qipan.organisations import operations

        if not operations.disable(username):
            stop(f"There is nobody called {username}.", 1)
        print(username)


@user_app.command("reset-step")
def user_reset_step(
    username: str,
    by: Annotated[str, typer.Option(help="The sign-in name of the administrator who resets it.")] = "admin",
    books: Folder = None,
) -> None:
    """Take away the second steps of somebody who lost phone and codes; they set up new ones after signing in."""
    with open_books(books or demo_folder()):
        from qipan.organisations import queries
        from qipan.server.entrance import second_step

        person = queries.person_by_name(username)
        if person is None:
            stop(f"There is nobody called {username}.", 1)
        print(second_step.reset(person.id, by=actor(by)))
