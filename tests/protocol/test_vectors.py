"""The committed vectors open with this program, and with a second set of libraries that shares no code with it."""

import hashlib
import json
import zlib
from typing import Any

import cbor2
import pytest

from protocol.envelope import MessageType, open_envelope
from protocol.ids import SliceName
from protocol.padding import unpad
from protocol.segment import EpochKey, decrypt_segment
from tests.protocol.examples import MESSAGES, PADDED, SEGMENT
from tests.protocol.identities import find_sender, identity
from tests.protocol.vectors import second_library
from tests.protocol.vectors.generate import VECTORS

DATA: dict[str, Any] = json.loads(VECTORS.read_text())
IDENTITIES: dict[str, dict[str, str]] = {keys["name"]: keys for keys in DATA["identities"]}


@pytest.mark.parametrize("name", MESSAGES)
def test_message_that_an_older_program_wrote_is_still_read_and_written(name: str) -> None:
    data = bytes.fromhex(DATA["messages"][name])
    message = MESSAGES[name]
    data = data.ljust(PADDED.get(type(message), 0), b"\0")
    assert type(message).from_bytes(data) == message  # type: ignore[attr-defined]
    assert message.to_bytes() == data


@pytest.mark.parametrize("vector", DATA["envelopes"], ids=lambda vector: vector["type"])
def test_envelope_vector_opens_here(vector: dict[str, Any]) -> None:
    message = open_envelope(
        bytes.fromhex(vector["envelope"]),
        recipient=identity(vector["recipient"]),
        find_sender=find_sender,
        expected=MessageType(vector["type"]),
    )
    assert message.payload.hex() == vector["payload"]
    assert (message.header.sequence, message.header.issued_at) == (vector["sequence"], vector["at"])


@pytest.mark.parametrize("vector", DATA["envelopes"], ids=lambda vector: vector["type"])
def test_envelope_vector_opens_with_a_second_library(vector: dict[str, Any]) -> None:
    magic, signed, signature = cbor2.loads(bytes.fromhex(vector["envelope"]))
    header_bytes, sealed = cbor2.loads(signed)
    header = cbor2.loads(header_bytes)
    sender, recipient = IDENTITIES[vector["sender"]], IDENTITIES[vector["recipient"]]
    assert (magic, header["v"], header["sender"], header["type"]) == ("mca", 1, vector["sender"], vector["type"])
    assert (header["from"].hex(), header["to"].hex()) == (sender["verify_key_id"], recipient["seal_key_id"])
    second_library.verify(bytes.fromhex(sender["verify_key"]), b"mca/envelope/1\0" + signed, signature)
    secret = bytes.fromhex(recipient["opening_secret"])
    assert second_library.hpke_open(secret, sealed, b"mca/envelope/1\0" + header_bytes) == (
        vector["sequence"].to_bytes(8) + vector["at"].to_bytes(8) + bytes.fromhex(vector["payload"])
    )


@pytest.mark.parametrize("name", IDENTITIES)
def test_public_keys_and_their_ids_are_what_a_second_library_derives(name: str) -> None:
    keys = IDENTITIES[name]
    seal_key = second_library.seal_key(bytes.fromhex(keys["opening_secret"]))
    assert seal_key.hex() == keys["seal_key"]
    for purpose, key, key_id in (("seal", "seal_key", "seal_key_id"), ("sign", "verify_key", "verify_key_id")):
        digest = hashlib.sha256(b"mca/key/1/" + purpose.encode() + b"\0" + bytes.fromhex(keys[key])).digest()
        assert digest[:16].hex() == keys[key_id]


def test_segment_vector_opens_here() -> None:
    vector = DATA["segment"]
    key = EpochKey(SliceName("bd/missing"), vector["epoch"], bytes.fromhex(vector["key"]))
    assert decrypt_segment(bytes.fromhex(vector["segment"]), key=key, path=vector["path"]) == SEGMENT


def test_segment_vector_opens_with_a_second_library() -> None:
    vector = DATA["segment"]
    magic, version, epoch, nonce, ciphertext = cbor2.loads(bytes.fromhex(vector["segment"]))
    assert (magic, version, epoch) == ("mca-segment", 1, vector["epoch"])
    associated = b"mca/segment/1\0" + vector["path"].encode()
    padded = second_library.aes_gcm_open(bytes.fromhex(vector["key"]), nonce, ciphertext, associated)
    assert zlib.decompress(unpad(padded)).hex() == vector["plaintext"]
