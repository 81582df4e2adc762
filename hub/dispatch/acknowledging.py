"""What recipients answer: that a message was read, by its link, by a reply, or by a partner's CAP message."""

from sqlalchemy import Connection

from hub.dispatch import ledger_store, store
from hub.dispatch.cap import cap_reference
from hub.dispatch.directory import RecipientDirectory
from hub.dispatch.errors import PartnerAckError, UnknownTokenError
from hub.dispatch.model import (
    AcknowledgedBy,
    Acknowledgement,
    AlertMessage,
    AlertSettings,
    Delivery,
    MessageKind,
)
from hub.dispatch.outbox import Outbox
from hub.dispatch.partner_ack import read_ack
from hub.dispatch.recipient import Recipient


class Acknowledging:
    """Records acknowledgements; the first of a delivery counts. Every method joins the caller's transaction."""

    def __init__(self, settings: AlertSettings, outbox: Outbox, directory: RecipientDirectory) -> None:
        self._settings = settings
        self._outbox = outbox
        self._directory = directory

    def asked(self, connection: Connection, token: str) -> tuple[AlertMessage, Recipient, Delivery]:
        """What a link is for. Raises UnknownTokenError."""
        return self._found(connection, ledger_store.find_by_token(connection, self._outbox.token_index(token)))

    def by_link(self, connection: Connection, token: str, at: int) -> None:
        """A recipient says by the link that a message was read; saying so again changes nothing.

        Raises UnknownTokenError.
        """
        message, _, delivery = self.asked(connection, token)
        self._enter(connection, message, delivery, Acknowledgement(at, AcknowledgedBy.LINK))

    def by_reply(self, connection: Connection, code: str, at: int) -> None:
        """The same by the code of a reply. Raises UnknownTokenError."""
        message, _, delivery = self._found(connection, ledger_store.find_by_code(connection, code.upper()))
        self._enter(connection, message, delivery, Acknowledgement(at, AcknowledgedBy.REPLY))

    def by_cap(self, connection: Connection, token: str, document: bytes, at: int) -> None:
        """The same by a CAP message of a partner, sent to the address of its own delivery.

        Raises UnknownTokenError or PartnerAckError.
        """
        message, _, delivery = self.asked(connection, token)
        given, alert = read_ack(document), message.alert
        said = store.messages_of(connection, [alert.id])
        if given.references.isdisjoint(cap_reference(one, self._settings) for one in said):
            raise PartnerAckError("This acknowledges another alert. Name the message in its references.")
        if given.status != alert.status:
            raise PartnerAckError("An exercise does not acknowledge an alert, nor the other way round.")
        self._enter(connection, message, delivery, Acknowledgement(at, AcknowledgedBy.CAP))

    def _enter(self, connection: Connection, message: AlertMessage, delivery: Delivery, given: Acknowledgement) -> None:
        if delivery.acknowledged is not None:
            return
        ledger_store.acknowledge(connection, delivery, given)
        number = ledger_store.acknowledgement_count(connection, message.alert.id)
        kind, actor = MessageKind.ACKNOWLEDGEMENT, f"recipient:{delivery.recipient}"
        self._outbox.put(connection, message.alert, kind, actor=actor, at=given.at, number=number)

    def _found(self, connection: Connection, delivery: Delivery | None) -> tuple[AlertMessage, Recipient, Delivery]:
        message = None if delivery is None else store.find_message(connection, delivery.message_id)
        recipient = None if delivery is None else self._directory.find(connection, delivery.recipient)
        if delivery is None or message is None or recipient is None:
            raise UnknownTokenError(
                "This link belongs to no alert. Open it from the message itself, or telephone the desk that sent it."
            )
        return message, recipient, delivery
