"""A unit's report of itself, sent at every change and as a heartbeat. It says nothing of any child."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.signed_time import CHALLENGE_BYTES

VERSION: Final = 1
MAX_BYTES: Final = 2048
MAX_ALARMS: Final = 32

_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Alarm(StrEnum):
    """What somebody has to see to. A later version may have more."""

    NO_LIST = "no-list"
    LIST_STALE = "list-stale"
    LIST_TOO_OLD = "list-too-old"  # nobody is compared with it any more
    OUTBOX_FILLING = "outbox-filling"
    OUTBOX_FULL = "outbox-full"  # no intake can be taken
    CLOCK_UNSET = "clock-unset"
    DEVELOPMENT_KEYS = "development-keys"
    CAMERA_LOST = "camera-lost"
    CAMERA_COVERED = "camera-covered"
    CAMERA_FROZEN = "camera-frozen"  # it gives one picture again and again
    CAMERA_COLOUR = "camera-colour"  # its white balance is wrong
    MODELS_FAILED = "models-failed"  # the networks do not answer as they must
    VAULT_FAILED = "vault-failed"  # what is encrypted does not decrypt
    DISK_LOW = "disk-low"
    DISK_FULL = "disk-full"  # no intake can be taken
    DISK_READ_ONLY = "disk-read-only"
    DISK_WORN = "disk-worn"  # its life time ends
    UNDER_VOLTAGE = "under-voltage"
    TOO_HOT = "too-hot"  # the processor is slowed down
    PANEL_MISSING = "panel-missing"  # pins are set, and there is no GPIO
    PIN_GUESSED = "pin-guessed"  # somebody's PIN was wrong many times in a row


@dataclass(frozen=True, slots=True)
class OutboxState:
    """What waits for the hub. `oldest_at`: when the oldest of it was captured, 0 when nothing waits."""

    bytes: int = 0
    limit: int = 0
    oldest_at: int = 0
    last_sequence: int = 0  # the greatest number that a durable message of this unit has

    def to_value(self) -> cbor.Value:
        """The outbox's part of a report."""
        return {"bytes": self.bytes, "limit": self.limit, "oldest": self.oldest_at, "last": self.last_sequence}

    @classmethod
    def read(cls, fields: Fields) -> "OutboxState":
        """Raises FieldError."""
        return cls(
            bytes=fields.integer("bytes"),
            limit=fields.integer("limit"),
            oldest_at=fields.milliseconds("oldest"),
            last_sequence=fields.integer("last"),
        )


@dataclass(frozen=True, slots=True)
class Health:
    """What the hub needs to know of a unit. Moments are milliseconds since 1970 UTC by the unit's clock."""

    sent_at: int
    list_version: int  # of the watchlist in memory; 0 when there is none
    list_published_at: int  # when the hub published it; 0 when there is none
    entries: int  # how many cases can be searched
    pending: int  # messages that have no receipt yet
    pack_digest: bytes  # 32 bytes
    software: str
    list_confirmed_at: int = 0  # when the hub last said that it is the newest; 0 when there is none
    clock_error: int | None = None  # by how many milliseconds `sent_at` can be wrong; None: nobody can tell
    outbox: OutboxState = OutboxState()
    waiting: int = 0  # intakes that wait for a list to be compared with
    kept: int = 0  # templates kept for later searches
    expired: int = 0  # waiting intakes that were erased unmatched, since the unit was provisioned
    key_store: str = ""  # the kind of store that the unit's keys are in
    alarms: tuple[str, ...] = ()
    challenge: bytes | None = None  # CHALLENGE_BYTES: the unit asks for the time
    staff_serial: int | None = None  # of the list of staff that the unit has

    def __post_init__(self) -> None:
        if not all(map(_WORD.fullmatch, self.alarms)):
            raise FieldError("An alarm is a word in lower-case letters and hyphens.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "at": self.sent_at,
                "at_error": self.clock_error,
                "list": self.list_version,
                "list_at": self.list_published_at,
                "list_confirmed": self.list_confirmed_at,
                "entries": self.entries,
                "pending": self.pending,
                "waiting": self.waiting,
                "kept": self.kept,
                "expired": self.expired,
                "outbox": self.outbox.to_value(),
                "pack": self.pack_digest,
                "software": self.software,
                "keys": self.key_store,
                "alarms": list(self.alarms),
                "challenge": self.challenge,
                "staff": self.staff_serial,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Health":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="health report", version=VERSION)
        return cls(
            sent_at=fields.milliseconds("at"),
            list_version=fields.integer("list"),
            list_published_at=fields.milliseconds("list_at"),
            entries=fields.integer("entries"),
            pending=fields.integer("pending"),
            pack_digest=fields.octets("pack", size=32),
            software=fields.text("software", limit=40),
            list_confirmed_at=fields.milliseconds("list_confirmed"),
            clock_error=fields.milliseconds("at_error") if fields.has("at_error") else None,
            outbox=OutboxState.read(fields.child("outbox")),
            waiting=fields.integer("waiting"),
            kept=fields.integer("kept"),
            expired=fields.integer("expired"),
            key_store=fields.text("keys", limit=40),
            alarms=fields.words("alarms", limit=MAX_ALARMS),
            challenge=fields.octets("challenge", size=CHALLENGE_BYTES) if fields.has("challenge") else None,
            staff_serial=fields.integer("staff", low=1) if fields.has("staff") else None,
        )
