"""What lies on a USB stick that carries a watchlist from a hub to one unit, in its file `watchlist.mca`.

It is neither signed nor secret, and proves nothing: TUF proves what the other files hold. It lets a unit say in
words what is wrong with a stick, before TUF could only say that a signature or a number does not fit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import HubId, UnitId, parse_hub_id, parse_unit_id
from protocol.segment import MAX_SEGMENT

VERSION: Final = 1
NAME: Final = "watchlist.mca"
"""The file's name, beside the folders `metadata` and `targets`."""
MAX_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 4096
_PATH: Final = re.compile(r"(metadata|targets)(/[A-Za-z0-9][A-Za-z0-9._-]{0,199}){1,5}")


@dataclass(frozen=True, slots=True)
class Stick:
    """A repository as it was copied: `files` maps each path, as in its URL below the watchlist's, to its bytes."""

    hub: HubId
    unit: UnitId
    list_version: int
    timestamp_version: int
    valid_until: int  # when the TUF timestamp on the stick expires, milliseconds since 1970 UTC
    files: Mapping[str, int]

    def __post_init__(self) -> None:
        if len(self.files) > MAX_FILES:
            raise FieldError(f"A stick holds at most {MAX_FILES} files.")
        for path in self.files:
            if not _PATH.fullmatch(path):
                raise FieldError("A stick names a file that no repository of ours has.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "hub": self.hub,
                "unit": self.unit,
                "list": self.list_version,
                "timestamp": self.timestamp_version,
                "until": self.valid_until,
                "files": dict(self.files),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Stick":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="stick", version=VERSION)
        files = fields.child("files")
        return cls(
            hub=fields.identifier("hub", parse_hub_id),
            unit=fields.identifier("unit", parse_unit_id),
            list_version=fields.integer("list", low=1),
            timestamp_version=fields.integer("timestamp", low=1),
            valid_until=fields.milliseconds("until"),
            files={path: files.integer(path, 0, MAX_SEGMENT) for path in files.names()},
        )
