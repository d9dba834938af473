"""The `qipan` command. Exit 0 done, 1 the answer is "no", 2 wrong usage, 3 refused by a rule."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.bench.cli import bench_app, engine_app
from qipan.server.command import AsJson, Folder, Lang, actor, demo_folder, open_books, say, speaking, stop, whisper
from qipan.server.token_commands import token_app
from qipan.server.upkeep import backup, doctor, key, restore, verify, witness_app, worker
from qipan.server.user_commands import user_app
from qipan.workbook.cli import Language, plan


class FileKind(StrEnum):
    """What a file that is imported holds."""

    needs = "needs"
    reports = "reports"


app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Qipan 棋盘: the command platform for scarce medical supplies.",
    pretty_exceptions_enable=False,
)  # fmt: skip
app.add_typer(user_app, name="user")
app.add_typer(token_app, name="token")
app.add_typer(engine_app, name="engine")
app.add_typer(bench_app, name="bench")
app.add_typer(witness_app, name="witness")
app.command()(plan)
app.command()(verify)
app.command()(worker)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(key)


def main() -> None:
    """The console entry: SIGTERM ends like Ctrl-C, so that the database stops too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    app()


@app.command()
def demo(
    case: Annotated[str, typer.Option(help="The case to replay: hubei-2020 or shanxi-2020.")] = "hubei-2020",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    books: Folder = None,
    until: Annotated[str, typer.Option(help="Replay up to this instant, such as 2020-02-06T19:00.")] = "",
    reset: Annotated[bool, typer.Option("--reset", help="Throw the loaded case away and load it again.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Print the briefing and exit.")] = False,
    lang: Lang = Language.zh,
) -> None:
    """Load a case up to an instant and serve it."""
    from qipan.kernel import clock
    from qipan.server import demo as demos
    from qipan.server.database import books_folder, open_database

    if case not in demos.CASES:
        stop(f"There is no case {case}; there are {', '.join(demos.CASES)}.", 2)
    try:
        instant = clock.read_instant(until or demos.CASES[case])
    except clock.InstantUnreadable as error:
        stop(str(error), 2)
    os.environ["QIPAN_DEMO"] = "1"
    folder = books_folder(books, f"demo-{case}")
    with open_database(folder, say) as is_embedded:
        if not is_embedded:
            stop("The demo keeps its own database: unset QIPAN_DATABASE_URL.", 2)
        try:
            loaded = demos.load(folder, case=case, until=instant, is_reset=reset, say=say)
        except demos.HasAnother as error:
            stop(str(error), 3)
        if no_serve:
            with speaking(lang):
                print("\n".join(demos.replay_of(case).briefing(demos.last_cut(instant))))
            return
        demos.set_clock(loaded)
        _serve("127.0.0.1", port, 1, is_demo=True)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    books: Folder = None,
    workers: Annotated[int, typer.Option(min=1, max=64)] = 1,
) -> None:
    """Serve the platform on its own books; refuses in an unsafe setting and says how to mend it."""
    from qipan.server.database import books_folder

    if os.environ.get("QIPAN_DATABASE_URL") and not os.environ.get("QIPAN_SECRET_KEY"):
        stop("Set QIPAN_SECRET_KEY to a long random text of your own: it signs sessions and forms.", 2)
    folder = None if os.environ.get("QIPAN_DATABASE_URL") else books_folder(books)
    with open_books(books, say):
        from qipan.server import safety
        from qipan.stock import operations as stock

        stock.open_books(100000)
        try:
            safety.require_safe(folder)
        except safety.Unsafe as error:
            stop(f"{error}\nqipan doctor says more.", 3)
        _serve(host, port, workers, is_demo=False)


def _serve(host: str, port: int, workers: int, *, is_demo: bool) -> None:
    """Run granian until it is told to stop; say once when it answers."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces

    from qipan.allocation.operations import warm_engine

    print("Preparing the allocation engine (half a minute the first time) …", flush=True)
    warm_engine()
    connections.close_all()
    sealer = _start_worker()
    server = Granian(
        "qipan.server.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=workers,
        blocking_threads=4, workers_kill_timeout=5, log_enabled=False, websockets=False,
    )  # fmt: skip
    threading.Thread(target=_announce, args=(host, port, is_demo), daemon=True).start()
    try:
        server.serve()
    finally:
        sealer.terminate()
        sealer.wait(10)


def _start_worker() -> subprocess.Popen[bytes]:
    """A worker of our own beside the server: people wait for no seal."""
    os.environ["QIPAN_SEALER"] = "worker"
    return subprocess.Popen([sys.executable, "-m", "qipan", "worker"])


def _announce(host: str, port: int, is_demo: bool) -> None:
    """Print one line as soon as the server answers, then the demo's sign-ins."""
    address = f"http://{host}:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    else:
        return
    print(f"Qipan is ready: {address}", flush=True)
    if is_demo:
        from qipan.server.demo_accounts import ACCOUNTS, PASSWORD

        for username, what in ACCOUNTS:
            print(f"  {username:<10}{PASSWORD}   {what.zh} / {what.en}", flush=True)


