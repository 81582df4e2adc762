"""Changes of CBOR that stay CBOR: a changed byte is refused for its form long before anyone looks at its meaning."""

import random
import zlib
from collections.abc import Callable
from typing import TypeAlias

import cbor2

Tree: TypeAlias = "int | float | bytes | str | bool | list[Tree] | dict[str, Tree] | None"

_EDGES: list[Tree] = [
    0, 1, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 0.0, -1.0, 1e308, float("nan"), float("inf"),
    "", "a" * 300, "\0", "ä", "bd/x", b"", bytes(32), bytes(5000), True, False, None, [], {}, [[[[[[[[[]]]]]]]]],
]  # fmt: skip


def mutate(data: bytes, size: int, seed: int, plain: Callable[[bytes, int], bytes]) -> bytes:
    """A neighbour of an input of at most `size` bytes. `plain`: the fuzzer's own way, which changes bytes."""
    source = random.Random(seed)
    if len(data) < 2 or source.random() < 0.4:
        return plain(data, size)
    depth, rest = data[:1], data[1:]
    changed = _changed_document(rest, source)
    if changed is None or len(changed) + 1 > size:
        return plain(data, size)
    return depth + changed


def _changed_document(data: bytes, source: random.Random) -> bytes | None:
    tree = _parse(data)
    if tree is not None:
        return _encode(_changed(tree, source))
    try:
        tree = _parse(zlib.decompressobj().decompress(data, 1_000_000))
    except zlib.error:
        return None
    encoded = None if tree is None else _encode(_changed(tree, source))
    return None if encoded is None else zlib.compress(encoded)


def _changed(tree: Tree, source: random.Random) -> Tree:
    """The tree with one place of it changed."""
    match tree:
        case dict() if tree and source.random() < 0.85:
            name = source.choice(sorted(tree))
            return {**tree, name: _changed(tree[name], source)}
        case dict():
            name = source.choice([*sorted(tree), "later"])
            return {key: value for key, value in tree.items() if key != name} if name in tree else {**tree, name: 1}
        case list() if tree and source.random() < 0.85:
            place = source.randrange(len(tree))
            return [*tree[:place], _changed(tree[place], source), *tree[place + 1 :]]
        case list():
            return (tree + tree)[: source.randrange(2 * len(tree) + 1)]
        case bytes() if (inner := _changed_document(tree, source)) is not None and source.random() < 0.8:
            return inner
        case _:
            return _changed_leaf(tree, source)


def _changed_leaf(leaf: Tree, source: random.Random) -> Tree:
    changed: Tree = source.choice(_EDGES)
    if source.random() < 0.4:
        return changed
    match leaf:
        case bool():
            changed = not leaf
        case int():
            changed = leaf + source.choice([-1, 1, source.randrange(-1000, 1000), source.getrandbits(40)])
        case float():
            changed = leaf * source.uniform(-2, 2)
        case bytes() if leaf:
            place = source.randrange(len(leaf))
            changed = leaf[:place] + source.randbytes(source.randrange(4)) + leaf[place + source.randrange(3) :]
        case str() if leaf:
            place = source.randrange(len(leaf))
            changed = leaf[:place] + source.choice(["", "/", "0", "Z", leaf]) + leaf[place + 1 :]
        case _:
            pass
    return changed


def _parse(data: bytes) -> Tree:
    """The array or map that the bytes are, or None."""
    try:
        tree: Tree = cbor2.loads(data)
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
    return tree if isinstance(tree, list | dict) and _is_plain(tree) else None


def _is_plain(tree: object) -> bool:
    match tree:
        case dict():
            return all(isinstance(name, str) and _is_plain(value) for name, value in tree.items())
        case list():
            return all(map(_is_plain, tree))
        case _:
            return tree is None or isinstance(tree, int | float | bytes | str)


def _encode(tree: Tree) -> bytes | None:
    try:
        return cbor2.dumps(tree, canonical=True)
    except (cbor2.CBORError, ValueError, OverflowError):
        return None
