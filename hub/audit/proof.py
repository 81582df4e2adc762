"""Proofs to hand out: that one entry stands in the trail, or that a later head continues an earlier one.

Each is one JSON object and needs nothing but the hub's public card to be checked. A court can be shown one entry
without the rest of the trail, and a witness that nothing was rewritten without any entry at all.
"""

import json
from dataclasses import dataclass
from typing import Final

from hub.audit.head import Head, read_heads
from hub.audit.model import AuditEntry
from hub.audit.tree import HASH_BYTES, ProofError, check_consistency, check_inclusion, leaf_hash
from protocol.ids import parse_hub_id
from protocol.keys import Identity

_LIMIT: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class EntryProof:
    """Entry `position` (from 1), as it was hashed, stands under the signed head `head`."""

    position: int
    entry: bytes
    head: str
    path: tuple[bytes, ...]

    def to_json(self) -> str:
        """One line."""
        return json.dumps(
            {"position": self.position, "entry": self.entry.hex(), "head": self.head, "path": _hexes(self.path)},
            ensure_ascii=False,
        )

    def check(self, hub: Identity) -> tuple[AuditEntry, Head]:
        """The entry and the head it stands under. Raises ProofError, HeadError or MalformedError."""
        head = _only_head(self.head, hub)
        check_inclusion(self.position - 1, head.size, leaf_hash(self.entry), self.path, head.root)
        return AuditEntry.from_bytes(self.entry), head


@dataclass(frozen=True, slots=True)
class ContinuationProof:
    """The trail under the signed head `head` begins with the trail under `earlier`."""

    earlier: str
    head: str
    path: tuple[bytes, ...]

    def to_json(self) -> str:
        """One line."""
        return json.dumps({"earlier": self.earlier, "head": self.head, "path": _hexes(self.path)}, ensure_ascii=False)

    def check(self, hub: Identity) -> tuple[Head, Head]:
        """The earlier head and the one that continues it. Raises ProofError or HeadError."""
        earlier, head = _only_head(self.earlier, hub), _only_head(self.head, hub)
        check_consistency(earlier.size, head.size, earlier.root, head.root, self.path)
        return earlier, head


def read_proof(text: str) -> EntryProof | ContinuationProof:
    """A proof from its JSON, not checked yet. Raises ProofError."""
    try:
        if len(text) > _LIMIT:
            raise ProofError("This is too long for a proof of the audit trail.")
        fields = json.loads(text)
        path = tuple(bytes.fromhex(one) for one in fields["path"])
        if any(len(one) != HASH_BYTES for one in path):
            raise ProofError("A proof's path consists of hashes of 32 bytes.")
        if "earlier" in fields:
            return ContinuationProof(_text(fields["earlier"]), _text(fields["head"]), path)
        return EntryProof(int(fields["position"]), bytes.fromhex(fields["entry"]), _text(fields["head"]), path)
    except (ValueError, KeyError, TypeError) as error:
        raise ProofError("This is not a proof of the audit trail: write one with `mca hub audit prove`.") from error


def _only_head(note: str, hub: Identity) -> Head:
    heads = read_heads(note, parse_hub_id(hub.name), hub.verify_key)
    if len(heads) != 1:
        raise ProofError("A proof speaks of one signed head.")
    return heads[0]


def _hexes(path: tuple[bytes, ...]) -> list[str]:
    return [one.hex() for one in path]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
