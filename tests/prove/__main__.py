"""`make prove`: every trial at full size, with its mutants, and the table of what came out."""

from __future__ import annotations

import argparse
import sys
import time

from qipan.kernel import clock
from tests.prove.one import begin
from tests.prove.runs import Row, run
from tests.prove.trials import every_trial
from tests.prove.world import ROOT

PAGE = ROOT / "docs" / "explanation" / "promises.md"
BEGIN, END = "<!-- table of make prove: begin -->", "<!-- table of make prove: end -->"


def main() -> None:
    """Exit 1 when a promise was broken or a mutant lived."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("only", nargs="*", help="promises or trials, such as P2 or P4/kill; else all")
    words.add_argument("--size", type=float, default=1.0)
    words.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    words.add_argument("--write", action="store_true", help="write the table into docs/explanation/promises.md")
    asked = words.parse_args()
    begin()  # trials name what the platform has
    trials = [t for t in every_trial() if not asked.only or t.promise in asked.only or t.key in asked.only]
    rows = []
    for trial in trials:
        row = run(trial, size=asked.size, seed=asked.seed)
        rows.append(row)
        sys.stdout.write(line(row) + "\n")
        for violation in row.outcome.violations[:5]:
            sys.stdout.write(f"      {violation}\n")
        for name in row.alive:
            sys.stdout.write(f"      mutant lives: {name}\n")
        sys.stdout.flush()
    green = sum(row.is_green for row in rows)
    sys.stdout.write(f"{green} of {len(rows)} green; seed {asked.seed}, size {asked.size:g}\n")
    if asked.write:
        write(rows, seed=asked.seed, size=asked.size)
    sys.exit(0 if rows and green == len(rows) else 1)


def line(row: Row) -> str:
    """A row for the terminal."""
    state = "ok " if row.is_green else "BAD"
    killed = f"{len(row.trial.mutants) - len(row.alive)}/{len(row.trial.mutants)} mutants killed"
    return (
        f"{state} {row.trial.key:<24}{row.outcome.cases:>9,} cases {len(row.outcome.violations):>4} violations  "
        f"{killed:<20} {row.outcome.figure}  ({row.seconds:.0f} s)"
    )


def write(rows: list[Row], *, seed: int, size: float) -> None:
    """Put the table between its marks on the page."""
    told = [
        f"Run on {clock.real_now():%Y-%m-%d}, seed {seed}, size {size:g}.",
        "",
        "| promise | tried | cases | violations | mutants killed | figure |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        killed = f"{len(row.trial.mutants) - len(row.alive)} of {len(row.trial.mutants)}"
        names = ", ".join(f"*{name}*" for name in row.trial.mutants)
        told.append(
            f"| {row.trial.promise} | {row.trial.claim} | {row.outcome.cases:,} | {len(row.outcome.violations)} "
            f"| {killed}: {names} | {row.outcome.figure} |"
        )
    page = PAGE.read_text()
    before, rest = page.split(BEGIN, 1)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(told) + "\n" + END + rest.split(END, 1)[1])


if __name__ == "__main__":
    main()
