"""A slice's next segments: under which key, what they say, and their encrypted bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from hub.atrest import Vault
from hub.watchlist.difference import next_step
from hub.watchlist.model import Live, PublishedEntry, SliceChange, SliceState, Step
from protocol.columns import entry_columns
from protocol.ids import CaseId, SliceName
from protocol.segment import KEY_BYTES, NONCE_BYTES, EpochKey, Segment, encrypt_segment
from protocol.targets import segment_path
from protocol.watchlist import WatchlistEntry

_FIRST: Final = 1
_CASES_AT_ONCE: Final = 1024
_TEMPLATE_BYTES: Final = 8 * 1024 * 1024
"""Templates (as the hub keeps them, float32) after which a segment is full: units hold one segment at a time."""

Read = Callable[[Sequence[CaseId]], Sequence[WatchlistEntry]]
"""The entries of some listed cases, in their order."""


def epoch_key(state: SliceState, vault: Vault) -> EpochKey:
    """The key of a slice's current epoch."""
    return EpochKey(state.name, state.epoch, vault.decrypt(state.sealed_key, _place(state.name, state.epoch)))


def sealed_epoch_key(key: EpochKey, vault: Vault) -> bytes:
    """The key as it is kept in the database."""
    return vault.encrypt(key.key, _place(key.slice, key.epoch))


class SegmentMaker:
    """Makes segments. Of a long list it never has more at hand than one of them."""

    def __init__(self, vault: Vault, entropy: Callable[[int], bytes], *, compact_after: int) -> None:
        """`compact_after`: milliseconds after which what was removed has left all published bytes."""
        self._vault = vault
        self._entropy = entropy
        self._compact_after = compact_after

    def is_due(self, state: SliceState, now: int) -> bool:
        """Whether the slice has to be compacted although nothing changed."""
        return state.superseded_at is not None and now - state.superseded_at >= self._compact_after

    def next_change(
        self,
        name: SliceName,
        state: SliceState | None,
        listed: Mapping[CaseId, bytes],
        read: Read,
        *,
        live_segments: int,
        new_epoch: bool,
        version: int,
        now: int,
    ) -> SliceChange | None:
        """What to publish of a slice, or None when all is published.

        `listed`: the digest of each listed entry; `read` gives the entries. `new_epoch`: somebody may read the slice no
        longer. `version`: of the list that this is published in.
        """
        step = self._step(state, listed, live_segments, new_epoch, now)
        if step is None:
            return None
        published = {} if state is None else state.entries
        entries = {case: PublishedEntry(listed[case], version) for case in step.changed}
        versions = {case: (entries.get(case) or published[case]).listed for case in step.upserts}
        key = self._key(name, state, new_epoch)
        first = _FIRST if state is None else state.last_sequence + 1
        made = _segments(name, first, step, versions, read)
        changes, superseded_at = (0, None) if state is None else (state.changes or 0, state.superseded_at)
        if superseded_at is None and step.supersedes:
            superseded_at = now
        return SliceChange(
            key=key,
            snapshot=step.snapshot,
            segments={segment.sequence: self._encrypted(segment, key) for segment in made},
            entries=entries,
            removed=published.keys() - listed.keys(),
            changes=0 if step.snapshot else changes + len(step.changed) + len(step.removals),
            superseded_at=None if step.snapshot else superseded_at,
        )

    def _step(
        self, state: SliceState | None, listed: Mapping[CaseId, bytes], live_segments: int, new_epoch: bool, now: int
    ) -> Step | None:
        if state is None:
            return next_step({}, listed, live=Live(0, 0, False), start_anew=False, fold_superseded=False)
        return next_step(
            {case: entry.digest for case, entry in state.entries.items()},
            listed,
            live=Live(live_segments, state.changes or 0, state.superseded_at is not None),
            start_anew=new_epoch or state.changes is None,
            fold_superseded=self.is_due(state, now),
        )

    def _key(self, name: SliceName, state: SliceState | None, new_epoch: bool) -> EpochKey:
        if state is None:
            return EpochKey(name, _FIRST, self._entropy(KEY_BYTES))
        if new_epoch:
            return EpochKey(name, state.epoch + 1, self._entropy(KEY_BYTES))
        return epoch_key(state, self._vault)

    def _encrypted(self, segment: Segment, key: EpochKey) -> bytes:
        path = segment_path(segment.slice, segment.sequence)
        return encrypt_segment(segment, key=key, path=path, nonce=self._entropy(NONCE_BYTES))


def _segments(name: SliceName, first: int, step: Step, versions: Mapping[CaseId, int], read: Read) -> Iterator[Segment]:
    """The step as one segment, or as several that follow one another."""
    snapshot, removals, sequence = step.snapshot, step.removals, first
    for part in _parts(step.upserts, read):
        columns = entry_columns(part, [versions[entry.case] for entry in part])
        yield Segment(name, sequence, snapshot, columns, removals)
        snapshot, removals, sequence = False, (), sequence + 1
    if sequence == first:
        yield Segment(name, first, snapshot, entry_columns([], []), removals)


def _parts(cases: Sequence[CaseId], read: Read) -> Iterator[list[WatchlistEntry]]:
    part: list[WatchlistEntry] = []
    size = 0
    for start in range(0, len(cases), _CASES_AT_ONCE):
        entries = read(cases[start : start + _CASES_AT_ONCE])
        part += entries
        size += sum(len(template.vector) for entry in entries for template in entry.templates)
        if size >= _TEMPLATE_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _place(name: SliceName, epoch: int) -> str:
    return f"watchlist_slices/key/{name}/{epoch}"
