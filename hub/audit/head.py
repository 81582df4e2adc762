"""A signed tree head: the hub's word that its audit trail has so many entries and this root hash.

It is a checkpoint in the form that transparency logs and their witnesses use (C2SP tlog-checkpoint, a signed
note): plain text, so that it survives a mail, a chat or a sheet of paper.

    missing-child-alert/audit/bd
    1203
    fQ0…=                                  root hash (RFC 9162), base64
    time 2026-11-22T10:00:00.000Z

    — missing-child-alert/audit/bd aZ3…=   Ed25519 over the lines above; base64 of the key's id and the signature

The first line keeps the signature apart from everything else that the hub's key signs.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from faults import RejectedError
from hub.clock import moment
from protocol.errors import BadSignatureError
from protocol.ids import HubId
from protocol.keys import SigningKey, VerifyKey

_KEY_ID: Final = 4
_ED25519: Final = b"\1"  # The signature type of a signed note.
_NOTE: Final = re.compile(
    r"^(?P<text>(?P<origin>missing-child-alert/audit/[a-z0-9-]+)\n"
    r"(?P<size>0|[1-9][0-9]{0,15})\n"
    r"(?P<root>[A-Za-z0-9+/]{43}=)\n"  # 32 bytes
    r"time (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)\n)"
    r"\n— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]{91}=)$",  # 4 bytes of the key's id and 64 of the signature,
    re.MULTILINE,
)


class HeadError(RejectedError):
    """A signed head is damaged, of another hub, or not signed by this hub's key."""


@dataclass(frozen=True, slots=True)
class Head:
    """`size` entries have the root hash `root` (32 bytes), at `at` in milliseconds since 1970 UTC."""

    hub: HubId
    size: int
    root: bytes
    at: int


def sign_head(head: Head, key: SigningKey) -> str:
    """The head as a signed note, with its last line break."""
    origin = _origin(head.hub)
    time = f"{moment(head.at):%Y-%m-%dT%H:%M:%S}.{head.at % 1000:03}Z"
    text = f"{origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\ntime {time}\n"
    signature = _key_id(origin, key.public) + key.sign(text.encode())
    return f"{text}\n— {origin} {base64.b64encode(signature).decode()}\n"


def read_heads(text: str, hub: HubId, key: VerifyKey) -> list[Head]:
    """Every head in a text, in its order; whatever stands around them is passed over.

    Raises HeadError when there is none, or when one of them is not this hub's own word.
    """
    text = text.replace("\r\n", "\n")
    heads = list(_heads(text, hub, key))
    # One that was damaged must not vanish among others that are whole.
    if not heads or len(heads) != len(re.findall(r"^missing-child-alert/audit/", text, re.MULTILINE)):
        raise HeadError("This holds no signed head of an audit trail, or a damaged one. Take another copy.")
    return heads


def _heads(text: str, hub: HubId, key: VerifyKey) -> Iterator[Head]:
    origin = _origin(hub)
    for note in _NOTE.finditer(text):
        if not note["origin"] == note["name"] == origin:
            raise HeadError(f"A signed head is of another hub than {hub}.")
        _check_signature(note["text"], note["signature"], origin, key)
        at = datetime.strptime(note["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        yield Head(hub, int(note["size"]), base64.b64decode(note["root"]), round(at.timestamp() * 1000))


def _check_signature(text: str, signature: str, origin: str, key: VerifyKey) -> None:
    raw = base64.b64decode(signature)
    try:
        key.verify(text.encode(), raw[_KEY_ID:])
        fits = raw[:_KEY_ID] == _key_id(origin, key)
    except BadSignatureError:
        fits = False
    if not fits:
        raise HeadError(
            "A signed head was altered, or is signed with another key than this hub's. Compare it with other copies."
        )


def _key_id(origin: str, key: VerifyKey) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + key.raw).digest()[:_KEY_ID]


def _origin(hub: HubId) -> str:
    return f"missing-child-alert/audit/{hub}"
