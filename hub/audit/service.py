"""Recording: in the transaction of the change itself, so that neither exists without the other. And the hub's word
for what was recorded: signed heads, and the reading that holds the trail against them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from credentials.private_files import DiskError, write_public
from faults import RejectedError
from hub.audit import store
from hub.audit.head import Head, HeadError, read_heads, sign_head
from hub.audit.model import AuditAction, AuditEntry, NumberedEntry
from hub.audit.proof import ContinuationProof, EntryProof, read_proof
from hub.audit.tree import ProofError, consistency_proof, inclusion_proof, root
from hub.audit.verification import Verification, verify
from hub.clock import Clock
from hub.db import Database
from protocol.ids import HubId
from protocol.keys import PrivateIdentity, VerifyKey

__all__ = [
    "AuditAction",
    "AuditEntry",
    "AuditLog",
    "ContinuationProof",
    "EntryProof",
    "Head",
    "HeadError",
    "NumberedEntry",
    "ProofError",
    "TrailBrokenError",
    "Verification",
    "entries",
    "numbered_entries",
    "read_heads",
    "read_proof",
    "record",
    "recorded_together",
    "revision",
    "trail",
]

_WAITING: Final = "audit entries of a block"


class TrailBrokenError(RejectedError):
    """The audit trail is not what the hub signed: somebody changed the database past the program. Keep a copy of it."""


def record(
    connection: Connection, action: AuditAction, *, actor: str, subject: str, at: int, **detail: str | int
) -> None:
    """Append one entry. `actor` is an operator's name, a unit, or `hub`; `at` in milliseconds since 1970 UTC."""
    entry = AuditEntry(action, actor, subject, at, detail)
    waiting: list[AuditEntry] | None = connection.info.get(_WAITING)
    if waiting is None:
        store.append(connection, [entry])
    else:
        waiting.append(entry)


@contextmanager
def recorded_together(connection: Connection) -> Iterator[None]:
    """Append what is recorded in the block at its end, in a few statements for all; nothing of it when it raises.

    Blocks do not lie in each other, and a savepoint inside one may not be given up without it.
    """
    info, waiting = connection.info, list[AuditEntry]()
    info[_WAITING] = waiting
    try:
        yield
    finally:
        info.pop(_WAITING, None)  # A connection that broke has lost it.
    store.append(connection, waiting)


def revision(connection: Connection) -> int:
    """Rises with every change of the hub's state, since each leaves an entry."""
    return store.size(connection)


def entries(connection: Connection, subject: str | None = None) -> list[AuditEntry]:
    """Every entry, or those about one subject, oldest first."""
    return [numbered.entry for numbered in numbered_entries(connection, subject)]


def numbered_entries(connection: Connection, subject: str | None = None) -> Iterator[NumberedEntry]:
    """The same with each entry's position in the trail, counted from 1. Raises MalformedError."""
    return (NumberedEntry(row.position, AuditEntry.from_bytes(row.entry)) for row in store.rows(connection, subject))


def trail(connection: Connection, *, before: int | None, limit: int, subject: str | None = None) -> list[NumberedEntry]:
    """One page of the trail, newest first: the entries in front of position `before`, all or about one subject."""
    found = store.newest_rows(connection, before=before, limit=limit, subject=subject)
    return [NumberedEntry(row.position, AuditEntry.from_bytes(row.entry)) for row in found]


