"""`qipan engine`: what a stranger with two files gets, right and wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from qipan.server.cli import app

RUN = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two made-up families, the first solved."""
    folder = tmp_path_factory.mktemp("engine")
    assert RUN.invoke(app, ["engine", "generate", "small", "--seed", "7", "--out", str(folder)]).exit_code == 0
    done = RUN.invoke(app, ["engine", "solve", str(folder / "small-001.npz"), "--out", str(folder / "result.npz")])
    assert done.exit_code == 0, done.output
    return folder


def certify(instance: Path, result: Path) -> tuple[int, dict[str, object]]:
    done = RUN.invoke(app, ["engine", "certify", str(instance), str(result), "--json"])
    return done.exit_code, json.loads(done.stdout) if done.exit_code < 2 else {"error": done.output}


def changed(folder: Path, source: str, **arrays: np.ndarray) -> Path:
    """A copy of a file with some arrays changed."""
    with np.load(folder / source) as found:
        kept = {name: found[name] for name in found.files}
    path = folder / "changed.npz"
    np.savez(path, **{**kept, **arrays})
    return path


def test_solve_says_what_it_did(folder: Path) -> None:
    out = folder / "again.npz"
    done = RUN.invoke(app, ["engine", "solve", str(folder / "small-001.npz"), "--out", str(out), "--json"])
    found = json.loads(done.stdout)
    assert {"seconds", "certified_gap", "edges", "parts"} <= found.keys()
    assert found["certified_gap"] == 0
    assert found["digest"] == certify(folder / "small-001.npz", out)[1]["digest"]


def test_a_result_has_the_promised_arrays(folder: Path) -> None:
    with np.load(folder / "result.npz") as result, np.load(folder / "small-001.npz") as instance:
        edges, needs, sources = len(instance["eu"]), len(instance["d"]), len(instance["sup"])
        shapes = {name: (result[name].dtype.name, result[name].shape) for name in result.files}
    assert shapes == {
        "scale": ("int64", (1,)), "flow": ("int64", (edges,)), "carry": ("int64", (sources,)),
        "plan": ("int64", (edges,)), "plan_carry": ("int64", (sources,)),
        "level": ("float64", (needs,)), "part": ("int32", (needs,)),
    }  # fmt: skip


def test_certify_passes_what_is_right_and_names_what_is_not(folder: Path) -> None:
    assert certify(folder / "small-001.npz", folder / "result.npz")[0] == 0
    with np.load(folder / "result.npz") as result:
        plan = result["plan"].copy()
    plan[np.argmax(plan)] -= 1
    code, found = certify(folder / "small-001.npz", changed(folder, "result.npz", plan=plan))
    assert (code, found["fair"]) == (1, False)
    assert any("stock_stranded" in fault for fault in found["faults"])
    code, found = certify(folder / "small-002.npz", folder / "result.npz")
    assert code == 1
    assert found["fault_count"] > 0


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"d": np.array([0])}, "d[0] is 0; it must be in 1.."),
        ({"eu": np.array([9], np.int32)}, "eu[0] is 9; it must be in 0..1"),
        ({"w": np.array([np.nan])}, "w[0] is nan; it must be in 0.001..1000"),
        ({"sup": np.array([1.5, 2])}, "sup is of type float64; it must be of whole numbers"),
        ({"sup": np.array([-1, 2])}, "sup[0] is -1; it must be in 0.."),
        ({"nxt": np.array([0, 1], np.uint8)}, "nxt[1] is 1; it must be 0"),
        ({"ecost": np.array([-3], np.int32)}, "ecost[0] is -3"),
        ({"d": np.array([2**60])}, "d[0] is"),
        ({"tier": np.array([[1]], np.int8)}, "tier is of shape (1, 1); it must be of shape (1,)"),
    ],
)
def test_a_wrong_array_is_named_with_its_bound(tmp_path: Path, arrays: dict[str, np.ndarray], words: str) -> None:
    whole = {
        "sup": np.array([1, 2]), "nxt": np.array([1, 0], np.uint8), "d": np.array([4]), "tier": np.array([0], np.int8),
        "eu": np.array([1], np.int32), "ej": np.array([0], np.int32), "ecap": np.array([-1]),
        "ecost": np.array([3], np.int32),
    }  # fmt: skip
    path = tmp_path / "wrong.npz"
    np.savez(path, **{**whole, **arrays})
    done = RUN.invoke(app, ["engine", "solve", str(path), "--out", str(tmp_path / "out.npz")])
    assert done.exit_code == 2
    assert words in done.output
    assert not (tmp_path / "out.npz").exists()


def test_unsorted_edges_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "unsorted.npz"
    two = np.array([1, 1])
    np.savez(
        path, sup=two, nxt=two * 0, d=two, tier=two * 0, eu=np.array([1, 0]), ej=np.array([0, 1]), ecap=-two, ecost=two
    )
    done = RUN.invoke(app, ["engine", "solve", str(path), "--out", str(tmp_path / "out.npz")])
    assert (done.exit_code, "eu[1] is 0" in done.output) == (2, True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"not a file of arrays"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    done = RUN.invoke(app, ["engine", "certify", str(path), str(path)])
    assert done.exit_code == 2
    assert "no .npz file" in done.output or "has no" in done.output


def test_a_file_that_is_not_there_and_an_unknown_scale_are_wrong_usage(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["engine", "certify", str(tmp_path / "a"), str(tmp_path / "b")]).exit_code == 2
    done = RUN.invoke(app, ["engine", "generate", "planet", "--out", str(tmp_path)])
    assert (done.exit_code, "province" in done.output) == (2, True)
