"""From messages of units to committed sightings and their receipts."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from hub.atrest import Vault
from hub.cases.service import CaseService
from hub.clock import Clock
from hub.db import Database
from hub.fleet.service import FleetService
from hub.found.service import FoundService
from hub.ingest.capture_time import CaptureTime
from hub.ingest.committing import Committer
from hub.ingest.erasing import SightingEraser, UnknownReferenceError
from hub.ingest.keeping import FoundKeeper, SightingKeeper
from hub.ingest.model import Counts, ErasureReason, HeldSighting, IntakeFacts, StoredSighting
from hub.ingest.opening import Message, Opener
from hub.ingest.reader import SightingReader, UnknownSightingError
from hub.ingest.withdrawals import TakenBack, Withdrawals
from hub.review.service import ReviewService
from hub.staff.service import StaffService
from protocol.keys import PrivateIdentity
from protocol.topics import unit_topic

__all__ = [
    "CaptureTime",
    "Counts",
    "ErasureReason",
    "HeldSighting",
    "IngestService",
    "IntakeFacts",
    "Message",
    "SightingEraser",
    "SightingReader",
    "StoredSighting",
    "TakenBack",
    "UnknownReferenceError",
    "UnknownSightingError",
]


class IngestService:
    """Takes in what the broker delivers. It may be called again with the same message any number of times."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        identity: PrivateIdentity,
        *,
        fleet: FleetService,
        cases: CaseService,
        review: ReviewService,
        found: FoundService,
        staff: StaffService,
        withdrawals: Withdrawals,
        publish: Callable[[str, bytes], None],
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        """`identity`: the hub's own. `publish(topic, envelope)` takes receipts for sending. `zone`: the desk's."""
        self._database = database
        self._fleet = fleet
        self._opener = Opener(database, identity, vault, fleet)
        self._committer = Committer(
            fleet=fleet,
            keeper=SightingKeeper(cases, review, withdrawals, clock, zone),
            found=FoundKeeper(found, withdrawals, clock),
            staff=staff,
            withdrawals=withdrawals,
            clock=clock,
        )
        self._publish = publish

    def receive(self, topic: str, payload: bytes) -> None:
        """Take in one message, as `receive_all` does."""
        self.receive_all([Message(topic, payload)])

    def receive_all(self, messages: Sequence[Message]) -> None:
        """Take in what came together in one transaction. When this returns, the broker may forget all of it.

        Each message is then committed, or refused and audited; a bad one spoils no other. Raises UnavailableError
        when the database or the broker cannot take something now: try all of them again.
        """
        opened = self._opener.open_all(messages)
        with self._database.begin() as connection:
            replies = self._committer.take_all(connection, opened)
        # Only now: a receipt says that the message is on this disk. If it is lost, the unit sends the message
        # again and gets another.
        for reply, reserved in replies:
            envelope = self._fleet.seal_reserved(reserved, reply.type, reply.payload)
            self._publish(unit_topic(reply.unit, reply.channel), envelope)
