"""Write vectors.json anew: `python -m tests.protocol.vectors.generate`.

The keys come from fixed seeds; HPKE's encapsulation is random, so a new run gives other sealed bytes that
open to the same payloads. A vector is kept for as long as its version of the format is spoken.
"""

import json
from pathlib import Path

from protocol.envelope import MessageType, seal
from protocol.keys import Identity, PrivateIdentity
from protocol.segment import encrypt_segment
from protocol.targets import segment_path
from tests.protocol.examples import EPOCH_KEY, MESSAGES, NOW, SEGMENT, SLICE, noise
from tests.protocol.identities import HUB, UNIT

VECTORS = Path(__file__).with_name("vectors.json")

_ENVELOPES = {
    "receipt": (MessageType.RECEIPT, HUB, UNIT.public),
    "health": (MessageType.HEALTH, UNIT, HUB.public),
    "keyring": (MessageType.KEYRING, HUB, UNIT.public),
}


def _keys(person: PrivateIdentity) -> dict[str, str]:
    public = person.public
    return {
        "name": person.name,
        "signing_secret": person.signing_key.secret_bytes().hex(),
        "opening_secret": person.opening_key.secret_bytes().hex(),
        "verify_key": public.verify_key.raw.hex(),
        "verify_key_id": public.verify_key.key_id.hex(),
        "seal_key": public.seal_key.raw.hex(),
        "seal_key_id": public.seal_key.key_id.hex(),
    }


def _envelope(kind: MessageType, sender: PrivateIdentity, recipient: Identity, payload: bytes) -> dict[str, object]:
    sequence = 9
    data = seal(payload, message_type=kind, sender=sender, recipient=recipient, sequence=sequence, now=NOW)
    return {
        "type": str(kind),
        "sender": sender.name,
        "recipient": recipient.name,
        "sequence": sequence,
        "at": NOW,
        "payload": payload.hex(),
        "envelope": data.hex(),
    }


def vectors() -> dict[str, object]:
    """Every vector as JSON holds it, bytes in hexadecimal."""
    path = segment_path(SLICE, SEGMENT.sequence)
    nonce = noise("nonce", 12)
    # A sighting is 96 KB of padding: its plain message is a vector of its own, without the zeros.
    messages = {name: message.to_bytes().rstrip(b"\0").hex() for name, message in MESSAGES.items()}
    return {
        "identities": [_keys(HUB), _keys(UNIT)],
        "messages": messages,
        "envelopes": [
            _envelope(kind, sender, recipient, MESSAGES[name].to_bytes())
            for name, (kind, sender, recipient) in _ENVELOPES.items()
        ],
        "segment": {
            "path": path,
            "epoch": EPOCH_KEY.epoch,
            "key": EPOCH_KEY.key.hex(),
            "plaintext": SEGMENT.to_bytes().hex(),
            "segment": encrypt_segment(SEGMENT, key=EPOCH_KEY, path=path, nonce=nonce).hex(),
        },
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), indent=1) + "\n")
