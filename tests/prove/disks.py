"""A disk that is full and has room again: a small file system under the books, or a trigger that plays one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connections

from qipan.server.postgres.places import Places
from tests.prove.trial import Effort
from tests.prove.world import World

BYTES = 64 << 20
PLAYED = """
    CREATE FUNCTION prove_full() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"""


@dataclass(frozen=True)
class Disk:
    """Where the books lie; ``folder`` is None when the fullness is played, because nothing may be mounted here."""

    world: World
    folder: Path | None

    @property
    def word(self) -> str:
        return "a trigger that plays a full disk" if self.folder is None else f"a file system of {BYTES >> 20} MB"

    def fill(self) -> None:
        """From now on no table can grow."""
        if self.folder is None:
            with self.world.sql() as owner:
                owner.execute("CREATE TRIGGER prove_full BEFORE INSERT ON kernel_event EXECUTE FUNCTION prove_full()")
            return
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 4_096)
            except OSError:
                return

    def clear(self) -> None:
        """There is room again."""
        if self.folder is not None:
            (self.folder / "filler").unlink()
            return
        with self.world.sql() as owner:
            owner.execute("DROP TRIGGER prove_full ON kernel_event")


@contextmanager
def small(effort: Effort, world: World) -> Iterator[Disk]:
    """Have the world's database lie on a small file system of its own, if one can be mounted."""
    folder = effort.folder / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "qipan-prove", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        with world.sql() as owner:
            owner.execute(PLAYED)
        yield Disk(world, None)
        return
    space = world.name.replace("prove", "space")
    try:
        (folder / "space").mkdir(mode=0o700)
        owned = Places(world.ground.folder).cluster.stat()
        os.chown(folder / "space", owned.st_uid, owned.st_gid)
        with psycopg.connect(world.ground.url("superuser", "postgres"), autocommit=True) as root:
            root.execute(f"CREATE TABLESPACE {space} LOCATION '{folder / 'space'}'")
            try:
                connections.close_all()
                root.execute(f'ALTER DATABASE "{world.name}" SET TABLESPACE {space}')
                yield Disk(world, folder)
            finally:
                connections.close_all()
                root.execute(f'DROP DATABASE "{world.name}" WITH (FORCE)')
                root.execute(f"DROP TABLESPACE {space}")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
