"""Messages of the hub: verified, then acted upon on disk before the broker hears that they arrived."""

from collections.abc import Callable

import structlog

from edge_agent.link.notices import NoticeStore
from edge_agent.sightings.outbox import Outbox
from edge_agent.trusted_time import Milliseconds
from edge_agent.watchlist.keyring import sender_of
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.keys import Identity, PrivateIdentity
from protocol.notice import Notice
from protocol.receipt import Receipt

logger = structlog.get_logger()

_LIMIT = 8 * 1024
"""Bytes. Receipts and notices are below 3 kB."""


class Inbox:
    """Takes receipts and notices. Whoever else sends one changes nothing."""

    def __init__(
        self,
        *,
        identity: PrivateIdentity,
        hub: Identity,
        outbox: Outbox,
        notices: NoticeStore,
        now: Callable[[], Milliseconds],
    ) -> None:
        """`hub`: the only sender that is believed."""
        self._identity = identity
        self._find_sender = sender_of(hub)
        self._outbox = outbox
        self._notices = notices
        self._now = now

    def take_receipt(self, envelope: bytes) -> None:
        """Forget what the hub has committed. Raises protocol errors, ReceiptMismatchError or the database's."""
        receipt = Receipt.from_bytes(self._open(envelope, MessageType.RECEIPT).payload)
        sequence = self._outbox.confirm(receipt)
        if sequence is not None:
            logger.info("receipt.accepted", sequence=sequence)

    def take_notice(self, envelope: bytes) -> None:
        """Keep what the hub asks of staff. Raises protocol errors or the database's.

        Without a word in the log: who reads it would know that a child was recognised here.
        """
        opened = self._open(envelope, MessageType.NOTICE)
        Notice.from_bytes(opened.payload)
        self._notices.keep(opened, envelope, self._now())

    def _open(self, envelope: bytes, expected: MessageType) -> Opened:
        return open_envelope(
            envelope, recipient=self._identity, find_sender=self._find_sender, expected=expected, limit=_LIMIT
        )
