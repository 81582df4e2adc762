"""Watchlist entries: what a unit may know of a missing child. No name and no photo.

How they are written is protocol.columns.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from protocol.errors import FieldError
from protocol.ids import CaseId, PhotoId
from protocol.person import BirthBand, Sex

MAX_TEMPLATES: Final = 32
MAX_TEMPLATE_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class EntryTemplate:
    """The template of one photo: `vector` is little-endian float32, comparable only within `pack_digest`."""

    photo: PhotoId
    pack_digest: bytes  # 32 bytes
    vector: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.vector) <= MAX_TEMPLATE_BYTES or len(self.vector) % 4:
            raise FieldError("A template is a row of 4-byte numbers.")


@dataclass(frozen=True, slots=True)
class WatchlistEntry:
    """One missing child by its pseudonymous case, with a template of each of its photos."""

    case: CaseId
    sex: Sex
    birth: BirthBand
    last_seen: date | None
    expires: date  # the last day on which a unit may search for this child
    templates: tuple[EntryTemplate, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.templates) <= MAX_TEMPLATES:
            raise FieldError(f"A watchlist entry has 1 to {MAX_TEMPLATES} templates.")
