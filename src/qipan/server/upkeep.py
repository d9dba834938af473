"""Commands that keep the books: verify, witness, worker, backup, restore, doctor, key."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.server.command import AsJson, Folder, Lang, demo_folder, open_books, say, stop, whisper
from qipan.workbook.cli import Language

witness_app = typer.Typer(
    no_args_is_help=True, help="Signed checkpoints: give them out, sign others', keep signatures."
)
File = Annotated[Path, typer.Argument(help="A file that travels between the log's keeper and its witness.")]
COUNTS = ("leaves", "waiting", "checkpoints", "witnessed", "balances", "snapshots")
WORDS = (
    (
        "日志 {leaves} 条 · 检查点 {checkpoints} 个 · 见证 {witnessed} 个 · 余额 {balances} 行 · 快照 {snapshots} 个",
        "账目相符",
        "不符 {found} 处",
    ),
    (
        "{leaves} leaves · {checkpoints} checkpoints · {witnessed} witnessed · {balances} balances"
        " · {snapshots} snapshots",
        "The books are in order",
        "{found} things are wrong",
    ),
)


def verify(
    public_key: Annotated[
        Path | None, typer.Option(help="File with the log's public key; else the folder's own.")
    ] = None,
    witness: Annotated[list[Path] | None, typer.Option(help="What a witness kept (qipan witness kept).")] = None,
    proof: Annotated[Path | None, typer.Option(help="Check one acknowledgement alone; needs no database.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Check the books from outside; 0 clean, 1 not, and names the place."""
    from qipan import verify as reader

    try:
        given = reader.Key.read(public_key.read_text("utf-8")) if public_key else None
        seen = [reader.read_witness_file(path) for path in witness or []]
    except (OSError, ValueError) as error:
        stop(f"A key or witness file cannot be read: {error}", 2)
    if proof is not None:
        _check_proof(proof, given)
        return
    with _database(books) as (url, own_key):
        import psycopg

        with psycopg.connect(url) as connection:
            report = reader.verify(
                connection, key=given or own_key, is_own_key=given is None and own_key is not None, witnesses=seen
            )
    _tell(report, as_json=as_json, is_chinese=lang is Language.zh)
    if not report.is_clean:
        raise typer.Exit(1)


def _check_proof(proof: Path, key: Any) -> None:
    from qipan.verify import check_proof

    if key is None:
        stop("--proof needs --public-key: the key of the log, got by another way.", 2)
    wrong = check_proof(proof.read_text("utf-8"), key)
    print(f"{proof}: {wrong or 'ok'}")
    if wrong:
        raise typer.Exit(1)


def _database(books: Path | None) -> Any:
    """The web role's address of the books (it may read everything and change nothing), and the folder's own key."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Any:
        from qipan.server.database import books_folder
        from qipan.server.postgres import EmbeddedPostgres

        if os.environ.get("QIPAN_DATABASE_URL"):
            yield os.environ["QIPAN_DATABASE_URL"], _own_key(Path(os.environ.get("QIPAN_SEAL_KEY", "")))
            return
        folder = books_folder(books or demo_folder())
        with EmbeddedPostgres(folder) as server:
            yield server.url("web"), _own_key(folder / "seal_key")

    return opened()


def _own_key(path: Path) -> Any:
    """The public half of the key that this machine signs with; None without the file."""
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from qipan.verify import Key

    if not path.is_file():
        return None
    name, secret = path.read_text().split()
    return Key(name, Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)).public_key().public_bytes_raw(), 1)


def _tell(report: Any, *, as_json: bool, is_chinese: bool) -> None:
    from qipan.verify.words import sentence

    counts = {
        name: getattr(report, name)
        for name in ("leaves", "waiting", "checkpoints", "witnessed", "balances", "snapshots")
    }
    if as_json:
        said = [{"code": code, **values, "words": sentence(code, values, is_chinese=is_chinese)}
                for code, values in report.problems]  # fmt: skip
        caveats = [
            {"code": code, "words": sentence(code, values, is_chinese=is_chinese)} for code, values in report.caveats
        ]
        answer = {"clean": report.is_clean, **counts, "found": report.found, "problems": said, "not_proven": caveats}
        print(json.dumps(answer, ensure_ascii=False, indent=1, default=str))
        return
    words = WORDS[0 if is_chinese else 1]
    print(words[0].format(**counts))
    for code, values in report.problems:
        print("✗", sentence(code, values, is_chinese=is_chinese))
    for code, values in report.caveats:
        print("·", sentence(code, values, is_chinese=is_chinese))
    print(words[1] if report.is_clean else words[2].format(found=report.found))


def worker(books: Folder = None) -> None:
    """Seal what is booked and sign checkpoints, until it is told to stop; several may run, one works."""
    with open_books(books, say):
        from qipan.server import worker as work

        is_over = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: is_over.set())
        work.run(is_over)


@witness_app.command("key")
def witness_key(books: Folder = None) -> None:
    """Print the public key of this log, to be given to its witnesses and readers by another way."""
    with open_books(books or demo_folder()):
        from qipan.kernel import sealing, witness

        key = sealing.signing_key()
        if key is None:
            raise witness.NoLogKey()
        print(key.public)


@witness_app.command("export")
def witness_export(
    file: File,
    since: Annotated[int, typer.Option(min=0, help="How many entries the witness saw last.")] = 0,
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Write the newest checkpoint for a witness."""
    with open_books(books or demo_folder(), lang=lang):
        from qipan.kernel import sealing, witness

        sealing.seal()
        sealing.make_checkpoint()
        _write(file, witness.offer(since=since))


