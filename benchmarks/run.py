"""Side-by-side ratios: ``python benchmarks/run.py [PART …] [--json]``. The parts and what they mean: README.md."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
PARTS = {
    "ledger": "benchmarks.ledger",
    "demo": "benchmarks.demo_load",
    "pages": "benchmarks.pages",
    "readings": "benchmarks.readings",
    "walls": "benchmarks.walls",
    "reports": "benchmarks.reports",
}
NEEDS_THE_CASE = {"pages"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all when none is named")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there is {', '.join(PARTS)}")
    wanted = [part for part in PARTS if part in asked.parts or not asked.parts]
    if NEEDS_THE_CASE & set(wanted) and "demo" not in wanted:
        wanted.insert(0, "demo")

    from benchmarks.books import scratch_books

    with scratch_books():
        for part in wanted:
            for found in importlib.import_module(PARTS[part]).measure():
                print(json.dumps({**asdict(found), "ratio": found.ratio}) if asked.json else found, flush=True)


if __name__ == "__main__":
    main()
