"""Whom alerts go to: Apprise addresses from a private file, one a line.

Apprise answers with a boolean and writes what went wrong to its own log, with hosts and addresses. Here the
boolean becomes a result for the ledger, and that log is silenced: nothing of an address reaches ours.

One line should name one recipient: a service that takes a message for one of two people and not for the other
is asked again for both.
"""

import hashlib
import ipaddress
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat

from credentials.private_files import read_private
from hub.dispatch.model import AttemptResult, RecipientsError

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address. `key` stays the same when a password changes; `label` is what the console shows."""

    key: str
    label: str
    service: NotifyBase

    def send(self, title: str, body: str) -> AttemptResult:
        """Hand a message to the recipient's service; blocks for some 15 seconds where it does not answer."""
        sender = Apprise(asset=_asset())
        sender.add(self.service)
        taken = sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT)
        return AttemptResult.SENT if taken else AttemptResult.FAILED


class Recipients:
    """Every recipient of this installation, in the order of the file."""

    def __init__(self, recipients: Sequence[Recipient] = ()) -> None:
        self._by_key = {recipient.key: recipient for recipient in recipients}

    def __iter__(self) -> Iterator[Recipient]:
        return iter(self._by_key.values())

    def send(self, key: str, title: str, body: str) -> AttemptResult:
        """Send to the recipient that has the key, if there still is one."""
        recipient = self._by_key.get(key)
        return AttemptResult.NOT_A_RECIPIENT if recipient is None else recipient.send(title, body)


def load_recipients(path: Path | None) -> Recipients:
    """Read the file; without a path there are no recipients. Empty lines and lines that begin with # are passed over.

    Raises PrivateFileError or RecipientsError.
    """
    if path is None:
        return Recipients()
    logging.getLogger("apprise").disabled = True
    found: dict[str, Recipient] = {}
    for number, line in enumerate(read_private(path).decode("utf-8", "replace").splitlines(), start=1):
        address = line.strip()
        if not address or address.startswith("#"):
            continue
        recipient = _recipient(address, f"Line {number} of {path.name}")
        if recipient.key in found:
            raise RecipientsError(f"Line {number} of {path.name} names a recipient that stands there already.")
        found[recipient.key] = recipient
    return Recipients(list(found.values()))


def _recipient(address: str, place: str) -> Recipient:
    service = Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
    if not isinstance(service, NotifyBase):
        raise RecipientsError(
            f"{place} is no address that Apprise knows, such as mailtos://NAME:PASSWORD@HOST?to=DESK."
        )
    if not _is_protected(service, address) and not _is_loopback(service):
        raise RecipientsError(
            f"{place} would send without checked encryption. Use the encrypted form (mailtos://, jsons://) and leave"
            " the check of certificates on; only a relay on this machine may do without."
        )
    email = _as_email(service)
    if email is not None:
        # Apprise would wait 5.5 seconds between two mails; alerts do not wait for each other.
        email.request_rate_per_sec = 0
    return Recipient(hashlib.sha256(_identity(service).encode()).hexdigest()[:16], _label(service), service)


def _is_protected(service: NotifyBase, address: str) -> bool:
    email = _as_email(service)
    if email is not None:
        return email.secure_mode != "insecure" and bool(email.verify_certificate)
    scheme = address.partition("://")[0].lower()
    plain, encrypted = _schemes(service.protocol), _schemes(service.secure_protocol)
    return bool(service.verify_certificate) and not (scheme in plain and encrypted)


def _is_loopback(service: NotifyBase) -> bool:
    email = _as_email(service)
    host = str((service.host if email is None else email.smtp_host) or "").strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _as_email(service: NotifyBase) -> "NotifyEmail | None":
    # Apprise loads a service when the first address names it; this one takes a third of a second.
    from apprise.plugins.email.base import NotifyEmail

    return service if isinstance(service, NotifyEmail) else None


def _schemes(protocols: object) -> tuple[str, ...]:
    if isinstance(protocols, str):
        return (protocols,)
    return tuple(protocols) if isinstance(protocols, (list, tuple, set, frozenset)) else ()


def _mailboxes(service: NotifyBase) -> list[str]:
    email = _as_email(service)
    return [] if email is None else sorted(address for _, address in email.targets)


def _identity(service: NotifyBase) -> str:
    mailboxes = _mailboxes(service)
    if mailboxes:
        return ",".join(mailboxes)
    # With `privacy`, Apprise masks passwords and tokens; what follows the ? are options.
    address: str = service.url(privacy=True)  # type: ignore[no-untyped-call]  # Apprise types it only in part.
    return address.partition("?")[0]


def _label(service: NotifyBase) -> str:
    mailboxes = _mailboxes(service)
    return (", ".join(mailboxes) if mailboxes else str(service.service_name))[:120]


def _asset() -> AppriseAsset:
    # One thread, nothing kept on disk, and no log lines with addresses.
    return AppriseAsset(app_id="Missing Child Alert", async_mode=False, secure_logging=True)
