"""Putting messages of alerts into the database: document, recipients and audit entry in the caller's transaction.

What is promised is a row before anything is sent: a crash loses nothing.
"""

import base64
import secrets
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.dispatch import chain_store, ledger_store, store
from hub.dispatch.cap import SIGNATURE_CONTEXT, cap_document
from hub.dispatch.ledger_store import NewDelivery
from hub.dispatch.message import Confirmation
from hub.dispatch.model import (
    Alert,
    AlertMessage,
    AlertSettings,
    MessageId,
    MessageKind,
)
from hub.dispatch.recipient import Recipient, RecipientId
from protocol.keys import SigningKey

_TOKEN_BYTES = 16
_CODE_BYTES = 5

_ACTIONS = {
    MessageKind.ALERT: AuditAction.ALERT_SENT,
    MessageKind.FOLLOW_UP: AuditAction.ALERT_FOLLOWED_UP,
    MessageKind.RECALL: AuditAction.ALERT_RECALLED,
    MessageKind.ACKNOWLEDGEMENT: AuditAction.ALERT_ACKNOWLEDGED,
}


class Outbox:
    """Writes messages. Every method joins the caller's transaction."""

    def __init__(
        self,
        settings: AlertSettings,
        vault: Vault,
        key: SigningKey,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`vault` makes what recipients confirm with; `key` signs the documents."""
        self._settings = settings
        self._vault = vault
        self._key = key
        self._random = random

    def put(
        self,
        connection: Connection,
        alert: Alert,
        kind: MessageKind,
        recipients: Iterable[Recipient] = (),
        *,
        actor: str,
        at: int,
        number: int = 1,
        reason: str = "",
    ) -> AlertMessage:
        """Write a message, with a delivery for each recipient: those of a later turn wait in reserve."""
        message = AlertMessage(MessageId(self._random(8).hex()), alert, kind, number, at)
        said = store.messages_of(connection, [alert.id])
        earlier = [one for one in said if one.kind is not MessageKind.ACKNOWLEDGEMENT]
        document = cap_document(message, self._settings, earlier)
        signature = self._key.sign(SIGNATURE_CONTEXT + document)
        # Of an alert that was recalled before it went, the feed holds nothing to be cancelled.
        in_feed = bool(earlier) or kind is MessageKind.ALERT
        store.add_message(connection, message, document, signature, reason, in_feed=in_feed)
        record(connection, _ACTIONS[kind], actor=actor, subject=alert.id, at=at, number=number, reason=reason)
        chosen = list(recipients)
        # A recall and a follow-up go to everyone at once; only the first word goes in turns.
        first = _first_turns(chosen) if kind is MessageKind.ALERT else {}
        reserved = set()
        for one in chosen:
            starts = kind is not MessageKind.ALERT or one.entered.turn == first[one.entered.kind]
            ledger_store.add_delivery(connection, self._delivery(message, one, at if starts else None))
            if not starts:
                reserved.add(one.entered.kind)
        for waiting in sorted(reserved):
            chain_store.wait(connection, message.id, waiting, at)
        return message

    def confirmation(self, message_id: MessageId, recipient_id: RecipientId) -> Confirmation:
        """How a recipient confirms a message: from the storage key, so that a thief of the database cannot."""
        token, code = self._secrets(message_id, recipient_id)
        return Confirmation(f"{self._settings.console_url.rstrip('/')}/acknowledge/{token}", code)

    def token_index(self, token: str) -> bytes:
        """By what the database knows a token."""
        return self._vault.index(token.encode(), "deliveries/token")

    def _delivery(self, message: AlertMessage, recipient: Recipient, started_at: int | None) -> NewDelivery:
        token, code = self._secrets(message.id, recipient.id)
        entered = recipient.entered
        index = self.token_index(token)
        return NewDelivery(message.id, recipient.id, entered.kind, entered.turn, started_at, index, code)

    def _secrets(self, message_id: MessageId, recipient_id: RecipientId) -> tuple[str, str]:
        made = self._vault.index(f"{message_id}/{recipient_id}".encode(), "deliveries/confirmation")
        token = base64.urlsafe_b64encode(made[:_TOKEN_BYTES]).decode().rstrip("=")
        return token, base64.b32encode(made[_TOKEN_BYTES : _TOKEN_BYTES + _CODE_BYTES]).decode()


def _first_turns(recipients: Iterable[Recipient]) -> dict[str, int]:
    first: dict[str, int] = {}
    for one in recipients:
        kind, turn = str(one.entered.kind), one.entered.turn
        first[kind] = min(turn, first.get(kind, turn))
    return first
