"""Whom alerts go to: recipients in the database, name and address encrypted, chosen by case, site and country."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.dispatch import recipient_store
from hub.dispatch.addresses import parse_address
from hub.dispatch.errors import RecipientError
from hub.dispatch.model import Alert
from hub.dispatch.recipient import Channel, NewRecipient, Reach, Recipient, RecipientId
from hub.dispatch.recipient_store import SealedRecipient
from hub.languages import LANGUAGES
from hub.sites import EVERY_SITE, Sites
from protocol.errors import InvalidIdError
from protocol.ids import CaseId, parse_case_id, parse_hub_id, parse_site_id

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_MOST_TURNS: Final = 9
# The narrowest first: of several entries with one address, an alert goes by the first that fits.
_NARROWEST: Final = (Reach.CASE, Reach.SITE, Reach.COUNTRY)
_CHECKS: Final[dict[Reach, Callable[[str], str]]] = {
    Reach.CASE: parse_case_id,
    Reach.SITE: parse_site_id,
    Reach.COUNTRY: parse_hub_id,
}


class RecipientDirectory:
    """The recipients of one hub. Every method joins the caller's transaction."""

    def __init__(
        self,
        vault: Vault,
        known_as: Callable[[Connection, CaseId], frozenset[CaseId]],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`vault` encrypts names and addresses; `known_as`: every identifier that a case has had by merging."""
        self._vault = vault
        self._known_as = known_as
        self._random = random

    def add(
        self, connection: Connection, new: NewRecipient, sites: Sites, *, actor: str, at: int, local: bool = False
    ) -> Recipient:
        """Add a recipient, from the next alert on. `sites`: the actor's. Raises AddressError or RecipientError.

        `local`: whether it may be an address of this machine, whose other services nobody may reach by the console.
        """
        new = replace(new, name=new.name.strip(), address=new.address.strip(), of=new.of.strip())
        _check(new)
        if not _is_within(new, sites):
            raise RecipientError("You keep the recipients of your own sites. Ask a dispatcher of the whole hub.")
        address = parse_address(new.address)
        if address.is_local and not local:
            raise RecipientError(
                "This is an address of the hub's own machine. A technician adds it there: mca hub recipient import."
            )
        index = self._vault.index(address.identity.encode(), "recipients/address")
        if recipient_store.is_listed(connection, index, new.reach, new.of):
            raise RecipientError("This address stands there already for the same case, site or country.")
        id_ = RecipientId(self._random(8).hex())
        recipient = Recipient(id_, new, address.label, address.channel, at, None)
        kept = {"name": new.name, "address": new.address, "label": address.label, "channel": str(address.channel)}
        sealed = self._vault.encrypt(json.dumps(kept).encode(), _place(id_))
        recipient_store.add(connection, SealedRecipient(recipient, sealed, index))
        record(connection, AuditAction.RECIPIENT_ADDED, actor=actor, subject=id_, at=at, kind=str(new.kind))
        return recipient

    def remove(self, connection: Connection, recipient_id: str, sites: Sites, *, actor: str, at: int) -> None:
        """Send no more alerts there. Recalls of what was sent still go. Raises RecipientError."""
        row = recipient_store.find(connection, RecipientId(recipient_id))
        known = row is not None and _is_within(row.recipient.entered, sites)
        if not known or not recipient_store.remove(connection, recipient_id, at):
            raise RecipientError("There is no such recipient. Open the list again and choose one from there.")
        record(connection, AuditAction.RECIPIENT_REMOVED, actor=actor, subject=recipient_id, at=at)

    def listed(self, connection: Connection, sites: Sites = EVERY_SITE) -> list[Recipient]:
        """Everyone who gets alerts now; of some sites alone, those who get them by these sites."""
        rows = recipient_store.listed(connection)
        return [self._open(row) for row in rows if _is_within(row.recipient.entered, sites)]

    def find(self, connection: Connection, recipient_id: RecipientId) -> Recipient | None:
        """One recipient, also a removed one."""
        row = recipient_store.find(connection, recipient_id)
        return None if row is None else self._open(row)

    def labels(self, connection: Connection) -> dict[RecipientId, str]:
        """What pages call each recipient that there ever was."""
        return {row.recipient.id: self._open(row).shown() for row in recipient_store.every(connection)}

    def chosen(self, connection: Connection, alert: Alert) -> list[Recipient]:
        """Who is to get an alert, each address once."""
        reached: dict[Reach, set[str]] = {
            Reach.CASE: set(self._known_as(connection, alert.case)),
            Reach.SITE: {alert.site},
            Reach.COUNTRY: set(alert.every_country),
        }
        fitting = [row for row in recipient_store.listed(connection) if row.reach_of in reached[row.reach]]
        by_address: dict[bytes, SealedRecipient] = {}
        for row in sorted(fitting, key=lambda row: _NARROWEST.index(row.reach)):
            by_address.setdefault(row.address_index, row)
        return [self._open(row) for row in by_address.values()]

    def _open(self, row: SealedRecipient) -> Recipient:
        kept = json.loads(self._vault.decrypt(row.sealed, _place(row.recipient.id)))
        entered = replace(row.recipient.entered, name=kept["name"], address=kept["address"])
        return replace(row.recipient, entered=entered, label=kept["label"], channel=Channel(kept["channel"]))


def _is_within(new: NewRecipient, sites: Sites) -> bool:
    return sites.names is None or (new.reach is Reach.SITE and sites.include(new.of))


def _check(new: NewRecipient) -> None:
    if not _NAME.fullmatch(new.name):
        raise RecipientError("Give the recipient a name of 1 to 80 characters, such as Police desk Jashore.")
    if new.language not in LANGUAGES:
        raise RecipientError("Choose one of the languages {listed}.", listed=", ".join(LANGUAGES))
    if not 1 <= new.turn <= _MOST_TURNS:
        raise RecipientError("A turn is a number from 1 to {most_turns}.", most_turns=_MOST_TURNS)
    try:
        _CHECKS[new.reach](new.of)
    except InvalidIdError as error:
        raise RecipientError(error.sentence) from error


def _place(recipient_id: RecipientId) -> str:
    return f"recipients/sealed/{recipient_id}"
