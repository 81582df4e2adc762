"""The sealed file: a header for one recipient, then the content in chunks, of which none can be missed or moved.

    file    = "MCA backup 1\\n"  length (4)  header  chunk*
    header  = CBOR [ "mca-backup", signed, signature ]
    signed  = CBOR { v, hub, at, recipient, key }       signature = Ed25519(hub, "mca/backup/1\\0" ‖ signed)
    key     = HPKE(backup key, info = "mca/backup/1\\0" ‖ hub, content key)
    chunk   = AES-256-GCM(content key, nonce = number (11) ‖ last (1), associated data = SHA-256(header))

Each chunk but the last has 1 MiB; the last says that it is the last (STREAM, as in age). The content key is new for
each file and known to its maker alone, so that the signature over the header speaks for everything under it.
"""

import hashlib
import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from faults import RejectedError
from hub.backup.errors import BackupDamagedError
from protocol import cbor
from protocol.errors import BadSignatureError, MalformedError, UnsealError
from protocol.fields import Fields
from protocol.ids import HubId, parse_hub_id
from protocol.keys import KEY_ID_BYTES, Identity, OpeningKey, PrivateIdentity, SealKey

CHUNK: Final = 1024 * 1024
_MAGIC: Final = b"MCA backup 1\n"
_VERSION: Final = 1
_CONTEXT: Final = b"mca/backup/1\0"
_KEY: Final = 32
_TAG: Final = 16
_MAX_HEADER: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Header:
    """Whose backup it is, when it was begun (milliseconds since 1970 UTC), and for which backup key."""

    hub: HubId
    at: int
    recipient: bytes
    sealed_key: bytes


class Sealer:
    """Writes one sealed file."""

    def __init__(self, file: BinaryIO, maker: PrivateIdentity, recipient: SealKey, at: int) -> None:
        """`maker`: the hub, which signs. Writes the header."""
        key = secrets.token_bytes(_KEY)
        sealed = recipient.seal(key, _CONTEXT + maker.name.encode())
        fields: dict[str, cbor.Value] = {"v": _VERSION, "hub": maker.name, "at": at}
        signed = cbor.encode({**fields, "recipient": recipient.key_id, "key": sealed})
        header = cbor.encode(["mca-backup", signed, maker.signing_key.sign(_CONTEXT + signed)])
        self._file = file
        self._chunks = _Chunks(key, header)
        self._number = 0
        file.write(_MAGIC + len(header).to_bytes(4) + header)

    def write_all(self, content: Iterable[bytes]) -> None:
        """Seal the whole content, given in pieces of any size."""
        waiting = bytearray()
        for piece in content:
            waiting += piece
            while len(waiting) > CHUNK:  # Not of equal length: the last chunk must be known as such.
                self._write(bytes(waiting[:CHUNK]), last=False)
                del waiting[:CHUNK]
        self._write(bytes(waiting), last=True)

    def check(self, file: BinaryIO) -> None:
        """Read back what was written. Raises BackupDamagedError when the disk does not give it back."""
        file.flush()
        _read_header_bytes(file)
        for _ in self._chunks.read(file):
            pass

    def _write(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._chunks.seal(plain, self._number, last=last))
        self._number += 1


def open_sealed(file: BinaryIO, key: OpeningKey, maker: Identity) -> Iterator[bytes]:
    """The content, chunk by chunk; each is authentic, and the whole is once the iterator has ended.

    `maker`: the hub's public identity, as it was kept apart from the backup. Raises BackupDamagedError.
    """
    header = _read_header_bytes(file)
    read = read_header(header, maker)
    if read.recipient != key.public.key_id:
        raise BackupDamagedError("This backup was made for another backup key.")
    try:
        content_key = key.unseal(read.sealed_key, _CONTEXT + read.hub.encode())
    except UnsealError as error:
        raise BackupDamagedError("The key in the backup's header does not open: the header was altered.") from error
    return _Chunks(content_key, header).read(file)


def read_header(data: bytes, maker: Identity) -> Header:
    """The header, if the hub signed it. Raises BackupDamagedError."""
    try:
        fields = Fields(cbor.decode(_signed(data, maker), limit=_MAX_HEADER), kind="backup", version=_VERSION)
        return Header(
            fields.identifier("hub", parse_hub_id),
            fields.milliseconds("at"),
            fields.octets("recipient", size=KEY_ID_BYTES),
            fields.octets("key", limit=4096),
        )
    except BadSignatureError as error:
        raise BackupDamagedError(f"This backup was not made by the hub {maker.name}, or was altered.") from error
    except RejectedError as error:
        raise BackupDamagedError(f"The backup's header cannot be read: {error}") from error


def _signed(header: bytes, maker: Identity) -> bytes:
    match cbor.decode(header, limit=_MAX_HEADER):
        case ["mca-backup", bytes() as signed, bytes() as signature]:
            maker.verify_key.verify(_CONTEXT + signed, signature)
            return signed
        case _:
            raise MalformedError("it has not the form of one.")


class _Chunks:
    def __init__(self, key: bytes, header: bytes) -> None:
        self._cipher = AESGCM(key)
        self._associated = hashlib.sha256(header).digest()

    def seal(self, plain: bytes, number: int, *, last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(number, last=last), plain, self._associated)

    def read(self, file: BinaryIO) -> Iterator[bytes]:
        sealed = file.read(CHUNK + _TAG)
        for number in itertools.count():
            following = file.read(CHUNK + _TAG)
            try:
                yield self._cipher.decrypt(_nonce(number, last=not following), sealed, self._associated)
            except (InvalidTag, ValueError):
                raise BackupDamagedError(
                    f"The backup is damaged: its part {number + 1} was cut off, altered or moved. Use another copy."
                ) from None
            if not following:
                return
            sealed = following


def _read_header_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BackupDamagedError("This is not a backup of a hub.")
    length = int.from_bytes(file.read(4))
    header = file.read(min(length, _MAX_HEADER))
    if len(header) != length:
        raise BackupDamagedError("The backup is cut off in its header. Use another copy.")
    return header


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
