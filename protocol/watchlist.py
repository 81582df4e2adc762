"""Watchlist entries: what a unit may know of a missing child. No name and no photo."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import CaseId, PhotoId, parse_case_id, parse_photo_id
from protocol.person import BirthBand, Sex

MAX_TEMPLATES: Final = 32
MAX_TEMPLATE_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class EntryTemplate:
    """The template of one photo: `vector` is little-endian float32, comparable only within `pack_digest`."""

    photo: PhotoId
    pack_digest: bytes  # 32 bytes
    vector: bytes

    def to_value(self) -> cbor.Value:
        """The template's part of an entry."""
        return {"photo": self.photo, "pack": self.pack_digest, "vector": self.vector}

    @classmethod
    def from_value(cls, value: cbor.Value) -> "EntryTemplate":
        """Raises FieldError."""
        fields = Fields(value, kind="template")
        vector = fields.octets("vector", limit=MAX_TEMPLATE_BYTES)
        if not vector or len(vector) % 4:
            raise FieldError("A template is a row of 4-byte numbers.")
        return cls(fields.identifier("photo", parse_photo_id), fields.octets("pack", size=32), vector)


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

    def to_value(self) -> cbor.Value:
        """The entry's part of a segment."""
        return {
            "case": self.case,
            "sex": str(self.sex),
            "born_from": self.birth.earliest.ordinal,
            "born_to": self.birth.latest.ordinal,
            "last_seen": None if self.last_seen is None else self.last_seen.isoformat(),
            "expires": self.expires.isoformat(),
            "templates": [template.to_value() for template in self.templates],
        }

    @classmethod
    def from_value(cls, value: cbor.Value) -> "WatchlistEntry":
        """Raises FieldError."""
        fields = Fields(value, kind="watchlist entry")
        return cls(
            case=fields.identifier("case", parse_case_id),
            sex=fields.choice("sex", Sex),
            birth=BirthBand.read(fields),
            last_seen=fields.day("last_seen") if fields.has("last_seen") else None,
            expires=fields.day("expires"),
            templates=tuple(map(EntryTemplate.from_value, fields.items("templates", limit=MAX_TEMPLATES))),
        )
