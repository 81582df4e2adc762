"""A hub between two units that take consent back, and two people of its desk."""

from dataclasses import dataclass, field

import pytest

from hub.access.service import Operator, Role
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_ingest
from hub.erasure.model import IntakeErasure
from hub.ingest.service import UnknownSightingError
from hub.review.checklist import Feature, Seen
from hub.review.service import Answer, ReviewId
from hub.sites import EVERY_SITE
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, open_envelope
from protocol.erasure import ErasureOrder, ErasureRecord, sign_erasure
from protocol.ids import CaseId, PhotoId, UnitId
from protocol.moment import Moment
from protocol.receipt import Receipt, Verdict
from protocol.sighting import LegalBasis, Sighting
from protocol.staff import StaffId
from protocol.topics import UnitChannel, unit_topic
from protocol.withdrawal import Withdrawal
from tests.support.desk import PASSWORD
from tests.support.hub_site import HubSite, SimulatedUnit

TOKEN = bytes(range(16))
CONSENT = LegalBasis.GUARDIAN_CONSENT
# For a test in which no statement differs between the two databases.
on_sqlite = pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
ALL = dict.fromkeys(Feature, Seen.SIMILAR)


@dataclass
class Bench:
    """A hub between two units, with a case that candidates can be of."""

    site: HubSite
    hub: Services
    unit: SimulatedUnit
    other: SimulatedUnit
    case: CaseId
    photo: PhotoId
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    people: list[Operator] = field(default_factory=list)

    def __post_init__(self) -> None:
        hub = self.hub
        self.room = build_ingest(hub, lambda topic, envelope: self.sent.append((topic, envelope)))
        with hub.database.begin() as connection:
            for name in ("amina", "bimal"):
                self.people.append(
                    hub.access.operators.add(
                        connection, name, PASSWORD, (Role.REVIEWER, Role.CASE_OFFICER), EVERY_SITE, at=1
                    )
                )

    def receive(self, payload: bytes, kind: MessageType, unit: SimulatedUnit | None = None, **how: int) -> None:
        sender = unit or self.unit
        channel = UnitChannel.SIGHTINGS if kind is MessageType.SIGHTING else UnitChannel.WITHDRAWALS
        self.room.receive(unit_topic(sender.id, channel), sender.envelope(payload, kind, **how))

    def intake(self, *, candidate: bool = False, **changes: object) -> Sighting:
        """One that has come."""
        found = [(self.case, self.photo)] if candidate else []
        sighting = self.unit.sighting(*found, **{"token": TOKEN, "legal_basis": CONSENT, **changes})
        self.receive(sighting.to_bytes(), MessageType.SIGHTING)
        return sighting

    def withdraw(self, token: bytes = TOKEN) -> IntakeErasure:
        with self.hub.database.begin() as connection:
            return self.hub.intakes.withdrawals.take(connection, token, actor="amina", at=self.hub.clock())

    def state(self, token: bytes = TOKEN) -> IntakeErasure:
        with self.hub.database.read() as connection:
            found = self.hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
        return next(one for one in found if one.withdrawal == withdrawal_of(token).hex())

    def follow(self) -> IntakeErasure:
        self.hub.intakes.withdrawals.follow_up()
        return self.state()

    def outstanding(self) -> set[str]:
        return {place.place for place in self.state().places if place.done_at is None}

    def says(
        self,
        unit: SimulatedUnit,
        *,
        token: bytes | None = None,
        staff: StaffId | None = None,
        numbers: tuple[int, ...] = (),
        kept: bool = False,
        **removed: int,
    ) -> bytes:
        """A unit's word on what it has erased."""
        record = ErasureRecord(withdrawal_of(TOKEN), unit.id, Moment(5, 4, None), removed, numbers, kept)
        return Withdrawal(sign_erasure(record, unit.identity.signing_key), token, staff).to_bytes()

    def orders(self) -> list[tuple[UnitId, ErasureOrder]]:
        """What the hub has told units to erase, since the last time."""
        messages: list[tuple[str, bytes]] = []
        self.hub.fleet.deliver(lambda topic, envelope: messages.append((topic, envelope)))
        units = {unit_topic(unit.id, UnitChannel.ERASURES): unit for unit in (self.unit, self.other)}
        return [
            (
                units[topic].id,
                ErasureOrder.from_bytes(
                    open_envelope(
                        envelope,
                        recipient=units[topic].identity,
                        find_sender=lambda _name: self.site.hub,
                        expected=MessageType.ERASURE,
                    ).payload
                ),
            )
            for topic, envelope in messages
            if topic in units
        ]

    def verdicts(self) -> list[Verdict]:
        opened = (
            open_envelope(
                envelope,
                recipient=unit.identity,
                find_sender=lambda _name: self.site.hub,
                expected=MessageType.RECEIPT,
            )
            for unit in (self.unit, self.other)
            for topic, envelope in self.sent
            if topic == unit_topic(unit.id, UnitChannel.RECEIPTS)
        )
        return [Receipt.from_bytes(one.payload).verdict for one in opened]

    def review_of(self, sighting: Sighting) -> ReviewId:
        with self.hub.database.read() as connection:
            found = connection.exec_driver_sql(
                f"SELECT id FROM reviews WHERE source = '{sighting.sighting_id}'"
            ).scalar_one()
        return ReviewId(str(found))

    def answer(self, review: ReviewId, answer: Answer, comment: str = "") -> None:
        for person in self.people:
            with self.hub.database.begin() as connection:
                self.hub.review.answer(
                    connection, review, person, answer, checklist=ALL, comment=comment, at=self.hub.clock()
                )

    def holds(self, sighting: Sighting) -> bool:
        with self.hub.database.read() as connection:
            try:
                self.hub.sightings.sighting(connection, sighting.sighting_id)
            except UnknownSightingError:
                return False
            return True

    def actions(self) -> list[AuditAction]:
        with self.hub.database.read() as connection:
            return [entry.action for entry in entries(connection)]
