"""`qipan engine`: the engine alone, on files. `qipan bench`: the engine beside others. No server, no database."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

engine_app = typer.Typer(no_args_is_help=True, help="The allocation engine alone: files in, files out.")
bench_app = typer.Typer(no_args_is_help=True, help="Side-by-side ratios.")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@engine_app.command()
def solve(
    instance: Annotated[Path, typer.Argument(help="A problem, .npz.")],
    out: Annotated[Path, typer.Option(help="Where the result goes, .npz.")],
    seconds: Annotated[float | None, typer.Option(min=0.001, help="About the most it may take.")] = None,
    as_json: AsJson = False,
) -> None:
    """Share the stock of one problem: exact levels, whole units, least cost, certificate."""
    from qipan.bench.files import write_result
    from qipan.engine.allocation import check, solve_many, warm

    problem = _problem(instance)
    warm()
    started = time.perf_counter()
    (plan,) = solve_many([problem], seconds=seconds)
    spent = time.perf_counter() - started
    certificate = check(problem, plan)
    write_result(out, plan)
    found: dict[str, Any] = {
        "seconds": round(spent, 6),
        "certified_gap": certificate.gap,
        "edges": len(problem.edge_need),
        "needs": len(problem.need),
        "parts": int(plan.part.max(initial=-1)) + 1,
        "scale": plan.scale,
        "finished": plan.finished,
        "cheapest": plan.cheapest,
        "delivered": int(plan.shipped.sum()),
        "digest": certificate.digest,
    }
    _say(found, as_json)
    raise typer.Exit(0 if certificate.feasible and certificate.fair else 1)


@engine_app.command()
def certify(
    instance: Annotated[Path, typer.Argument(help="A problem, .npz.")],
    result: Annotated[Path, typer.Argument(help="A result for it, .npz, anybody's.")],
    as_json: AsJson = False,
) -> None:
    """Judge a result from the two files alone; exit 1 and name the faults if it is not right."""
    from qipan.bench.files import FileUnreadable, read_result
    from qipan.engine.allocation import check

    problem = _problem(instance)
    try:
        plan = read_result(result, problem)
    except FileUnreadable as error:
        _refuse(str(error))
    certificate = check(problem, plan)
    found = {
        "certified_gap": certificate.gap,
        "feasible": certificate.feasible,
        "fair": certificate.fair,
        "faults": [str(fault) for fault in certificate.faults[:20]],
        "fault_count": len(certificate.faults),
        "digest": certificate.digest,
    }
    _say(found, as_json)
    raise typer.Exit(0 if certificate.feasible and certificate.fair else 1)


@engine_app.command()
def generate(
    scale: Annotated[str, typer.Argument(help="tiny, small, province, region, nation, internet, or an awkward set.")],
    out: Annotated[Path, typer.Option(help="Folder for one .npz each family.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same problems.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make up problems: one file each family."""
    from qipan.bench.files import write_instance
    from qipan.bench.instances import AWKWARD, SCALES, instances

    if scale not in SCALES and scale not in AWKWARD:
        _refuse(f"there is no {scale}; there is {', '.join([*SCALES, *AWKWARD])}")
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, problem in enumerate(instances(scale, seed=seed), start=1):
        path = out / f"{scale}-{number:03d}.npz"
        write_instance(path, problem)
        rows.append({"file": str(path), "edges": len(problem.edge_need), "needs": len(problem.need)})
        if not as_json:
            typer.echo(f"{path}  {len(problem.need):,} needs  {len(problem.edge_need):,} edges")
    if as_json:
        typer.echo(json.dumps(rows))


@bench_app.callback()
def bench() -> None:
    """Ratios of things measured side by side on this machine."""


@bench_app.command()
def allocation(
    scale: Annotated[str, typer.Option(help="tiny, small, province, region, nation or internet.")] = "province",
    families: Annotated[int, typer.Option(min=1, help="How many families of the scale.")] = 2,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    seconds: Annotated[float, typer.Option(min=1, help="Most for one rival on one family.")] = 60,
    as_json: AsJson = False,
) -> None:
    """The engine beside what people would reach for: time, fairness, memory, growth."""
    try:
        from qipan.bench import table
    except ImportError as error:
        _refuse(f"{error.name} is missing: pip install 'qipan[bench]'")
    from qipan.bench.instances import SCALES
    from qipan.engine.allocation import warm

    if scale not in SCALES:
        _refuse(f"there is no {scale}; there is {', '.join(SCALES)}")
    warm()
    found = table.run(
        scale, seed=seed, families=families, seconds=seconds, say=lambda text: typer.echo(f"… {text}", err=True)
    )
    if as_json:
        typer.echo(json.dumps(table.as_json(found)))
        return
    for line in table.lines_of(found):
        typer.echo(line)


def _problem(path: Path) -> Any:
    """The problem of a file, or the end with 2."""
    from qipan.bench.files import FileUnreadable, read_instance
    from qipan.engine.errors import ProblemInconsistent

    try:
        return read_instance(path)
    except FileUnreadable as error:
        _refuse(str(error))
    except ProblemInconsistent as error:
        _refuse(f"{path}: {error}")


def _say(found: dict[str, Any], as_json: bool) -> None:
    """One line of JSON, or a line each."""
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        typer.echo(f"{name:<16}{value}")


def _refuse(text: str) -> NoReturn:
    """End with wrong usage."""
    typer.echo(text, err=True)
    raise typer.Exit(2)
