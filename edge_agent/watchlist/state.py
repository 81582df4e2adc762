"""How segments make a list: pure, so that every order and every attack can be tried without a network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from faults import RejectedError
from protocol.ids import CaseId, SliceName
from protocol.segment import Segment
from protocol.watchlist import WatchlistEntry


class SegmentOrderError(RejectedError):
    """A segment does not continue its slice: one is missing, repeated, of another slice or of an older epoch."""


@dataclass(frozen=True, slots=True)
class EncryptedStep:
    """A segment as its target's name and its own outer bytes describe it, before it is opened."""

    slice: SliceName
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True)
class SliceState:
    """The entries of a slice after its segments up to `sequence`; `sequence` 0 means before the first."""

    slice: SliceName
    sequence: int
    epoch: int
    entries: Mapping[CaseId, WatchlistEntry]


def empty_slice(name: SliceName) -> SliceState:
    """A slice before its first segment."""
    return SliceState(name, 0, 0, MappingProxyType({}))


def apply_segments(state: SliceState, steps: Iterable[tuple[EncryptedStep, Segment]]) -> SliceState:
    """The slice after further segments, in the order given.

    The first of a slice is a snapshot, of any sequence number: what went before was compacted into it.
    Every other has the next number and changes what is there; a snapshot among them starts anew.
    Epochs never go back: a revoked unit knows the older key and could have written under it.

    Raises SegmentOrderError; the state that was given stays as it was.
    """
    entries = dict(state.entries)
    sequence, epoch = state.sequence, state.epoch
    for step, segment in steps:
        _require_continues(state.slice, sequence, epoch, step, segment)
        if segment.snapshot:
            entries.clear()
        entries.update((entry.case, entry) for entry in segment.upserts)
        for case in segment.removals:
            entries.pop(case, None)
        sequence, epoch = step.sequence, step.epoch
    return SliceState(state.slice, sequence, epoch, MappingProxyType(entries))


def _require_continues(name: SliceName, sequence: int, epoch: int, step: EncryptedStep, segment: Segment) -> None:
    if not step.slice == segment.slice == name:
        raise SegmentOrderError(f"A segment of {segment.slice} was published as one of {name}.")
    if segment.sequence != step.sequence:
        raise SegmentOrderError(f"Segment {step.sequence} of {name} calls itself {segment.sequence}.")
    if sequence == 0 and not segment.snapshot:
        raise SegmentOrderError(f"The first segment of {name} is not a whole list.")
    if sequence and step.sequence != sequence + 1:
        raise SegmentOrderError(f"Segment {step.sequence} of {name} follows segment {sequence}: one is missing.")
    if step.epoch < epoch:
        raise SegmentOrderError(f"Segment {step.sequence} of {name} is encrypted under an epoch that has ended.")
