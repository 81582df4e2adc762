"""Messages of the hub: verified, then acted upon on disk before the broker hears that they arrived."""

import structlog

from edge_agent.consent.withdrawing import Withdrawing
from edge_agent.link.notices import NoticeStore
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.outbox import Outbox
from edge_agent.staff.files import LIMIT as STAFF_LIMIT
from edge_agent.staff.store import StaffStore
from edge_agent.watchlist.keyring import sender_of
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.keys import Identity, PrivateIdentity
from protocol.notice import Notice
from protocol.receipt import Receipt, Verdict
from protocol.signed_time import SignedTime

logger = structlog.get_logger()

_LIMIT = 8 * 1024
"""Bytes. Receipts, notices and times are below 3 kB."""


class Inbox:
    """Takes receipts, notices, orders to erase, the time and the list of staff, from the hub and nobody else."""

    def __init__(
        self,
        *,
        identity: PrivateIdentity,
        hub: Identity,
        outbox: Outbox,
        notices: NoticeStore,
        staff: StaffStore,
        withdrawing: Withdrawing,
        timekeeper: Timekeeper,
    ) -> None:
        """`hub`: the only sender that is believed."""
        self._identity = identity
        self._find_sender = sender_of(hub)
        self._outbox = outbox
        self._notices = notices
        self._staff = staff
        self._withdrawing = withdrawing
        self._timekeeper = timekeeper

    def take_receipt(self, envelope: bytes) -> None:
        """Forget what the hub committed or refused. Raises protocol errors, ReceiptMismatchError or the database's."""
        receipt = Receipt.from_bytes(self._open(envelope, MessageType.RECEIPT).payload)
        settled = self._outbox.settle(receipt)
        if settled is None:
            return
        if settled.verdict is Verdict.COMMITTED:
            logger.info("receipt.accepted")  # Without its number, as when it was sent.
        else:
            # The hub's audit trail says why; here the reason could tell that there was a candidate.
            logger.error("message.refused_for_good", sequence=settled.sequence)

    def take_notice(self, envelope: bytes) -> None:
        """Keep what the hub asks of staff. Raises protocol errors or the database's.

        Without a word in the log: who reads it would know that a child was recognised here.
        """
        opened = self._open(envelope, MessageType.NOTICE)
        self._notices.keep(opened.digest, Notice.from_bytes(opened.payload))

    def take_time(self, envelope: bytes) -> None:
        """Set the clock by the hub's. Raises protocol errors (ReplayedError for an old answer) or the database's."""
        self._timekeeper.take(SignedTime.from_bytes(self._open(envelope, MessageType.TIME).payload))

    def take_staff(self, envelope: bytes) -> None:
        """Let in whom the hub names, and nobody else. Raises protocol errors or the database's."""
        self._staff.take(self._open(envelope, MessageType.STAFF, STAFF_LIMIT).payload)

    def take_erasure(self, envelope: bytes) -> None:
        """Erase what the hub says, and answer. Raises protocol errors, the database's or StoredDataError."""
        self._withdrawing.obey(self._open(envelope, MessageType.ERASURE))

    def _open(self, envelope: bytes, expected: MessageType, limit: int = _LIMIT) -> Opened:
        opened = open_envelope(
            envelope, recipient=self._identity, find_sender=self._find_sender, expected=expected, limit=limit
        )
        self._timekeeper.learn(opened.header.issued_at)
        return opened
