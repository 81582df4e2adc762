"""Watchlist entries column by column, as segments carry them: small to send, and read without an object an entry.

Every column is little-endian. Entries are rows 0 to n-1; templates stand apart, by the pack that made them, each
with the row of its entry. Templates are rounded to float16: docs/adr/0055 has what that was measured to cost.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol import cbor
from protocol.errors import FieldError, InvalidIdError
from protocol.fields import Fields
from protocol.ids import CaseId, parse_case_id
from protocol.person import MAX_MONTH, MIN_MONTH, Sex
from protocol.watchlist import MAX_TEMPLATE_BYTES, MAX_TEMPLATES, WatchlistEntry

MAX_ENTRIES: Final = 65_536
"""In one segment."""
MAX_PACKS: Final = 4
PHOTO_BYTES: Final = 8
SEXES: Final = (Sex.UNKNOWN, Sex.FEMALE, Sex.MALE)
"""A sex's code is its place here."""
_LAST_DAY: Final = 3_652_059
"""31 December 9999, in days counted from 1 for 1 January of the year 1 (as date.toordinal)."""
_COLUMNS: Final = {"sexes": "B", "born_from": "H", "born_to": "H", "last_seen": "I", "expires": "I", "listed": "I"}
"""Each column's number format, as `struct` writes it."""


@dataclass(frozen=True, slots=True)
class TemplateColumns:
    """The templates (m) that one pack made."""

    pack_digest: bytes  # 32 bytes
    owners: bytes  # m of uint32: the row of the template's entry, ascending
    photos: bytes  # m of 8 bytes: the photo's identifier
    vectors: bytes  # (m, d) of float16

    def __post_init__(self) -> None:
        count, remainder = divmod(len(self.owners), 4)
        if not count or remainder or len(self.photos) != PHOTO_BYTES * count:
            raise FieldError("The columns of a pack's templates have different lengths.")
        size, remainder = divmod(len(self.vectors), count)
        if remainder or size % 2 or not 0 < 2 * size <= MAX_TEMPLATE_BYTES:
            raise FieldError("A template is a row of 2-byte numbers, as long as every other of its pack.")

    def to_value(self) -> cbor.Value:
        """The pack's part of a segment."""
        return {"pack": self.pack_digest, "owners": self.owners, "photos": self.photos, "vectors": self.vectors}

    @classmethod
    def from_value(cls, value: cbor.Value) -> "TemplateColumns":
        """Raises FieldError."""
        fields = Fields(value, kind="pack's templates")
        return cls(
            fields.octets("pack", size=32), fields.octets("owners"), fields.octets("photos"), fields.octets("vectors")
        )


@dataclass(frozen=True, slots=True)
class EntryColumns:
    """Entries (n). Every one has 1 to 32 templates; no case stands here twice."""

    cases: tuple[CaseId, ...]
    sexes: bytes  # n of uint8: SEXES
    born_from: bytes  # n of uint16: months since the year 0
    born_to: bytes
    last_seen: bytes  # n of uint32: days, 1 for 1 January of the year 1; 0 where nobody knows
    expires: bytes  # n of uint32: the last day on which a unit may search for this child
    listed: bytes  # n of uint32: the version of the list in which the entry was added or last changed
    templates: tuple[TemplateColumns, ...]

    def __post_init__(self) -> None:
        count = len(self.cases)
        if len(set(self.cases)) != count:
            raise FieldError("A segment names each case once: it is added, replaced or forgotten.")
        for name, kind in _COLUMNS.items():
            if len(getattr(self, name)) != count * struct.calcsize(f"<{kind}"):
                raise FieldError(f"The column {name!r} of a segment is not as long as it has entries.")
        if len({part.pack_digest for part in self.templates}) != len(self.templates):
            raise FieldError("A segment has each pack's templates in one place.")
        _require_ranges(self)
        _require_owners(self.templates, count)

    def to_value(self) -> cbor.Value:
        """The entries' part of a segment."""
        columns: dict[str, cbor.Value] = {name: getattr(self, name) for name in _COLUMNS}
        templates: list[cbor.Value] = [part.to_value() for part in self.templates]
        return {"cases": list(self.cases), **columns, "templates": templates}

    @classmethod
    def read(cls, fields: Fields) -> "EntryColumns":
        """Raises FieldError."""
        cases = tuple(map(read_case, fields.items("cases", limit=MAX_ENTRIES)))
        columns = {name: fields.octets(name) for name in _COLUMNS}
        templates = tuple(map(TemplateColumns.from_value, fields.items("templates", limit=MAX_PACKS)))
        return cls(cases=cases, templates=templates, **columns)


