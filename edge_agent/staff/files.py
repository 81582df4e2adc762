"""A list of staff in a file, for a unit that is not connected: the envelope that would have come over the link."""

from collections.abc import Callable
from pathlib import Path

from edge_agent.staff.store import StaffStore
from edge_agent.trusted_time import Milliseconds
from edge_agent.watchlist.keyring import sender_of
from faults import RejectedError
from protocol.envelope import MessageType, open_envelope
from protocol.keys import Identity, PrivateIdentity
from protocol.staff import MAX_BYTES

LIMIT = MAX_BYTES + 8 * 1024
"""Bytes of an envelope with the longest list."""


class StaffFileError(RejectedError):
    """The file cannot be read, or is no list of staff."""


def take_file(
    path: Path,
    *,
    store: StaffStore,
    identity: PrivateIdentity,
    hub: Identity,
    heard: Callable[[Milliseconds], None],
) -> None:
    """Take the list. `heard` learns when the hub signed it.

    Raises StaffFileError, protocol errors (WrongRecipientError for another unit's) or as `StaffStore.take`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise StaffFileError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error
    opened = open_envelope(
        data, recipient=identity, find_sender=sender_of(hub), expected=MessageType.STAFF, limit=LIMIT
    )
    heard(opened.header.issued_at)
    store.take(opened.payload)
