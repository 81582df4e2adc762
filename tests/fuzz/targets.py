"""What is fuzzed: for each target, seeds made here and a check that bytes of a stranger must pass.

A check returns, or raises what it found. Only `RejectedError` is an answer to a stranger's bytes: an error that
sends a technician or asks to try again would be wrong about who must act, and any other would end a program.

The first byte of an input chooses how deep it goes: as received, or signed and sealed as a peer that was taken over
would, so that the code behind the signature is reached too.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_agent.watchlist.keyring import open_keyring
from faults import RejectedError
from models.images import decode_image
from protocol import cbor
from protocol.announcement import Announcement
from protocol.envelope import MessageType, open_envelope, seal
from protocol.erasure import ErasureOrder, ErasureRecord
from protocol.found import FoundChild
from protocol.health import Health
from protocol.ids import UnitId
from protocol.keyring import Keyring
from protocol.losses import Losses
from protocol.notice import Notice
from protocol.padding import pad, pad_to_multiple, unpad
from protocol.receipt import Receipt
from protocol.segment import Segment, decrypt_segment, encrypt_segment
from protocol.sighting import PADDED_BYTES, Sighting
from protocol.signed_time import SignedTime
from protocol.staff import StaffList
from protocol.stick import Stick
from protocol.targets import segment_path
from protocol.withdrawal import PADDED_BYTES as WITHDRAWAL_BYTES
from protocol.withdrawal import Withdrawal
from tests.models.images.files import exif, extended_webp, jpeg, png, scene, webp, webp_chunk, with_jpeg_segment
from tests.protocol.examples import EPOCH_KEY, MESSAGES, NOW, PADDED, SEGMENT
from tests.protocol.identities import HUB, UNIT, find_sender
from tests.protocol.test_stick import STICK

Check = Callable[[bytes], None]

UNIT_ID: Final = UnitId(UNIT.name)
PATH: Final = segment_path(SEGMENT.slice, SEGMENT.sequence)
_ENVELOPE_CONTEXT: Final = b"mca/envelope/1\0"
_PNG: Final = b"\x89PNG\r\n\x1a\n"

_PAYLOADS: Final[Mapping[str, Callable[[bytes], object]]] = {
    "sighting": lambda data: Sighting.from_bytes(pad(data, PADDED_BYTES)),
    "receipt": Receipt.from_bytes,
    "notice": Notice.from_bytes,
    "health": Health.from_bytes,
    "losses": Losses.from_bytes,
    "time": SignedTime.from_bytes,
    "erasure order": ErasureOrder.from_bytes,
    "erasure record": ErasureRecord.from_bytes,
    "withdrawal": lambda data: Withdrawal.from_bytes(pad(data, WITHDRAWAL_BYTES)),
    "announcement": Announcement.from_bytes,
    "stick": Stick.from_bytes,
    "found child": lambda data: FoundChild.from_bytes(pad(data, PADDED_BYTES)),
    "staff": StaffList.from_bytes,
}


def check_envelope(data: bytes) -> None:
    """0: as received. 1: the signed part, rightly signed. 2: the sealed part. Others: a payload that was opened."""
    depth, rest = _split(data)
    with _rejecting():
        if depth == 0:
            _open(rest)
        elif depth == 1:
            _open(cbor.encode(["mca", rest, UNIT.signing_key.sign(_ENVELOPE_CONTEXT + rest)]))
        elif depth == 2:
            _open(_sealed(MessageType.SIGHTING, rest))
        else:
            parsers = list(_PAYLOADS.values())
            parsers[depth % len(parsers)](rest)


def check_segment(data: bytes) -> None:
    """0: as fetched. 1: what is decrypted. 2: what is decompressed."""
    depth, rest = _split(data)
    with _rejecting():
        if depth == 0:
            decrypt_segment(rest, key=EPOCH_KEY, path=PATH)
        elif depth == 1:
            decrypt_segment(_encrypted(rest), key=EPOCH_KEY, path=PATH)
        else:
            Segment.from_bytes(rest)


def check_keyring(data: bytes) -> None:
    """0: as fetched. 1: what the hub sealed."""
    depth, rest = _split(data)
    with _rejecting():
        envelope = rest
        if depth:
            envelope = _sealed(MessageType.KEYRING, rest, from_hub=True)
        open_keyring(envelope, unit=UNIT_ID, identity=UNIT, hub=HUB.public)


def check_image(data: bytes) -> None:
    """0: as given. 1: a PNG whose checksums are put right."""
    depth, rest = _split(data)
    with _rejecting():
        picture = decode_image(_with_right_checksums(rest) if depth else rest)
        assert picture.ndim == 3 and picture.shape[2] == 3 and picture.flags.c_contiguous  # noqa: PT018 - one thing


_PLAIN: Final[Mapping[str, Check]] = {
    "envelope": check_envelope,
    "segment": check_segment,
    "keyring": check_keyring,
    "image": check_image,
}
NAMES: Final = (*_PLAIN, "mqtt")
LONGEST: Final[Mapping[str, int]] = {"image": 64 * 1024, "mqtt": 32 * 1024}
"""Bytes of an input; 16 KiB for the others. Longer ones only repeat."""


class Peers(Protocol):
    """Both ends of the broker."""

    def hub(self, topic: str, payload: bytes) -> None: ...

    def from_unit(self, kind: MessageType, payload: bytes) -> None: ...

    def take_receipt(self, envelope: bytes) -> None: ...

    def take_notice(self, envelope: bytes) -> None: ...

    def take_time(self, envelope: bytes) -> None: ...

    def take_staff(self, envelope: bytes) -> None: ...

    def from_hub(self, kind: MessageType, payload: bytes) -> bytes: ...


_OF_A_UNIT: Final = (
    (MessageType.SIGHTING, PADDED_BYTES),
    (MessageType.HEALTH, 0),
    (MessageType.LOSS, 0),
    (MessageType.FOUND, PADDED_BYTES),
    (MessageType.WITHDRAWAL, WITHDRAWAL_BYTES),
)
"""Message and how far it is padded; 0: not at all."""


def check_mqtt(peers: Peers, data: bytes) -> None:
    """0: any topic and payload at the hub. 1 to 5: of a unit. 6: any to a unit. 7 to 10: of the hub to a unit."""
    depth, rest = _split(data)
    with _rejecting():
        match depth % 11:
            case 0:
                topic, _, payload = rest.partition(b"\0")
                peers.hub(topic.decode(errors="replace"), payload)
            case 1 | 2 | 3 | 4 | 5 as number:
                kind, size = _OF_A_UNIT[number - 1]
                peers.from_unit(kind, pad(rest, size) if size else rest)
            case 6:
                peers.take_receipt(rest)
            case 7:
                peers.take_receipt(peers.from_hub(MessageType.RECEIPT, rest))
            case 8:
                peers.take_time(peers.from_hub(MessageType.TIME, rest))
            case 9:
                peers.take_staff(peers.from_hub(MessageType.STAFF, rest))
            case _:
                peers.take_notice(peers.from_hub(MessageType.NOTICE, rest))


@contextmanager
def open_target(name: str, folder: Path) -> Iterator[Check]:
    """The check of a target. `folder`: for what it needs on a disk."""
    if name in _PLAIN:
        yield _PLAIN[name]
        return
    # It brings the whole hub, which the others do not need.
    from tests.fuzz.mqtt import receivers

    with receivers(folder) as peers:
        yield lambda data: check_mqtt(peers, data)


def seeds(name: str) -> list[bytes]:
    """Inputs to begin with: valid ones of every kind and depth."""
    return {
        "envelope": _envelope_seeds,
        "segment": _segment_seeds,
        "keyring": _keyring_seeds,
        "image": _image_seeds,
        "mqtt": _mqtt_seeds,
    }[name]()


def _envelope_seeds() -> list[bytes]:
    payload = MESSAGES["receipt"].to_bytes()
    received = _sealed(MessageType.SIGHTING, payload)
    signed = cbor.decode(received, limit=len(received))
    assert isinstance(signed, list)
    assert isinstance(signed[1], bytes)
    depths = [bytes([3 + (index - 3) % len(_PAYLOADS)]) + _plain(name) for index, name in enumerate(_PAYLOADS)]
    return [b"\0" + received, b"\1" + signed[1], b"\2" + payload, *depths]


def _segment_seeds() -> list[bytes]:
    fetched = encrypt_segment(SEGMENT, key=EPOCH_KEY, path=PATH, nonce=bytes(12))
    return [b"\0" + fetched, b"\1" + zlib.compress(SEGMENT.to_bytes()), b"\2" + SEGMENT.to_bytes()]


def _keyring_seeds() -> list[bytes]:
    payload = Keyring(UNIT_ID, (EPOCH_KEY,), NOW + 1).to_bytes()
    return [b"\0" + _sealed(MessageType.KEYRING, payload, from_hub=True), b"\1" + payload]


def _image_seeds() -> list[bytes]:
    picture = scene(12, 16)
    lossy = webp(picture, 80)
    files = [
        jpeg(picture),
        jpeg(picture, 1, 1),  # OpenCV's word for progressive.
        with_jpeg_segment(jpeg(picture), 0xE1, b"Exif\0\0" + exif(6)),
        png(picture),
        webp(picture),
        lossy,
        extended_webp(lossy, 8, (12, 16), webp_chunk(b"EXIF", exif(3, ">"))),
    ]
    return [bytes([depth]) + data for data in files for depth in (0, 1)]


def _mqtt_seeds() -> list[bytes]:
    topic = f"mca/v1/bd/units/{UNIT_ID.partition('/')[2]}/sightings".encode()
    return [
        b"\0" + topic + b"\0" + _sealed(MessageType.SIGHTING, b"payload"),
        b"\1" + _plain("sighting"),
        b"\1" + _plain("sighting without candidates"),
        b"\2" + _plain("health"),
        b"\3" + _plain("losses"),
        b"\4" + _plain("found child"),
        b"\5" + _plain("withdrawal"),
        b"\5" + _plain("withdrawal that answers an order"),
        b"\6" + _sealed(MessageType.RECEIPT, b"payload", from_hub=True),
        b"\7" + _plain("receipt"),
        b"\10" + _plain("time"),
        b"\11" + _plain("staff"),
        b"\12" + _plain("notice"),
    ]


def _plain(name: str) -> bytes:
    if name == "stick":
        return STICK.to_bytes()
    message = MESSAGES[name]
    data = message.to_bytes()
    return unpad(data) if type(message) in PADDED else data


def _split(data: bytes) -> tuple[int, bytes]:
    return (data[0], data[1:]) if data else (0, b"")


def _open(envelope: bytes) -> None:
    open_envelope(envelope, recipient=HUB, find_sender=find_sender, expected=MessageType.SIGHTING)


def _sealed(kind: MessageType, payload: bytes, *, from_hub: bool = False) -> bytes:
    sender, recipient = (HUB, UNIT) if from_hub else (UNIT, HUB)
    return seal(payload, message_type=kind, sender=sender, recipient=recipient.public, sequence=1, now=NOW)


def _encrypted(compressed: bytes) -> bytes:
    plaintext = pad_to_multiple(compressed, 64)
    ciphertext = AESGCM(EPOCH_KEY.key).encrypt(bytes(12), plaintext, b"mca/segment/1\0" + PATH.encode())
    return cbor.encode(["mca-segment", 1, EPOCH_KEY.epoch, bytes(12), ciphertext])


def _with_right_checksums(data: bytes) -> bytes:
    made, place = [_PNG], len(_PNG)
    while place + 12 <= len(data):
        body = data[place + 8 : place + 8 + struct.unpack_from(">I", data, place)[0]]
        kind = data[place + 4 : place + 8]
        made.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
        place += 12 + len(body)
    return b"".join(made)


@contextmanager
def _rejecting() -> Iterator[None]:
    with suppress(RejectedError):
        yield