def entry_columns(entries: Sequence[WatchlistEntry], listed: Iterable[int]) -> EntryColumns:
    """Entries with the list version of each. Raises FieldError when they cannot stand in one segment."""
    return EntryColumns(
        cases=tuple(entry.case for entry in entries),
        sexes=_pack("B", (SEXES.index(entry.sex) for entry in entries)),
        born_from=_pack("H", (entry.birth.earliest.ordinal for entry in entries)),
        born_to=_pack("H", (entry.birth.latest.ordinal for entry in entries)),
        last_seen=_pack("I", (0 if entry.last_seen is None else entry.last_seen.toordinal() for entry in entries)),
        expires=_pack("I", (entry.expires.toordinal() for entry in entries)),
        listed=_pack("I", listed),
        templates=_template_columns(entries),
    )


def read_case(value: cbor.Value) -> CaseId:
    """A case in a list of cases. Raises FieldError."""
    if not isinstance(value, str):
        raise FieldError("A segment names cases by texts.")
    try:
        return parse_case_id(value)
    except InvalidIdError as error:
        raise FieldError("A segment names a case that is none.") from error


def column(data: bytes, name: str) -> NDArray[np.unsignedinteger]:
    """A column of `EntryColumns` by its name as numbers (n,), read-only, without a copy."""
    return np.frombuffer(data, np.dtype(_COLUMNS[name]).newbyteorder("<"))


def _template_columns(entries: Sequence[WatchlistEntry]) -> tuple[TemplateColumns, ...]:
    packs = sorted({template.pack_digest for entry in entries for template in entry.templates})
    return tuple(_of_pack(entries, pack) for pack in packs)


def _of_pack(entries: Sequence[WatchlistEntry], pack: bytes) -> TemplateColumns:
    found = [
        (row, template)
        for row, entry in enumerate(entries)
        for template in entry.templates
        if template.pack_digest == pack
    ]
    wide = np.frombuffer(b"".join(template.vector for _, template in found), "<f4")
    return TemplateColumns(
        pack,
        owners=_pack("I", (row for row, _ in found)),
        photos=bytes.fromhex("".join(template.photo for _, template in found)),
        vectors=wide.astype("<f2").tobytes(),
    )


def _pack(kind: str, numbers: Iterable[int]) -> bytes:
    values = list(numbers)
    try:
        return struct.pack(f"<{len(values)}{kind}", *values)
    except struct.error as error:
        raise FieldError("A number of a watchlist entry does not fit into its column.") from error


def _require_ranges(entries: EntryColumns) -> None:
    sexes, born_from, born_to, last_seen, expires, _ = (column(getattr(entries, name), name) for name in _COLUMNS)
    sound = (
        (sexes < len(SEXES))
        & (born_from >= MIN_MONTH)
        & (born_from <= born_to)
        & (born_to <= MAX_MONTH)
        & (last_seen <= _LAST_DAY)
        & (expires >= 1)
        & (expires <= _LAST_DAY)
    )
    if not sound.all():
        raise FieldError("A segment holds a sex, a month of birth or a day that there is not.")


def _require_owners(templates: Sequence[TemplateColumns], entries: int) -> None:
    counts = np.zeros(entries, np.int64)
    for part in templates:
        owners = np.frombuffer(part.owners, "<u4")
        if owners[-1] >= entries or (owners[1:] < owners[:-1]).any():
            raise FieldError("A segment holds a template of no entry, or not in the order of the entries.")
        counts += np.bincount(owners, minlength=entries)
    if not ((counts >= 1) & (counts <= MAX_TEMPLATES)).all():
        raise FieldError(f"A watchlist entry has 1 to {MAX_TEMPLATES} templates.")
