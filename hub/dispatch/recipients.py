"""A private file of Apprise addresses, one a line: the witnesses of the audit trail, or recipients to be taken over.

One line should name one recipient: a service that takes a message for one of two people and not for the other
is asked again for both.
"""

import hashlib
from pathlib import Path

from credentials.private_files import read_private
from hub.dispatch.addresses import Address, parse_address
from hub.dispatch.errors import AddressError, RecipientsError
from hub.dispatch.model import AttemptResult


class Witness:
    """One address of the file. `key` stays the same when a password changes."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.key = hashlib.sha256(address.identity.encode()).hexdigest()[:16]

    def send(self, title: str, body: str) -> AttemptResult:
        """Hand a message over; blocks for at most a minute."""
        return self._address.send(title, body).result


def load_witnesses(path: Path | None) -> list[Witness]:
    """Read the file; without a path there are none. Raises PrivateFileError or RecipientsError."""
    if path is None:
        return []
    found: dict[str, Witness] = {}
    for number, text in read_addresses(path):
        try:
            witness = Witness(parse_address(text))
        except AddressError as error:
            raise RecipientsError(
                "Line {number} of {name}: {error}", number=number, name=path.name, error=error
            ) from error
        if witness.key in found:
            raise RecipientsError(
                "Line {number} of {name} names a recipient that stands there already.", number=number, name=path.name
            )
        found[witness.key] = witness
    return list(found.values())


def read_addresses(path: Path) -> list[tuple[int, str]]:
    """The lines with their numbers; empty ones and those that begin with # are passed over. Raises PrivateFileError."""
    lines = enumerate(read_private(path).decode("utf-8", "replace").splitlines(), start=1)
    stripped = ((number, line.strip()) for number, line in lines)
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]