class AuditLog:
    """The trail of one hub as a whole."""

    def __init__(self, database: Database, identity: PrivateIdentity, clock: Clock, head_file: Path) -> None:
        """`identity` signs the heads; `head_file`: for the newest of them, beside the database and not in it."""
        self._database = database
        self._identity = identity
        self._hub = HubId(identity.name)
        self._clock = clock
        self._head_file = head_file

    def sign_head(self) -> str:
        """The signed head of everything recorded so far; a new one only where there is something new.

        Raises TrailBrokenError where the trail does not continue what was signed before: then nothing is signed;
        DiskError where the head could not be kept beside the database.
        """
        kept = self.kept_note()
        with self._database.begin() as connection:
            self._require_continuation(connection, kept)
            size, newest = store.size(connection), store.newest_head(connection)
            if newest is not None and newest[0] == size:
                note = newest[1]
            else:
                head = Head(self._hub, size, root(size, store.nodes(connection)), self._clock())
                note = sign_head(head, self._identity.signing_key)
                store.add_head(connection, size, note)
        if note != kept:
            write_public(self._head_file, note.encode())
        return note

    def kept_note(self) -> str:
        """The newest head as it is kept beside the database, where its administrator need not reach; empty for none.

        To be read before the transaction that it is held against: it may be of later entries otherwise.
        """
        try:
            return self._head_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise DiskError(f"The newest head in {self._head_file} cannot be read: {error.strerror}.") from error

    def verify(
        self, connection: Connection, outside: Iterable[Head] = (), key: VerifyKey | None = None
    ) -> Verification:
        """Hold every entry against the tree, the heads kept here and those kept `outside`.

        `key`: the hub's as an outsider kept it; without it, the one that the hub has now.
        """
        return verify(connection, self._hub, key or self._identity.public.verify_key, outside)

    def prove_entry(self, connection: Connection, position: int) -> EntryProof:
        """That an entry stands under the newest head. Raises ProofError, also where no head covers it yet."""
        head, note = self._newest(connection)
        entry = store.entry(connection, position)
        if entry is None or position > head.size:
            raise ProofError(f"No signed head covers an entry {position}: the newest covers {head.size} entries.")
        path = inclusion_proof(position - 1, head.size, store.nodes(connection))
        return EntryProof(position, entry, note, tuple(path))

    def prove_continuation(self, connection: Connection, earlier: str) -> ContinuationProof:
        """That the newest head continues an earlier one, given as its note. Raises HeadError or ProofError."""
        (old,) = self.read_heads(earlier)[:1]
        head, note = self._newest(connection)
        path = consistency_proof(old.size, head.size, store.nodes(connection))
        return ContinuationProof(earlier, note, tuple(path))

    def read_heads(self, text: str, key: VerifyKey | None = None) -> list[Head]:
        """The heads in a text that was kept outside. Raises HeadError."""
        return read_heads(text, self._hub, key or self._identity.public.verify_key)

    def size(self, connection: Connection) -> int:
        """How many entries there are."""
        return store.size(connection)

    def newest_head(self, connection: Connection) -> Head | None:
        """The last head that was signed. Raises HeadError when it was altered."""
        newest = store.newest_head(connection)
        return None if newest is None else self.read_heads(newest[1])[-1]

    def is_continued(self, connection: Connection, kept: str) -> bool:
        """Whether the trail continues its newest head, and the one of `kept_note`, as far as the tree alone tells."""
        try:
            self._require_continuation(connection, kept)
        except TrailBrokenError:
            return False
        return True

    def _newest(self, connection: Connection) -> tuple[Head, str]:
        newest = store.newest_head(connection)
        if newest is None:
            raise ProofError("No head has been signed yet. Run: mca hub audit head")
        return self.read_heads(newest[1])[-1], newest[1]

    def _require_continuation(self, connection: Connection, kept: str) -> None:
        newest = store.newest_head(connection)
        notes = {kept, "" if newest is None else newest[1]} - {""}
        try:
            heads = [head for note in notes for head in self.read_heads(note)]
        except HeadError:
            raise TrailBrokenError(
                "The newest head of the audit trail was altered. Run: mca hub audit verify"
            ) from None
        size, nodes = store.size(connection), store.nodes(connection)
        if any(head.size > size or root(head.size, nodes) != head.root for head in heads):
            raise TrailBrokenError("The audit trail was changed behind its signed head. Run: mca hub audit verify")
