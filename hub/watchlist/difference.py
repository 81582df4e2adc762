"""From what is listed and what is published to the next segment of a slice. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from hub.watchlist.model import Step
from protocol import cbor
from protocol.ids import CaseId
from protocol.watchlist import WatchlistEntry

# A unit that is new reads every segment; a snapshot now and then keeps that short.
MAX_DELTAS: Final = 16


def entry_digest(entry: WatchlistEntry) -> bytes:
    """By which a published entry is known to be the listed one."""
    return hashlib.sha256(cbor.encode(entry.to_value())).digest()


def next_step(
    published: Mapping[CaseId, bytes], listed: Sequence[WatchlistEntry], *, segments: int, start_anew: bool
) -> Step | None:
    """What to publish, or None when everything listed is published already.

    `published`: the digest of each case's entry. `segments`: how many are live. `start_anew`: the slice's
    key has changed. A removal starts anew too: the bytes of a child who was found must disappear.
    """
    changed = [entry for entry in listed if published.get(entry.case) != entry_digest(entry)]
    removed = published.keys() - {entry.case for entry in listed}
    if segments and not (changed or removed or start_anew):
        return None
    if not segments or removed or start_anew or segments > MAX_DELTAS:
        return Step(snapshot=True, upserts=tuple(listed))
    return Step(snapshot=False, upserts=tuple(changed))