@app.command()
def figures(
    key: Annotated[str, typer.Argument(help="A figure's key, such as transport.shipped_and_arrived.")] = "",
    as_of: Annotated[str, typer.Option(help="What happened by then, such as 2020-01-29T24:00.")] = "",
    known_at: Annotated[str, typer.Option(help="As it was known then.")] = "",
    place: Annotated[str, typer.Option(help="A GB/T 2260 code, such as 420000.")] = "",
    item: Annotated[str, typer.Option(help="A catalogue code, such as SUIT-GB.")] = "",
    list_all: Annotated[bool, typer.Option("--list", help="List every figure.")] = False,
    as_json: AsJson = False,
    xlsx: Annotated[Path | None, typer.Option(help="Write a workbook.")] = None,
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Any figure at any past instant. The demo's books are read when --data is its folder or is not given."""
    from qipan.kernel import clock

    try:
        cut_at = clock.read_instant(as_of) if as_of else None
        known = clock.read_instant(known_at) if known_at else None
    except clock.InstantUnreadable as error:
        stop(str(error), 2)
    with open_books(books or demo_folder(), lang=lang):
        from qipan.catalogue import queries as catalogue
        from qipan.kernel import figures as registry
        from qipan.kernel.figures import Cut
        from qipan.organisations import queries as organisations
        from qipan.server.pages import figure_workbook

        if list_all or not key:
            _print_list(as_json)
            return
        found = registry.find(key)
        code = catalogue.material(item).code if item else ""
        region = organisations.region(place).code if place else ""
        cut = Cut(cut_at or clock.now(), known, region, code)
        reading = found.read(cut)
        if xlsx:
            xlsx.write_bytes(figure_workbook(found, cut, reading))
            whisper(f"{xlsx}: {len(reading.rows)} rows")
        elif as_json:
            print(json.dumps(registry.as_json(found, cut, reading), ensure_ascii=False, indent=1))
        else:
            _print_table(found, cut, reading, lang)


def _print_list(as_json: bool) -> None:
    from qipan.kernel import figures as registry

    rows = [{"key": f.key, "title": registry.both(f.title).as_json(), "kind": f.kind} for f in registry.all_figures()]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        print(f"{row['key']:<34}{row['kind']:<12}{row['title']['zh']} · {row['title']['en']}")  # type: ignore[index]


def _print_table(found: Any, cut: Any, reading: Any, lang: Language) -> None:
    from qipan.kernel.exchange import show
    from qipan.ui.format import instant

    print(f"{found.title} · {instant(cut.as_of, lang)} · {reading.reported}/{reading.expected}")
    columns = [c for c in found.columns if any(row.get(c.key) not in (None, "") for row in reading.rows)]
    print("\t".join(str(c.title) for c in columns))
    for row in reading.rows:
        print("\t".join(show(row.get(c.key)) for c in columns))


@app.command("import")
def import_file(
    kind: Annotated[FileKind, typer.Argument(help="needs, or daily reports of makers")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    by: Annotated[str, typer.Option(help="The sign-in name of who imports.")] = "duty",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    as_json: AsJson = False,
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Book a file; every problem is named and nothing is half-written."""
    with open_books(books or demo_folder(), lang=lang):
        from uuid import uuid4

        from qipan.demand import exchange as demand_files
        from qipan.demand import operations as demand
        from qipan.kernel.errors import FileRefused
        from qipan.production import exchange as production_files
        from qipan.production import operations as production

        person, done = actor(by), 0
        try:
            if kind is FileKind.needs:
                needs = demand_files.read_needs(file.name, file.read_bytes())
                read = len(needs)
                done = 0 if dry_run else demand.report_needs(needs, by=person, idem=uuid4())
            else:
                said = production_files.read_reports(file.name, file.read_bytes(), place=person.home)
                read = len(said)
                done = 0 if dry_run else len(production.submit_daily_reports(said, by=person, idem=uuid4()))
        except FileRefused as error:
            if as_json:
                rows = [{"file": p.file, "sheet": p.sheet, "row": p.row, "column": p.column, "code": p.code,
                         "reason": p.reason} for p in error.problems]  # fmt: skip
                print(json.dumps({"booked": 0, "problems": rows}, ensure_ascii=False, indent=1))
                raise typer.Exit(3) from error
            raise
        answer = {"read": read, "booked": done, "problems": []}
        print(json.dumps(answer) if as_json else f"{file.name}: {read} rows read, {done} booked")


@app.command()
def template(
    kind: Annotated[FileKind, typer.Argument(help="needs, or daily reports of makers")],
    file: Annotated[Path, typer.Argument()],
) -> None:
    """Write an empty workbook with the columns of an import."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qipan.server.settings")
    import django

    django.setup()
    from qipan.demand.exchange import NEED_COLUMNS
    from qipan.kernel.exchange import write_template
    from qipan.production.exchange import REPORT_COLUMNS

    file.write_bytes(write_template(NEED_COLUMNS if kind is FileKind.needs else REPORT_COLUMNS))
    print(file)
