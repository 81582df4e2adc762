"""How segments follow one another: pure, so that every order and every attack can be tried without a network."""

from dataclasses import dataclass
from typing import Final

from faults import RejectedError
from protocol.ids import SliceName
from protocol.segment import Segment


class SegmentOrderError(RejectedError):
    """A segment does not continue its slice: one is missing, repeated, of another slice or of an older epoch."""


@dataclass(frozen=True, slots=True)
class EncryptedStep:
    """A segment as its target's name and its own outer bytes describe it, before it is opened."""

    slice: SliceName
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far a slice has been followed: the number and epoch of its last segment."""

    sequence: int
    epoch: int


START: Final = Position(0, 0)
"""Before a slice's first segment."""


def follow(position: Position, step: EncryptedStep, segment: Segment) -> Position:
    """The position after a further segment.

    The first of a slice is a snapshot, of any sequence number: what went before was compacted into it.
    Every other has the next number and changes what is there; a snapshot among them starts anew.
    Epochs never go back: a revoked unit knows the older key and could have written under it.

    Raises SegmentOrderError.
    """
    name = step.slice
    if segment.slice != name:
        raise SegmentOrderError(f"A segment of {segment.slice} was published as one of {name}.")
    if segment.sequence != step.sequence:
        raise SegmentOrderError(f"Segment {step.sequence} of {name} calls itself {segment.sequence}.")
    if position == START and not segment.snapshot:
        raise SegmentOrderError(f"The first segment of {name} is not a whole list.")
    if position != START and step.sequence != position.sequence + 1:
        raise SegmentOrderError(
            f"Segment {step.sequence} of {name} follows segment {position.sequence}: one is missing."
        )
    if step.epoch < position.epoch:
        raise SegmentOrderError(f"Segment {step.sequence} of {name} is encrypted under an epoch that has ended.")
    return Position(step.sequence, step.epoch)