@witness_app.command("sign")
def witness_sign(
    file: File,
    out: Annotated[Path, typer.Option(help="Where the cosignature goes, to be sent back.")],
    key: Annotated[
        Path | None, typer.Option(help="The log's public key, got by another way; needed the first time.")
    ] = None,
    lang: Lang = Language.zh,
    books: Folder = None,
) -> None:
    """Check another log's checkpoint against what was seen before, keep it, and sign it."""
    with open_books(books or demo_folder(), lang=lang):
        from qipan.kernel import witness

        _write(out, witness.cosign(_read(file), log_key=key.read_text("utf-8") if key else ""))


@witness_app.command("import")
def witness_import(file: File, lang: Lang = Language.zh, books: Folder = None) -> None:
    """Keep a witness's signature under our checkpoint."""
    with open_books(books or demo_folder(), lang=lang):
        from qipan.kernel import witness

        print(witness.accept(_read(file)))


@witness_app.command("kept")
def witness_kept(
    origin: Annotated[str, typer.Argument(help="The name of the log that was seen.")],
    file: File,
    books: Folder = None,
) -> None:
    """Write everything this witness saw of a log, for `qipan verify --witness`."""
    with open_books(books or demo_folder()):
        from qipan.kernel import witness

        found = witness.kept(origin)
        if not found["checkpoints"]:
            stop(f"Nothing was seen of {origin}.", 1)
        _write(file, found)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        stop(f"{file}: {error}", 2)


def _write(file: Path, found: dict[str, Any]) -> None:
    file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(file)


def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes; never over a file that is there.")],
    as_json: AsJson = False,
    books: Folder = None,
) -> None:
    """Write the whole database, as of one instant, into one file; the signing key is not in it."""
    from qipan.server import backup as backups
    from qipan.server.database import books_folder

    folder = None if os.environ.get("QIPAN_DATABASE_URL") else books_folder(books or demo_folder())
    with open_books(books or demo_folder()):
        url = os.environ.get("QIPAN_OWNER_DATABASE_URL") or os.environ["QIPAN_DATABASE_URL"]
        try:
            made = backups.make(url, file.absolute(), folder=folder)
        except backups.BackupRefused as error:
            stop(str(error), 3)
    print(made.as_json() if as_json else f"{file}: {made.entries} entries, {made.made_at}")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    books: Annotated[Path, typer.Option("--data", help="A new folder for the restored books.")],
    seal_key: Annotated[Path | None, typer.Option(help="The log's signing key, kept apart from the backup.")] = None,
    vault_key: Annotated[Path | None, typer.Option(help="The key file of closed words, kept apart as well.")] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="The log's public key, to check the restored books with.")
    ] = None,
    witness: Annotated[list[Path] | None, typer.Option(help="What a witness kept: says what the copy lacks.")] = None,
    as_json: AsJson = False,
    lang: Lang = Language.zh,
) -> None:
    """Fill a new folder from a backup, check it, and say what it lacks; 1 when the check finds something."""
    from qipan.server import backup as backups
    from qipan.server.postgres import EmbeddedPostgres

    folder = books.absolute()
    try:
        backups.read_manifest(file)
        if (folder / "postgres").exists():
            stop(f"There are books in {folder} already; restore into a new folder.", 3)
        with EmbeddedPostgres(folder, say=whisper) as server:
            found = backups.restore(server.url("owner"), file)
            for name, source in (("seal_key", seal_key), ("vault_key", vault_key)):
                if source is not None:
                    _put_key(source, folder / name)
            with open_books(folder, lang=lang):  # migrates to this version and gives the roles their rights
                whisper(f"{found.entries} entries of {found.made_at}")
            verify(public_key=public_key, witness=witness, proof=None, as_json=as_json, lang=lang, books=folder)
    except backups.BackupRefused as error:
        stop(str(error), 3)


def _put_key(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    target.write_text(source.read_text("utf-8"))


def doctor(as_json: AsJson = False, lang: Lang = Language.zh, books: Folder = None) -> None:
    """Say what is safe here, what is not, and how to mend it; 1 when `qipan serve` would refuse."""
    from qipan.server.database import books_folder

    folder = None if os.environ.get("QIPAN_DATABASE_URL") else books_folder(books or demo_folder())
    with open_books(books or demo_folder(), lang=lang):
        from qipan.server import safety

        found = safety.examine(folder)
    if as_json:
        print(json.dumps([each.__dict__ for each in found], ensure_ascii=False, indent=1))
    else:
        for each in found:
            print({"ok": "✓", "warn": "!", "bad": "✗"}[each.state], each.said, each.mend)
    if any(each.state == "bad" for each in found):
        raise typer.Exit(1)


def key(
    file: Annotated[Path, typer.Argument(help="The key file of QIPAN_VAULT_KEY; made when it is not there.")],
) -> None:
    """Put a new key for personal words and second steps on top of a key file; the ones below still open."""
    from qipan.kernel import vault

    below = file.read_text().split() if file.exists() else []
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.write("\n".join([vault.fresh_key(), *below]) + "\n")
    say(f"{file}: {len(below) + 1}")
