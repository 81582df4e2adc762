"""Identifiers. Whatever a hub owns carries the hub's name in front: `bd`, `bd/benapole-1`, `bd/c-7q2mfx4k`.

A hub name and the local part are lower-case letters, digits and inner hyphens (the grammar of a DNS
label), so that an identifier can stand in a certificate, a topic, a path and a file name unchanged.
"""

import re
from typing import NewType

from protocol.errors import InvalidIdError

HubId = NewType("HubId", str)
UnitId = NewType("UnitId", str)
SiteId = NewType("SiteId", str)
SliceName = NewType("SliceName", str)
CaseId = NewType("CaseId", str)
PhotoId = NewType("PhotoId", str)
SightingId = NewType("SightingId", str)
FoundId = NewType("FoundId", str)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HUB = re.compile(_LABEL)
_OWNED = re.compile(f"{_LABEL}/{_LABEL}")
_HEX_16 = re.compile(r"[0-9a-f]{16}")
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_RULE = "use lower-case letters, digits and inner hyphens, at most 63"

# Crockford's base 32 without the letters that are read as digits or misheard on a telephone.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def hub_worker_name(hub: HubId, number: int) -> str:
    """What one of a hub's worker processes is called in its certificate; no hub and no unit can have this name."""
    return f"{hub}.worker-{number}"


def parse_hub_id(text: str) -> HubId:
    """A hub's name such as `bd`. Raises InvalidIdError."""
    if not _HUB.fullmatch(text):
        raise InvalidIdError(f"{text[:80]!r} is not a hub's name: {_RULE}.")
    return HubId(text)


def _owned(text: str, kind: str) -> str:
    if not _OWNED.fullmatch(text):
        raise InvalidIdError(f"{text[:130]!r} is not a {kind}: write HUB/NAME ({_RULE} each), such as bd/benapole-1.")
    return text


def parse_unit_id(text: str) -> UnitId:
    """A unit such as `bd/benapole-1`. Raises InvalidIdError."""
    return UnitId(_owned(text, "unit"))


def parse_site_id(text: str) -> SiteId:
    """A checkpoint or shelter such as `bd/benapole`. Raises InvalidIdError."""
    return SiteId(_owned(text, "site"))


def parse_slice_name(text: str) -> SliceName:
    """A part of a watchlist such as `bd/missing`. Raises InvalidIdError."""
    return SliceName(_owned(text, "slice of a watchlist"))


def parse_case_id(text: str) -> CaseId:
    """A pseudonymous case such as `bd/c-7q2mfx4k`. Raises InvalidIdError."""
    return CaseId(_owned(text, "case"))


def parse_photo_id(text: str) -> PhotoId:
    """A case's photo: 16 hexadecimal digits. Raises InvalidIdError."""
    if not _HEX_16.fullmatch(text):
        raise InvalidIdError("A photo's identifier has 16 hexadecimal digits.")
    return PhotoId(text)


def parse_sighting_id(text: str) -> SightingId:
    """A sighting: 32 hexadecimal digits. Raises InvalidIdError."""
    if not _HEX_32.fullmatch(text):
        raise InvalidIdError("A sighting's identifier has 32 hexadecimal digits.")
    return SightingId(text)


def parse_found_id(text: str) -> FoundId:
    """A registration of a found child: 32 hexadecimal digits. Raises InvalidIdError."""
    if not _HEX_32.fullmatch(text):
        raise InvalidIdError("The identifier of a found child's registration has 32 hexadecimal digits.")
    return FoundId(text)


def owner(identifier: UnitId | SiteId | SliceName | CaseId) -> HubId:
    """The hub that owns an identifier."""
    return HubId(identifier.partition("/")[0])


def local_part(identifier: UnitId | SiteId | SliceName | CaseId) -> str:
    """The part after the hub's name."""
    return identifier.partition("/")[2]


def case_id(hub: HubId, entropy: bytes) -> CaseId:
    """A new pseudonymous case of a hub from 5 random bytes: it says nothing of the child."""
    return CaseId(f"{hub}/c-{_base32(entropy)}")


def intake_reference(entropy: bytes) -> str:
    """What staff write on paper for an intake, from 5 random bytes: `7Q2M-FX4K`."""
    text = _base32(entropy).upper()
    return f"{text[:4]}-{text[4:]}"


def _base32(entropy: bytes) -> str:
    if len(entropy) != 5:
        raise InvalidIdError("A reference is made from exactly 5 random bytes.")
    number = int.from_bytes(entropy)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))
