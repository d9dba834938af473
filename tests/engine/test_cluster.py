"""Families solved on another node: the same plans bit for bit; what cannot be reached is refused with the way out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from qipan import cluster
from qipan.cluster import ClusterUnavailable, solver_on
from qipan.engine.allocation import Plan, Problem, solve
from qipan.server.cli import app
from tests.engine import oracles

ray = pytest.importorskip("ray", reason="the extra qipan[cluster]")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two nodes with one processor each, on this machine alone."""
    from ray.cluster_utils import Cluster

    one = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    nodes = Cluster(
        initialize_head=True, head_node_args={**one, "node_ip_address": "127.0.0.2", "include_dashboard": False}
    )
    nodes.add_node(**one, node_ip_address="127.0.0.3")
    nodes.wait_for_nodes()
    yield nodes.address
    ray.shutdown()
    nodes.shutdown()


def problems() -> list[Problem]:
    found = [oracles.large_problem(seed, sources=10, needs=60, edges=300) for seed in range(5)]
    chained = Problem(
        supply=np.array([5, 0, 7]), need=np.array([4, 6, 9]), carries=np.array([1, 1, 0]),
        edge_source=np.array([0, 1, 2]), edge_need=np.array([0, 1, 2]),
    )  # fmt: skip
    return [*found, chained]


def assert_same(one: Plan, other: Plan) -> None:
    for field in fields(Plan):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype and mine.tobytes() == theirs.tobytes(), field.name
        else:
            assert mine == theirs, field.name


def test_two_nodes_give_the_same_plans_bit_for_bit(address: str) -> None:
    where = solver_on(f"ray:{address}")
    for problem, plan in zip(problems(), where(problems()), strict=True):
        assert_same(plan, solve(problem))
    assert len({node["NodeID"] for node in ray.nodes() if node["Alive"]}) == 2


def test_both_nodes_take_part(address: str) -> None:
    solver_on(f"ray:{address}")

    def stay_a_while() -> str:
        time.sleep(0.5)
        return str(ray.get_runtime_context().get_node_id())

    where = ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(stay_a_while)
    assert len(set(ray.get([where.remote() for _ in range(6)]))) == 2


def test_a_cluster_with_another_engine_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "own_digest", lambda: "another")
    with pytest.raises(ClusterUnavailable, match="another version"):
        solver_on(f"ray:{address}")


@pytest.mark.parametrize(
    ("where", "words"),
    [("moon", "there is no 'moon'"), ("local:3", "there is no"), ("ray:127.0.0.1:1", "no Ray cluster answers"),
     ("ray:nowhere:x", "no Ray cluster answers")],
)  # fmt: skip
def test_a_place_that_is_not_there_is_refused(where: str, words: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(ClusterUnavailable, match=words):
        solver_on(where)


def test_without_ray_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ClusterUnavailable, match=r"pip install 'qipan\[cluster\]'"):
        solver_on("ray")


def test_here_is_the_default_and_threads_change_nothing() -> None:
    for problem, plan in zip(problems(), solver_on("local", threads=3)(problems()), strict=True):
        assert_same(plan, solve(problem))


def test_a_book_is_planned_there_by_command(address: str, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    run = CliRunner()
    assert run.invoke(app, ["plan", str(book), "--template"]).exit_code == 0
    for place in ("local", f"ray:{address}"):
        answer = tmp_path / f"{place[:3]}.json"
        done = run.invoke(app, ["plan", str(book), "--json", str(answer), "--on", place])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "loc.json").read_bytes() == (tmp_path / "ray.json").read_bytes()
    assert run.invoke(app, ["plan", str(book), "--on", "moon"]).exit_code == 2
