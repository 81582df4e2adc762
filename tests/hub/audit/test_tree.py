"""The tree against the RFC's own words, written as plainly as they stand there, and its published vectors."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.tree import (
    Nodes,
    ProofError,
    check_consistency,
    check_inclusion,
    consistency_proof,
    grown,
    inclusion_proof,
    leaf_hash,
    root,
)

# The inputs and roots of the vectors of RFC 6962's reference implementation.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

# The proofs of the same project's vectors over these inputs, by (entry, size) and by (old size, size): the first
# eight bytes of each hash.
INCLUSIONS = {
    (5, 8): ["bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"],
    (2, 3): ["fac54203e7cc696c"],
}
CONTINUATIONS = {
    (1, 8): ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"],
    (6, 8): ["0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"],
    (2, 5): ["5f083f0a1a33ca07", "bc1a0643b12e4d2d"],
    (6, 7): ["0ebc5d3437fbe2db", "b08693ec2e721597", "d37ee418976dd957"],
}


def tree_of(entries: Sequence[bytes]) -> Nodes:
    stored: dict[tuple[int, int], bytes] = {}
    nodes: Nodes = lambda level, number: stored[level, number]  # noqa: E731
    for size, entry in enumerate(entries):
        for node in grown(size, leaf_hash(entry), nodes):
            stored[node.level, node.number] = node.hash
    return nodes


def naive_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = 1
    while 2 * split < len(entries):
        split *= 2
    return hashlib.sha256(b"\1" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


def numbered(count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(count)]


ENTRIES = numbered(64)
SHORTER_ROOTS = [naive_root(ENTRIES[:size]) for size in range(65)]

sizes = st.integers(min_value=1, max_value=70)


def test_root_differs_from_the_published_vectors() -> None:
    nodes = tree_of(INPUTS)
    assert [root(size, nodes).hex() for size in range(9)] == ROOTS


def test_proof_differs_from_the_published_vectors() -> None:
    nodes = tree_of(INPUTS)
    for (index, size), published in INCLUSIONS.items():
        assert [one.hex()[:16] for one in inclusion_proof(index, size, nodes)] == published
    for (old, size), published in CONTINUATIONS.items():
        assert [one.hex()[:16] for one in consistency_proof(old, size, nodes)] == published


def test_root_differs_from_the_rfcs_definition() -> None:
    for size in range(65):
        assert root(size, tree_of(ENTRIES[:size])) == SHORTER_ROOTS[size]


def test_every_entry_can_be_shown_to_be_there() -> None:
    for size in range(1, 65):
        nodes, expected = tree_of(ENTRIES[:size]), SHORTER_ROOTS[size]
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            assert len(proof) <= (size - 1).bit_length()
            check_inclusion(index, size, leaf_hash(ENTRIES[index]), proof, expected)


@given(sizes, st.data())
def test_entry_that_is_not_there_cannot_be_shown(size: int, data: st.DataObject) -> None:
    entries = numbered(size)
    nodes, expected = tree_of(entries), naive_root(entries)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, nodes)
    leaf = leaf_hash(entries[index])
    wrong = [
        (index, leaf_hash(b"never written"), proof),
        (index, leaf, [*proof, bytes(32)]),
        (index, leaf, [bytes(32), *proof[1:]] if proof else [bytes(32)]),
        (size, leaf, proof),
        (-1, leaf, proof),
        *([(index, leaf, proof[:-1]), ((index + 1) % size, leaf, proof)] if size > 1 else []),
    ]
    for place, one, path in wrong:
        with pytest.raises(ProofError):
            check_inclusion(place, size, one, path, expected)


def test_head_is_shown_to_continue_every_earlier_one() -> None:
    for size in range(65):
        nodes = tree_of(ENTRIES[:size])
        for old in range(size + 1):
            proof = consistency_proof(old, size, nodes)
            check_consistency(old, size, SHORTER_ROOTS[old], SHORTER_ROOTS[size], proof)


@given(st.integers(2, 70), st.data())
def test_head_that_does_not_continue_the_earlier_one_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    entries = numbered(size)
    rewritten = [*entries[:changed], b"rewritten", *entries[changed + 1 :]]
    before, after = naive_root(entries[:old]), naive_root(rewritten)
    proof = consistency_proof(old, size, tree_of(rewritten))
    for attempt in (proof, proof[:-1], [*proof, bytes(32)], []):
        with pytest.raises(ProofError):
            check_consistency(old, size, before, after, attempt)


@pytest.mark.parametrize(("old", "size"), [(3, 2), (-1, 2)])
def test_shorter_trail_passes_for_a_continuation(old: int, size: int) -> None:
    with pytest.raises(ProofError):
        check_consistency(old, size, bytes(32), bytes(32), [])
    with pytest.raises(ProofError):
        consistency_proof(old, size, tree_of(numbered(2)))


@given(sizes)
def test_appending_touches_no_more_than_the_trees_height(size: int) -> None:
    asked: list[tuple[int, int]] = []
    nodes = tree_of(numbered(size))

    def counting(level: int, number: int) -> bytes:
        asked.append((level, number))
        return nodes(level, number)

    complete = grown(size, leaf_hash(b"next"), counting)
    assert len(complete) == len(asked) + 1 <= size.bit_length() + 1
