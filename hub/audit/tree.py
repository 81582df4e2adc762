"""The Merkle tree of RFC 9162, section 2.1 (the same as in RFC 6962): what one hash says of a log that only grows.

    leaf(entry)       = SHA-256(0x00 ‖ entry)
    node(left, right) = SHA-256(0x01 ‖ left ‖ right)

Pure functions. Stored are the nodes of complete subtrees alone, named by level and number: node (l, i) stands for
the leaves i·2^l to (i+1)·2^l - 1, and never changes once it is complete. Every other hash follows from them.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from faults import RejectedError

HASH_BYTES: Final = 32

# (level, number) → the node's hash. It is asked for complete subtrees alone.
Nodes: TypeAlias = Callable[[int, int], bytes]


class ProofError(RejectedError):
    """A proof of the audit trail does not prove what it claims."""


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree."""

    level: int
    number: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def grown(size: int, leaf: bytes, nodes: Nodes) -> list[Node]:
    """The subtrees that a leaf's hash after `size` others completes, itself first: at most 1 + log2(size + 1)."""
    complete = [Node(0, size, leaf)]
    while complete[-1].number % 2:
        last = complete[-1]
        left = nodes(last.level, last.number - 1)
        complete.append(Node(last.level + 1, last.number // 2, node_hash(left, last.hash)))
    return complete


def root(size: int, nodes: Nodes) -> bytes:
    """The hash of the first `size` entries (MTH of the RFC)."""
    return _hash_of(0, size, nodes) if size else hashlib.sha256().digest()


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """What shows that entry `index` (from 0) stands in the tree of `size` entries (PATH of the RFC)."""
    if not 0 <= index < size:
        raise ProofError(f"There is no entry {index + 1} among {size}.")
    return _path(index, 0, size, nodes)


def consistency_proof(old: int, size: int, nodes: Nodes) -> list[bytes]:
    """What shows that the tree of `old` entries is the beginning of the tree of `size` (PROOF of the RFC)."""
    if not 0 <= old <= size:
        raise ProofError(f"A trail of {size} entries cannot continue one of {old}.")
    return _subproof(old, 0, size, nodes, known=True) if 0 < old < size else []


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Return if the proof leads from the leaf's hash to the root (RFC 9162, 2.1.3.2). Raises ProofError."""
    if not 0 <= index < size:
        raise ProofError(f"There is no entry {index + 1} among {size}.")
    found = leaf
    for sibling, on_left in _steps(index, size - 1, proof):
        found = node_hash(sibling, found) if on_left else node_hash(found, sibling)
    if found != expected:
        raise ProofError("The proof does not lead from this entry to the signed head.")


def check_consistency(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the old tree is the beginning of the new one (RFC 9162, 2.1.4.2). Raises ProofError."""
    if not 0 <= old <= size:
        raise ProofError(f"A trail of {size} entries cannot continue one of {old}.")
    if old in (0, size):
        if proof or (old == size and old_root != new_root):
            raise ProofError("The two heads differ, though they speak of equally many entries.")
        return
    # The old tree's last complete subtree. Where it is the whole old tree, the proof leaves it out.
    level = (old & -old).bit_length() - 1
    path = [old_root, *proof] if old == 1 << level else list(proof)
    if not path:
        raise ProofError("The proof is empty.")
    old_found = new_found = path[0]
    for sibling, on_left in _steps(old - 1 >> level, size - 1 >> level, path[1:]):
        if on_left:
            old_found = node_hash(sibling, old_found)
        new_found = node_hash(sibling, new_found) if on_left else node_hash(new_found, sibling)
    if (old_found, new_found) != (old_root, new_root):
        raise ProofError("The later head does not continue the earlier one: entries in between were changed.")


def _steps(place: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each sibling on the way to the root, and whether it stands on the left. Raises ProofError.

    `place` of the nodes 0 to `last` of a level; a last node without a sibling rises as it is.
    """
    for sibling in proof:
        if last == 0:
            raise ProofError("The proof is longer than the tree is high.")
        on_left = place % 2 == 1 or place == last
        if on_left:
            while place % 2 == 0:
                place, last = place // 2, last // 2
        yield sibling, on_left
        place, last = place // 2, last // 2
    if last:
        raise ProofError("The proof is shorter than the tree is high.")


def _hash_of(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over the leaves from `start` to before `end`."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(size)
    return node_hash(_hash_of(start, middle, nodes), _hash_of(middle, end, nodes))


def _path(index: int, start: int, end: int, nodes: Nodes) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, nodes), _hash_of(middle, end, nodes)]
    return [*_path(index, middle, end, nodes), _hash_of(start, middle, nodes)]


def _subproof(old: int, start: int, end: int, nodes: Nodes, *, known: bool) -> list[bytes]:
    """`known`: whoever checks has the hash of this subtree already, since it is their old root."""
    if old == end:
        return [] if known else [_hash_of(start, end, nodes)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, nodes, known=known), _hash_of(middle, end, nodes)]
    return [*_subproof(old, middle, end, nodes, known=False), _hash_of(start, middle, nodes)]


def _split(size: int) -> int:
    """The greatest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
