"""A slice's next segment: which key, what it says, and its encrypted bytes."""

from collections.abc import Callable, Sequence
from typing import Final

from hub.atrest import Vault
from hub.watchlist.difference import entry_digest, next_step
from hub.watchlist.model import SliceChange, SliceState
from protocol.ids import SliceName
from protocol.segment import KEY_BYTES, NONCE_BYTES, EpochKey, Segment, encrypt_segment
from protocol.targets import segment_path
from protocol.watchlist import WatchlistEntry

_FIRST: Final = 1


def epoch_key(state: SliceState, vault: Vault) -> EpochKey:
    """The key of a slice's current epoch."""
    return EpochKey(state.name, state.epoch, vault.decrypt(state.sealed_key, _place(state.name, state.epoch)))


def sealed_epoch_key(key: EpochKey, vault: Vault) -> bytes:
    """The key as it is kept in the database."""
    return vault.encrypt(key.key, _place(key.slice, key.epoch))


def next_change(
    name: SliceName,
    state: SliceState | None,
    listed: Sequence[WatchlistEntry],
    *,
    live_segments: int,
    new_epoch: bool,
    vault: Vault,
    entropy: Callable[[int], bytes],
) -> SliceChange | None:
    """What to publish of a slice, or None when all is published. `new_epoch`: somebody may read it no longer."""
    published = state.entries if state is not None else {}
    step = next_step(published, listed, segments=live_segments, start_anew=new_epoch)
    if step is None:
        return None
    if state is None:
        key = EpochKey(name, _FIRST, entropy(KEY_BYTES))
    elif new_epoch:
        key = EpochKey(name, state.epoch + 1, entropy(KEY_BYTES))
    else:
        key = epoch_key(state, vault)
    sequence = _FIRST if state is None else state.last_sequence + 1
    # A snapshot is the whole list, so there is never anything to remove in a segment.
    segment = Segment(name, sequence, step.snapshot, step.upserts, removals=())
    return SliceChange(
        key=key,
        sequence=sequence,
        snapshot=step.snapshot,
        segment=encrypt_segment(segment, key=key, path=segment_path(name, sequence), nonce=entropy(NONCE_BYTES)),
        entries={entry.case: entry_digest(entry) for entry in listed},
        upserts=len(step.upserts),
        removed=len(published.keys() - {entry.case for entry in listed}),
    )


def _place(name: SliceName, epoch: int) -> str:
    return f"watchlist_slices/key/{name}/{epoch}"
