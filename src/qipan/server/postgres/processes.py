"""Is the server of this cluster running? Told by the processes themselves, never by a pid file.

A pid file outlives its server, and its number may by then belong to anybody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

PROGRAMS = ("postgres", "initdb", "pg_ctl")
GONE = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def postmaster_of(cluster: Path) -> psutil.Process | None:
    """The live postgres whose arguments hold this cluster, or None.

    A child has its parent's arguments for a moment after the fork: one whose parent matches is passed over.
    """
    found = {
        process.pid: process
        for process, arguments in _programs()
        if _is_server(arguments) and str(cluster) in arguments
    }
    for process in found.values():
        try:
            if process.ppid() not in found:
                return process
        except psutil.Error:
            continue
    return None


def is_alive(process: psutil.Process) -> bool:
    """Whether this very process (not another with its number) still runs."""
    try:
        return bool(process.is_running()) and process.status() not in GONE
    except psutil.Error:
        return False


def remains_of(cluster: Path) -> list[int]:
    """Processes still at work in a cluster whose postmaster or maker was killed: backends, or initdb."""
    return [
        process.pid
        for process, arguments in _programs()
        if str(cluster) in arguments or _folder_of(process) == str(cluster)
    ]


def _programs() -> Iterator[tuple[psutil.Process, list[str]]]:
    """Live processes by the name of a PostgreSQL program, with their arguments."""
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            if process.name() in PROGRAMS and process.status() not in GONE:
                yield process, process.cmdline()
        except psutil.Error:
            continue


def _is_server(arguments: list[str]) -> bool:
    return bool(arguments) and os.path.basename(arguments[0]) == "postgres"  # noqa: PTH119


def _folder_of(process: psutil.Process) -> str | None:
    try:
        return str(process.cwd())
    except psutil.Error:
        return None
