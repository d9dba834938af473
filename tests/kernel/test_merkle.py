"""The tree of the log: roots by the definition, proofs that hold, and proofs that do not."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel import merkle

SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 700, 1024, 1025]
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(1100)]


def tree_of(size: int, leaves: Sequence[bytes] = LEAVES) -> merkle.Tree:
    def blocks(low: int, high: int) -> list[bytes]:
        return [merkle.root_of(leaves[b * merkle.BLOCK : (b + 1) * merkle.BLOCK]) for b in range(low, high)]

    return merkle.Tree(size, leaves=lambda low, high: leaves[low:high], blocks=blocks)


def test_the_vectors_of_certificate_transparency() -> None:
    """Roots over the eight inputs of the reference implementation of RFC 6962."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in inputs]
    assert merkle.root_of([]) == sha256(b"").digest()
    assert merkle.root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root_of(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle.root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", [0, *SIZES])
def test_whole_blocks_give_the_root_of_the_definition(size: int) -> None:
    assert tree_of(size).root() == merkle.root_of(LEAVES[:size])


@given(size=st.integers(1, 1100), part=st.floats(0, 1, exclude_max=True))
@settings(max_examples=60)
def test_every_leaf_is_shown_to_be_included(size: int, part: float) -> None:
    tree, index = tree_of(size), int(part * size)
    path, root = tree.inclusion(index), tree.root()
    assert merkle.is_included(LEAVES[index], index=index, size=size, path=path, root=root)
    assert not merkle.is_included(
        LEAVES[index + 1 if index + 1 < 1100 else 0], index=index, size=size, path=path, root=root
    )
    if size > 1:
        other = (index + 1) % size
        assert not merkle.is_included(LEAVES[index], index=other, size=size, path=path, root=root)
        assert not merkle.is_included(LEAVES[index], index=index, size=size, path=path[:-1], root=root)
        broken = [path[0][::-1], *path[1:]]
        assert not merkle.is_included(LEAVES[index], index=index, size=size, path=broken, root=root)
    assert not merkle.is_included(LEAVES[index], index=index, size=size, path=[*path, root], root=root)


@given(size=st.integers(1, 1100), part=st.floats(0, 1, exclude_min=True))
@settings(max_examples=60)
def test_every_beginning_is_shown_to_be_one(size: int, part: float) -> None:
    tree, first = tree_of(size), max(1, int(part * size))
    path, root, first_root = tree.consistency(first), tree.root(), merkle.root_of(LEAVES[:first])
    assert merkle.is_beginning(first_root, first=first, root=root, size=size, path=path)
    assert not merkle.is_beginning(first_root[::-1], first=first, root=root, size=size, path=path)
    assert not merkle.is_beginning(first_root, first=first, root=root[::-1], size=size, path=path)
    assert not merkle.is_beginning(first_root, first=first, root=root, size=size, path=[*path, root])
    if path:
        assert not merkle.is_beginning(first_root, first=first, root=root, size=size, path=path[:-1])


@given(size=st.integers(2, 600), part=st.floats(0, 1, exclude_max=True))
@settings(max_examples=40)
def test_a_changed_beginning_is_found_out(size: int, part: float) -> None:
    """The proof of a tree whose earlier leaf was rewritten does not lead from the first root."""
    index = int(part * size)
    rewritten = [*LEAVES[:index], merkle.leaf_hash(b"rewritten"), *LEAVES[index + 1 :]]
    later = tree_of(size + 40, rewritten)
    path = later.consistency(size)
    assert not merkle.is_beginning(
        merkle.root_of(LEAVES[:size]), first=size, root=later.root(), size=size + 40, path=path
    )


@pytest.mark.parametrize("index", [-1, 5, 99])
def test_a_leaf_outside_has_no_path(index: int) -> None:
    with pytest.raises(ValueError, match="outside of a tree of 5"):
        tree_of(5).inclusion(index)
    assert not merkle.is_included(LEAVES[0], index=index, size=5, path=[], root=LEAVES[0])


@pytest.mark.parametrize("first", [0, 6])
def test_no_other_size_is_a_beginning(first: int) -> None:
    with pytest.raises(ValueError, match="no beginning"):
        tree_of(5).consistency(first)
    assert not merkle.is_beginning(LEAVES[0], first=first, root=LEAVES[0], size=5, path=[])
