"""Reading the whole trail again: is every entry what was written, and is it what the signed heads say?

Where an entry no longer fits its leaf, the leaf goes on standing for it: so each change is named, and a head
still tells whether the tree around it is the one that was signed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from faults import RejectedError
from hub.audit import store
from hub.audit.head import Head, HeadError, read_heads
from hub.audit.model import AuditEntry
from hub.audit.store import StoredEntry
from hub.audit.tree import Node, grown, leaf_hash, root
from hub.clock import moment
from protocol.ids import HubId
from protocol.keys import VerifyKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: nothing, if all is well. Of `size` entries the first `signed` are under a head that fits."""

    size: int
    signed: int
    findings: tuple[str, ...]


def verify(connection: Connection, hub: HubId, key: VerifyKey, outside: Iterable[Head] = ()) -> Verification:
    """Read everything once. `key` is the hub's; `outside`: heads that were kept where nobody here could change them."""
    return _Reading(connection, hub, key, outside).run()


class _Reading:
    def __init__(self, connection: Connection, hub: HubId, key: VerifyKey, outside: Iterable[Head]) -> None:
        self._connection = connection
        self._findings: list[str] = []
        self._heads: defaultdict[int, list[tuple[Head, str]]] = defaultdict(list)
        self._signed = 0
        self._peaks: dict[int, bytes] = {}  # by level: the newest complete subtree, all that a root needs
        self._collect_heads(hub, key, outside)

    def run(self) -> Verification:
        """Everything, in the order of the entries."""
        entries = _InOrder(store.rows(self._connection), lambda row: row.position)
        levels = [
            _InOrder(store.level(self._connection, level), lambda node: node.number)
            for level in range(store.height(self._connection))
        ]
        size = 0
        self._check_heads(size)
        while leaf := self._leaf(size + 1, entries, levels):
            for node in grown(size, leaf, lambda level, _: self._peaks[level]):
                self._peaks[node.level] = node.hash
                self._compare(node, levels)
            size += 1
            self._check_heads(size)
        self._report_strays(entries, levels)
        self._report_heads_beyond(size)
        return Verification(size, self._signed, tuple(self._findings))

    def _collect_heads(self, hub: HubId, key: VerifyKey, outside: Iterable[Head]) -> None:
        for size, note in store.heads(self._connection):
            try:
                (head,) = read_heads(note, hub, key)
            except (HeadError, ValueError):
                self._find(f"The head that is kept for {size} entries is not one that this hub's key signed.")
                continue
            self._heads[head.size].append((head, "kept here"))
        for head in outside:
            if all(head != known for known, _ in self._heads[head.size]):
                self._heads[head.size].append((head, "kept outside the database"))

    def _leaf(
        self, position: int, entries: "_InOrder[StoredEntry]", levels: "Sequence[_InOrder[Node]]"
    ) -> bytes | None:
        """The leaf of the entry that is or was at a position; None behind the last."""
        entry = entries.at(position)
        node = levels[0].at(position - 1) if levels else None
        if entry is None:
            if node is not None:
                self._find(f"Entry {position} was removed.")
            return None if node is None else node.hash
        self._check_words(entry)
        leaf = leaf_hash(entry.entry)
        if node is None:
            self._find(f"Entry {position} has no leaf in the tree: it was inserted, or the leaf removed.")
        elif node.hash != leaf:
            self._find(f"Entry {position} was changed after it was written.")
            return node.hash
        return leaf

    def _check_words(self, row: StoredEntry) -> None:
        try:
            subject = AuditEntry.from_bytes(row.entry).subject
        except RejectedError:
            self._find(f"Entry {row.position} cannot be read.")
            return
        if subject != row.subject:
            self._find(f"Entry {row.position} is listed under another subject than its own.")

    def _compare(self, node: Node, levels: "Sequence[_InOrder[Node]]") -> None:
        if node.level == 0:
            return  # The leaves have been held against the entries.
        found = levels[node.level].at(node.number) if node.level < len(levels) else None
        if found is None or found.hash != node.hash:
            self._find(f"The tree's node {node.number} of level {node.level} was changed or removed.")

    def _check_heads(self, size: int) -> None:
        for head, where in self._heads.pop(size, ()):
            if head.root == root(size, lambda level, _: self._peaks[level]):
                self._signed = size
            else:
                self._find(
                    f"The first {size} entries are not those of the signed head of {_when(head)}, {where}: something"
                    f" from entry {self._signed + 1} on was changed, inserted or removed, and the tree rewritten."
                )

    def _report_strays(self, entries: "_InOrder[StoredEntry]", levels: "Sequence[_InOrder[Node]]") -> None:
        for row in entries.strays():
            self._find(f"Entry {row.position} was inserted: it has no place in the trail.")
        for node in (node for level in levels for node in level.strays()):
            self._find(f"The tree's node {node.number} of level {node.level} belongs to no entry.")

    def _report_heads_beyond(self, size: int) -> None:
        for beyond in sorted(self._heads):
            for head, where in self._heads[beyond]:
                self._find(
                    f"The signed head of {_when(head)}, {where}, speaks of {beyond} entries and there are {size}:"
                    " the last ones were removed."
                )

    def _find(self, text: str) -> None:
        self._findings.append(text)


class _InOrder(Generic[T]):
    """Numbered rows in their order; what is passed over and what is never asked for are strays."""

    def __init__(self, rows: Iterator[T], number: Callable[[T], int]) -> None:
        self._rows = rows
        self._number = number
        self._next = next(rows, None)
        self._passed: list[T] = []

    def at(self, number: int) -> T | None:
        """The row of a number. Numbers may only rise."""
        while self._next is not None and self._number(self._next) < number:
            self._passed.append(self._next)
            self._next = next(self._rows, None)
        if self._next is None or self._number(self._next) != number:
            return None
        found, self._next = self._next, next(self._rows, None)
        return found

    def strays(self) -> Iterator[T]:
        """At the end: the rows that nobody asked for."""
        yield from self._passed
        if self._next is not None:
            yield self._next
        yield from self._rows


def _when(head: Head) -> str:
    return f"{moment(head.at):%Y-%m-%d %H:%M:%S} UTC"
