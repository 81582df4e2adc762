"""The unit's keyring: opened with the unit's own key, and only if its hub signed it for this unit."""

from collections.abc import Callable

from faults import RejectedError
from protocol.envelope import MessageType, open_envelope
from protocol.ids import SliceName, UnitId
from protocol.keyring import Keyring
from protocol.keys import Identity, PrivateIdentity
from protocol.segment import EpochKey


class ForeignKeyringError(RejectedError):
    """A keyring that was made for another unit."""


class EpochKeyMissingError(RejectedError):
    """The list is encrypted with a key that this unit was not given."""


def open_keyring(data: bytes, *, unit: UnitId, identity: PrivateIdentity, hub: Identity) -> Keyring:
    """The keyring in an envelope's bytes.

    Raises ForeignKeyringError, or protocol errors as `open_envelope` does (WrongRecipientError for one
    that is sealed to another unit).
    """
    opened = open_envelope(data, recipient=identity, find_sender=sender_of(hub), expected=MessageType.KEYRING)
    keyring = Keyring.from_bytes(opened.payload)
    if keyring.unit != unit:
        raise ForeignKeyringError("The hub published the keyring of another unit in the place of this one's.")
    return keyring


def sender_of(hub: Identity) -> Callable[[str], Identity | None]:
    """Knows one sender: the hub."""
    return lambda name: hub if name == hub.name else None


def slices_of(keyring: Keyring) -> list[SliceName]:
    """The slices that the unit may hold, in order of name."""
    return sorted({key.slice for key in keyring.keys})


def epoch_key(keyring: Keyring, name: SliceName, epoch: int) -> EpochKey:
    """Raises EpochKeyMissingError."""
    for key in keyring.keys:
        if (key.slice, key.epoch) == (name, epoch):
            return key
    raise EpochKeyMissingError(
        f"The hub published {name} under a key (epoch {epoch}) that this unit was not given. "
        "The hub's operator has to publish the watchlist again."
    )
