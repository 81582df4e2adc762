import secrets
from collections.abc import Callable

import pytest

from edge_agent.watchlist.keyring import (
    EpochKeyMissingError,
    ForeignKeyringError,
    epoch_key,
    open_keyring,
    slices_of,
)
from protocol.envelope import MessageType, seal
from protocol.errors import BadSignatureError, FieldError, UnknownSenderError, WrongRecipientError
from protocol.ids import SliceName, UnitId
from protocol.keyring import Keyring
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey
from protocol.segment import EpochKey

UNIT, OTHER = UnitId("bd/benapole-1"), UnitId("bd/petrapole-1")
A, B = SliceName("bd/a"), SliceName("bd/b")


def identity(name: str) -> PrivateIdentity:
    return PrivateIdentity(name, SigningKey(secrets.token_bytes(32)), OpeningKey(secrets.token_bytes(96)))


HUB, MINE, THEIRS = identity("bd"), identity(UNIT), identity(OTHER)
LEASE_END = 1_800_000_000_000
RING = Keyring(UNIT, (EpochKey(B, 1, bytes(32)), EpochKey(A, 1, b"1" * 32), EpochKey(A, 2, b"2" * 32)), LEASE_END)


def envelope(
    ring: Keyring = RING,
    *,
    sender: PrivateIdentity = HUB,
    recipient: PrivateIdentity = MINE,
    kind: MessageType = MessageType.KEYRING,
) -> bytes:
    return seal(ring.to_bytes(), message_type=kind, sender=sender, recipient=recipient.public, sequence=1, now=1)


def test_keyring_opens_with_the_key_of_each_epoch() -> None:
    ring = open_keyring(envelope(), unit=UNIT, identity=MINE, hub=HUB.public)
    assert slices_of(ring) == [A, B]
    assert epoch_key(ring, A, 2).key == b"2" * 32
    with pytest.raises(EpochKeyMissingError, match="publish the watchlist again"):
        epoch_key(ring, B, 2)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: envelope(recipient=THEIRS), WrongRecipientError),
        (lambda: envelope(Keyring(OTHER, RING.keys, LEASE_END)), ForeignKeyringError),
        (lambda: envelope(sender=THEIRS), UnknownSenderError),
        (lambda: envelope(sender=identity("bd")), BadSignatureError),
        (lambda: envelope(kind=MessageType.RECEIPT), FieldError),
    ],
    ids=["sealed-to-another", "of-another-unit", "signed-by-a-unit", "signed-by-a-false-hub", "of-another-type"],
)
def test_keyring_that_the_hub_did_not_make_for_this_unit_is_refused(
    make: Callable[[], bytes], error: type[Exception]
) -> None:
    with pytest.raises(error):
        open_keyring(make(), unit=UNIT, identity=MINE, hub=HUB.public)
