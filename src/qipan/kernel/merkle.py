"""A Merkle tree over leaves in order: its root, and short proofs about it.

Hashing as in RFC 6962, section 2.1 (SHA-256; a leaf is hashed behind the byte 0, a node behind the byte 1),
so that any reader of Certificate Transparency logs can check the proofs.

Whole blocks of 256 leaves can be kept as one hash each: a root over a million leaves then reads 4,000 hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

BLOCK = 256
"""Leaves in a block; a power of two."""
EMPTY = sha256(b"").digest()
Reader = Callable[[int, int], Sequence[bytes]]
"""Hashes from one index to before another."""


def leaf_hash(body: bytes) -> bytes:
    """The hash of a leaf with this body, 32 bytes."""
    return sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two hashes, 32 bytes."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, by the definition; of none: the hash of nothing."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return node_hash(root_of(leaves[:middle]), root_of(leaves[middle:]))


class Tree:
    """The tree over the first ``size`` leaves that somebody keeps.

    Args:
        leaves: reads leaf hashes ``[low, high)``; asked for at most one block at a time.
        blocks: reads the roots of whole blocks ``[low, high)`` of BLOCK leaves each.
    """

    def __init__(self, size: int, *, leaves: Reader, blocks: Reader) -> None:
        self.size = size
        self._leaves = leaves
        self._blocks = list(blocks(0, size // BLOCK))
        self._read: dict[int, Sequence[bytes]] = {}

    def root(self) -> bytes:
        """The root over all leaves, 32 bytes."""
        return self._over(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """The path that shows leaf ``index`` (0 ≤ index < size) to be in the tree, from the leaf upwards."""
        if not 0 <= index < self.size:
            raise ValueError(f"leaf {index} is outside of a tree of {self.size}")
        return self._path(index, 0, self.size)

    def consistency(self, first: int) -> list[bytes]:
        """The hashes that show the tree of ``first`` leaves (0 < first ≤ size) to be a beginning of this."""
        if not 0 < first <= self.size:
            raise ValueError(f"a tree of {first} is no beginning of one of {self.size}")
        return self._beginning(first, 0, self.size, is_whole=True)

    def _path(self, index: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _split(high - low)
        if index < middle:
            return [*self._path(index, low, middle), self._over(middle, high)]
        return [*self._path(index, middle, high), self._over(low, middle)]

    def _beginning(self, first: int, low: int, high: int, *, is_whole: bool) -> list[bytes]:
        if first == high:
            return [] if is_whole else [self._over(low, high)]
        middle = low + _split(high - low)
        if first <= middle:
            return [*self._beginning(first, low, middle, is_whole=is_whole), self._over(middle, high)]
        return [*self._beginning(first, middle, high, is_whole=False), self._over(low, middle)]

    def _over(self, low: int, high: int) -> bytes:
        if high - low == BLOCK:
            return self._blocks[low // BLOCK]
        if high - low < BLOCK:
            block = low // BLOCK
            if block not in self._read:
                start = block * BLOCK
                self._read[block] = self._leaves(start, min(start + BLOCK, self.size))
            return root_of(self._read[block][low - block * BLOCK : high - block * BLOCK])
        middle = low + _split(high - low)
        return node_hash(self._over(low, middle), self._over(middle, high))


def is_included(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from ``leaf`` at ``index`` to the root of a tree of ``size`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_beginning(first_root: bytes, *, first: int, root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """Whether the path shows the tree of ``first`` leaves to be a beginning of that of ``size`` (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= size:
        return False
    if first == size:
        return not path and first_root == root
    steps = list(path)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == first_root and after == root


def _split(count: int) -> int:
    """The largest power of two below ``count`` (≥ 2)."""
    return int(1 << ((count - 1).bit_length() - 1))
