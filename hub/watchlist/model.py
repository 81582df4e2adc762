"""What is published: files, the state of each slice, and who can read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.ids import CaseId, SliceName, UnitId
from protocol.segment import EpochKey
from protocol.watchlist import WatchlistEntry


@dataclass(frozen=True, slots=True)
class Published:
    """The watchlist's versions after a publication. `list_version` is what units and people speak of."""

    list_version: int
    timestamp_version: int
    changed: bool  # whether anything but the timestamp is new


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of the repository. `role` and `version` are those of metadata; targets have none."""

    path: str  # as in its URL, below /watchlist/
    content: bytes
    role: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SliceState:
    """A slice's key, encrypted, and how far its segments have come. `entries` maps each case to its entry's digest."""

    name: SliceName
    epoch: int
    sealed_key: bytes
    last_sequence: int
    entries: Mapping[CaseId, bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """What the next segment of a slice says. A snapshot starts the list anew, so that nothing removed lives on."""

    snapshot: bool
    upserts: tuple[WatchlistEntry, ...]


@dataclass(frozen=True, slots=True)
class SliceChange:
    """A new segment of a slice, encrypted, and the state of the slice with it."""

    key: EpochKey
    sequence: int
    snapshot: bool
    segment: bytes
    entries: Mapping[CaseId, bytes]
    upserts: int
    removed: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A unit that has been given keys: of which slices, sealed to which key, and a digest of the keyring."""

    unit: UnitId
    slices: tuple[SliceName, ...]
    recipient: bytes  # the id of the unit's sealing key
    digest: bytes
