"""The list of a site's staff: who may sign in at its units, and what each of them may do there.

The hub signs it and seals it to each unit of the site. Its serial only rises, so that a list that comes late, twice
or out of order revives nobody; from `until` on nobody of it may sign in.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from protocol import cbor
from protocol.errors import FieldError, InvalidIdError
from protocol.fields import Fields
from protocol.ids import SiteId, parse_site_id
from protocol.lines import is_line

VERSION: Final = 1
MAX_BYTES: Final = 128 * 1024
MAX_MEMBERS: Final = 200
MAX_NAME: Final = 60
MAX_ROLES: Final = 16
SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
MAX_MEMORY: Final = 256 * 1024
"""Kibibytes: what a unit can spare for a moment."""

_HEX_16: Final = re.compile(r"[0-9a-f]{16}")
_WORD: Final = re.compile(r"[a-z][a-z-]{0,31}")

StaffId = NewType("StaffId", str)
"""A person of a site, 16 random hexadecimal digits. Records of intakes carry it in the place of a name."""


class StaffRole(StrEnum):
    """What a person may do at a unit. A later version may have more."""

    INTAKE = "intake"
    FOUND = "found"  # register a child who was found and whose family is not known
    WITHDRAWAL = "withdrawal"
    NOTICES = "notices"  # read what the desk asks of the site
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class PinVerifier:
    """Argon2id (RFC 9106, version 1.3) of a PIN. `memory` in kibibytes."""

    memory: int
    passes: int
    lanes: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def to_value(self) -> cbor.Value:
        """The verifier's part of a list."""
        return {
            "memory": self.memory,
            "passes": self.passes,
            "lanes": self.lanes,
            "salt": self.salt,
            "digest": self.digest,
        }

    @classmethod
    def read(cls, fields: Fields) -> "PinVerifier":
        """Raises FieldError, also for one that would cost a unit more than it has."""
        lanes = fields.integer("lanes", 1, 4)
        return cls(
            memory=fields.integer("memory", 8 * lanes, MAX_MEMORY),
            passes=fields.integer("passes", 1, 10),
            lanes=lanes,
            salt=fields.octets("salt", size=SALT_BYTES),
            digest=fields.octets("digest", size=DIGEST_BYTES),
        )


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person. `roles`: words of StaffRole, and of later ones that mean nothing to this program."""

    id: StaffId
    name: str
    roles: tuple[str, ...]  # sorted
    verifier: PinVerifier

    def __post_init__(self) -> None:
        if list(self.roles) != sorted(set(self.roles)) or not all(map(_WORD.fullmatch, self.roles)):
            raise FieldError("The roles of a member of staff are different words in their order.")
        if not self.name or not is_line(self.name):
            raise FieldError("A member of staff has a name of one line.")

    def to_value(self) -> cbor.Value:
        """The member's part of a list."""
        return {"id": self.id, "name": self.name, "roles": list(self.roles), "pin": self.verifier.to_value()}

    @classmethod
    def from_value(cls, value: cbor.Value) -> "StaffMember":
        """Raises FieldError."""
        fields = Fields(value, kind="member of staff")
        return cls(
            id=fields.identifier("id", parse_staff_id),
            name=fields.text("name", limit=MAX_NAME),
            roles=fields.words("roles", limit=MAX_ROLES),
            verifier=PinVerifier.read(fields.child("pin")),
        )


@dataclass(frozen=True, slots=True)
class StaffList:
    """Everybody who may sign in at the units of `site` until `until`, in milliseconds since 1970 UTC."""

    site: SiteId
    serial: int
    until: int
    members: tuple[StaffMember, ...]

    def __post_init__(self) -> None:
        if len({member.id for member in self.members}) != len(self.members):
            raise FieldError("A list of staff names nobody twice.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR, to be sealed in an envelope."""
        members = [member.to_value() for member in self.members]
        return cbor.encode(
            {"v": VERSION, "site": self.site, "serial": self.serial, "until": self.until, "members": members}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "StaffList":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="list of staff", version=VERSION)
        return cls(
            site=fields.identifier("site", parse_site_id),
            serial=fields.integer("serial", low=1),
            until=fields.milliseconds("until"),
            members=tuple(map(StaffMember.from_value, fields.items("members", limit=MAX_MEMBERS))),
        )


def parse_staff_id(text: str) -> StaffId:
    """Raises InvalidIdError."""
    if not _HEX_16.fullmatch(text):
        raise InvalidIdError("The identifier of a member of staff has 16 hexadecimal digits.")
    return StaffId(text)


def role_words(roles: Collection[StaffRole]) -> tuple[str, ...]:
    """Roles as a list has them."""
    return tuple(sorted(str(role) for role in roles))
