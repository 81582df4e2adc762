"""From what is listed and what is published to the next step of a slice. Pure."""

from collections.abc import Mapping
from typing import Final

from hub.watchlist.model import Live, Step
from protocol.columns import MAX_ENTRIES
from protocol.ids import CaseId

# A list is folded into a snapshot once its deltas are many and a good part of it: a unit that is new reads every
# segment, and one that is not reads a snapshot whole. Where they stay few and small beside the list, they may be more.
FEW_DELTAS: Final = 16
MOST_DELTAS: Final = 256
_GOOD_PART: Final = 4
SHORT_LIST: Final = 256
"""Up to so many cases a snapshot is as good as a delta: what was removed leaves the published bytes at once."""


def next_step(
    published: Mapping[CaseId, bytes],
    listed: Mapping[CaseId, bytes],
    *,
    live: Live,
    start_anew: bool,
    fold_superseded: bool,
) -> Step | None:
    """What to publish, or None when everything listed is published already.

    `published` and `listed`: the digest of each case's entry. `start_anew`: the slice's key has changed.
    `fold_superseded`: it is time for what was removed or replaced to leave all bytes.
    """
    changed = [case for case, digest in listed.items() if published.get(case) != digest]
    removed = sorted(published.keys() - listed.keys())
    supersedes = bool(removed) or any(case in published for case in changed)
    superseded = live.superseded or supersedes
    changes = live.changes + len(changed) + len(removed)
    folded = (
        live.segments == 0
        or start_anew
        or (superseded and (fold_superseded or len(listed) <= SHORT_LIST))
        or len(removed) > MAX_ENTRIES
        or (live.segments > FEW_DELTAS and changes * _GOOD_PART >= len(listed))
        or live.segments > MOST_DELTAS
    )
    if folded and (changed or removed or start_anew or superseded or live.segments != 1):
        return Step(snapshot=True, upserts=tuple(listed), removals=(), changed=frozenset(changed), supersedes=False)
    if changed or removed:
        return Step(False, tuple(changed), tuple(removed), frozenset(changed), supersedes)
    return None
