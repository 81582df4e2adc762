"""What is published: files, the state of each slice, and who can read it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from protocol.ids import CaseId, SliceName, UnitId
from protocol.segment import EpochKey


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
class PublishedEntry:
    """By which a published entry is known to be the listed one, and the list version in which it was last changed."""

    digest: bytes
    listed: int


@dataclass(frozen=True, slots=True)
class SliceState:
    """A slice's key, encrypted, how far its segments have come, and what they hold.

    `changes`: entries added, replaced or removed since its snapshot; None when that was published in a form that units
    no longer read. `superseded_at`: since when a live segment holds what was removed or replaced.
    """

    name: SliceName
    epoch: int
    sealed_key: bytes
    last_sequence: int
    changes: int | None
    superseded_at: int | None
    entries: Mapping[CaseId, PublishedEntry]


@dataclass(frozen=True, slots=True)
class Live:
    """The published segments of a slice: how many, what changed since the snapshot, whether any of it is history."""

    segments: int
    changes: int
    superseded: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be published of a slice. A snapshot starts the list anew, so that nothing removed lives on.

    `changed`: of the cases in `upserts`, whose entries are new. `supersedes`: whether it makes history of anything.
    """

    snapshot: bool
    upserts: tuple[CaseId, ...]
    removals: tuple[CaseId, ...]
    changed: frozenset[CaseId]
    supersedes: bool


@dataclass(frozen=True, slots=True)
class SliceChange:
    """New segments of a slice by number, encrypted, and what the slice's state becomes with them.

    `entries`: those that are new or changed. `removed`: cases that are listed no more.
    """

    key: EpochKey
    snapshot: bool
    segments: Mapping[int, bytes]
    entries: Mapping[CaseId, PublishedEntry]
    removed: Collection[CaseId]
    changes: int
    superseded_at: int | None

    @property
    def last_sequence(self) -> int:
        """The number of the last segment."""
        return max(self.segments)


@dataclass(frozen=True, slots=True)
class Reader:
    """A unit that has been given keys: of which slices, until when, sealed to which key, and a digest of the keys."""

    unit: UnitId
    slices: tuple[SliceName, ...]
    recipient: bytes  # the id of the unit's sealing key
    digest: bytes
    lease_end: int  # milliseconds since 1970 UTC
