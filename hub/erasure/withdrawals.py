"""Consent that is taken back: erased here, asked of every unit, and followed until no place holds anything.

A withdrawal is known by the hash of the receipt's token. One that comes before its intake keeps it out for good; one
that comes twice, or by two ways, changes nothing. What holds the hub's own part back, and for how long: ADR 0154.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.clock import DAY, Clock
from hub.db import Database
from hub.erasure import intake_store as store
from hub.erasure.found_children import FoundErasing
from hub.erasure.intakes import IntakeErasing, Removed
from hub.erasure.model import (
    BACKUPS,
    DATABASE,
    HUB,
    LEDGER,
    Cause,
    ErasureId,
    Hold,
    IntakeErasure,
    Place,
    alert_of,
    alert_place,
    unit_place,
)
from hub.fleet.service import FleetService
from hub.ingest.service import ErasureReason, HeldSighting, TakenBack
from hub.review.service import Standing
from hub.sites import Sites
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, digest
from protocol.erasure import ErasureOrder, ErasureRecord, sign_erasure
from protocol.errors import FieldError
from protocol.ids import UnitId
from protocol.keys import PrivateIdentity
from protocol.moment import Moment
from protocol.sighting import LegalBasis
from protocol.staff import StaffId
from protocol.topics import UnitChannel

PAGE_LENGTH: Final = 100
LONGEST_HOLD: Final = 7 * DAY
"""For so long people may take to decide on a candidate whose consent was taken back."""

_ASK_AGAIN: Final = DAY
_OUTWEIGHS: Final = (None, Hold.BASIS, Hold.UNDECIDED, Hold.CONFIRMED)


class Withdrawals:
    """The withdrawals of one hub. Methods with a connection join its transaction."""

    def __init__(
        self,
        database: Database,
        erasing: IntakeErasing,
        found: FoundErasing,
        fleet: FleetService,
        identity: PrivateIdentity,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        backup_days: int,
    ) -> None:
        """`identity`: the hub's own, which signs its word; `backup_days`: how long backups are kept."""
        self._database = database
        self._erasing = erasing
        self._found = found
        self._fleet = fleet
        self._identity = identity
        self._clock = clock
        self._entropy = entropy
        self._backup_days = backup_days

    def take(self, connection: Connection, token: bytes, *, actor: str, at: int) -> IntakeErasure:
        """A receipt was shown at the hub."""
        return self._begin(connection, withdrawal_of(token).hex(), Cause.WITHDRAWAL, actor=actor, at=at)

    def take_for_the_desk(self, connection: Connection, withdrawal: str, *, actor: str, at: int) -> IntakeErasure:
        """Two people of the desk want an intake erased, whatever permitted it and whatever it has found."""
        return self._begin(connection, withdrawal, Cause.DESK, actor=actor, at=at)

    def take_again(
        self, connection: Connection, withdrawal: str, *, every_basis: bool, actor: str, at: int
    ) -> IntakeErasure:
        """What a restored database has forgotten."""
        cause = Cause.DESK if every_basis else Cause.WITHDRAWAL
        return self._begin(connection, withdrawal, cause, actor=actor, at=at)

    def withdrawn_of(self, connection: Connection, consents: Mapping[str, LegalBasis]) -> set[str]:
        """Those of consent records, each with its basis, under which nothing may be kept any more: one statement."""
        return {
            withdrawal
            for withdrawal, every_basis in store.begun_for(connection, consents)
            if every_basis or consents[withdrawal] is LegalBasis.GUARDIAN_CONSENT
        }

    def note_withheld(self, connection: Connection, withdrawal: str, at: int) -> None:
        """A message came later than the withdrawal of its consent, and was not kept."""
        erasure = store.find(connection, withdrawal)
        if erasure is not None:
            store.note_place(connection, erasure.id, HUB, more=1, done_at=erasure.done_at(HUB) or at)

    def hear(self, connection: Connection, unit: UnitId, number: int, taken_back: TakenBack, at: int) -> None:
        """What a unit has erased, in its message `number`. Raises FieldError."""
        said = taken_back.record
        if any(erased >= number for erased in said.numbers):
            raise FieldError("An erasure record names messages from before it alone.")
        self._fleet.note_withdrawn(connection, unit, said.numbers, at)
        withdrawal = said.withdrawal.hex()
        erasure = store.find(connection, withdrawal)
        if erasure is None or taken_back.token is not None:
            # An answer to an order that this hub does not know is one from before a restore: it holds again.
            erasure = self._begin(connection, withdrawal, Cause.WITHDRAWAL, actor=unit, at=at, but=unit)
        name, mark = unit_place(unit), digest(taken_back.signed)
        signed, staff = taken_back.signed, taken_back.staff
        if store.add_record(connection, erasure.id, name, digest=mark, record=signed, at=at, staff=staff):
            gone = at if erasure.every_basis or not said.kept else None
            store.note_place(connection, erasure.id, name, more=sum(said.removed.values()), done_at=gone)

    def of_people(self, connection: Connection, sites: Sites) -> list[IntakeErasure]:
        """Withdrawals and what the desk asked for, what is outstanding before what is complete, newest first."""
        return store.of_people(connection, sites, PAGE_LENGTH)

    def takers(self, connection: Connection, erasures: Collection[ErasureId]) -> dict[ErasureId, list[StaffId]]:
        """Who of a site's staff took the receipt, where somebody was signed in."""
        return store.takers(connection, erasures)

    def records(self, connection: Connection, erasure: ErasureId) -> list[bytes]:
        """Every place's signed word on an erasure."""
        return store.records_of(connection, erasure)

    def end_backups(self, connection: Connection, made_before: int, *, actor: str, at: int) -> int:
        """Somebody says that the backups from before a moment are destroyed; how many erasures that concerns."""
        ended = store.end_backups(connection, made_before, at)
        hub = self._identity.name
        record(connection, AuditAction.BACKUPS_DESTROYED, actor=actor, subject=hub, at=at, removed=ended)
        return ended

    def follow_up(self) -> int:
        """Look at what may have changed; how much of that is not complete yet. Raises DatabaseUnavailableError."""
        with self._database.read() as connection:
            open_ones = store.outstanding(connection, self._clock() - self._backup_days * DAY)
        if not open_ones:
            return 0
        # Only now: whatever these erasures removed was committed before.
        waits = any(one.waits(DATABASE) and not one.waits(HUB) for one in open_ones)
        emptied = self._database.scrub() if waits else False
        with self._database.begin() as connection:
            return [self._follow(connection, one, emptied=emptied) for one in open_ones].count(False)

    def _begin(
        self,
        connection: Connection,
        withdrawal: str,
        cause: Cause,
        *,
        actor: str,
        at: int,
        but: UnitId | None = None,
    ) -> IntakeErasure:
        """Honour a withdrawal, whether it is new or not. `but`: a unit that has erased what it held already."""
        every_basis = cause is Cause.DESK
        known = store.find(connection, withdrawal)
        units = [unit.id for unit in self._fleet.units(connection) if unit.id != but]
        if known is None:
            known = self._new(connection, withdrawal, cause, actor=actor, at=at)
        elif every_basis and not known.every_basis:
            store.reopen(connection, known.id, [HUB, DATABASE, BACKUPS, LEDGER, *map(unit_place, units)])
            known = replace(known, every_basis=True)
        else:
            return self._erase(connection, known, actor=actor, at=at)
        self._order(connection, known, units, at)
        return self._erase(connection, known, actor=actor, at=at)

    def _new(self, connection: Connection, withdrawal: str, cause: Cause, *, actor: str, at: int) -> IntakeErasure:
        units = [unit_place(unit.id) for unit in self._fleet.units(connection)]
        erasure = IntakeErasure(
            id=ErasureId(self._entropy(8).hex()),
            cause=cause,
            withdrawal=withdrawal,
            every_basis=cause is Cause.DESK,
            reference="",
            site="",
            actor=actor,
            at=at,
            hold=None,
            completed_at=None,
            places=tuple(Place(place, 0, None) for place in (HUB, DATABASE, BACKUPS, LEDGER, *units)),
        )
        store.add(connection, erasure)
        record(connection, AuditAction.CONSENT_WITHDRAWN, actor=actor, subject=erasure.id, at=at, reason=str(cause))
        return erasure

    def _order(self, connection: Connection, erasure: IntakeErasure, units: Collection[UnitId], at: int) -> None:
        if erasure.withdrawal is None:
            return
        order = ErasureOrder(bytes.fromhex(erasure.withdrawal), erasure.every_basis).to_bytes()
        for unit in units:
            self._fleet.enqueue(connection, unit, UnitChannel.ERASURES, MessageType.ERASURE, order)
        store.note_asked(connection, erasure.id, units, at)

    def _erase(self, connection: Connection, erasure: IntakeErasure, *, actor: str, at: int) -> IntakeErasure:
        """Erase what the hub holds, but what is held back."""
        assert erasure.withdrawal is not None  # noqa: S101 - only retention has none, and erases by itself
        removed, reference, site = Removed(), erasure.reference, erasure.site
        hold = Hold.BASIS if self._found.erase(connection, erasure.withdrawal, removed.things) else None
        for sighting in self._erasing.sightings.of_withdrawal(connection, erasure.withdrawal):
            reference, site = sighting.reference, sighting.site
            held = self._hold(connection, erasure, sighting, at)
            if held is None:
                reason = ErasureReason.DECIDED if erasure.every_basis else ErasureReason.WITHDRAWN
                self._erasing.erase(
                    connection, sighting, reason, removed, actor=actor, at=at, recall=erasure.every_basis
                )
            hold = max(hold, held, key=_OUTWEIGHS.index)
        store.change(connection, erasure.id, hold=hold, reference=reference, site=site, every_basis=erasure.every_basis)
        if hold is not None and hold is not erasure.hold:
            record(connection, AuditAction.ERASURE_HELD, actor=actor, subject=erasure.id, at=at, reason=str(hold))
        self._note_here(connection, erasure, removed, hold, at)
        return store.of_id(connection, erasure.id)

    def _hold(self, connection: Connection, erasure: IntakeErasure, sighting: HeldSighting, at: int) -> Hold | None:
        """Why an intake stays although its receipt was shown."""
        if erasure.every_basis:
            return None
        if sighting.legal_basis is not LegalBasis.GUARDIAN_CONSENT:
            return Hold.BASIS
        standing = self._erasing.reviews.standing(connection, sighting.id)
        if standing is Standing.CONFIRMED:
            return Hold.CONFIRMED
        undecided = standing is Standing.UNDECIDED and at < erasure.at + LONGEST_HOLD
        return Hold.UNDECIDED if undecided else None

    def _note_here(
        self, connection: Connection, erasure: IntakeErasure, removed: Removed, hold: Hold | None, at: int
    ) -> None:
        """The hub's own signed word, as soon as it holds nothing any more, and each time it erases something."""
        was_done = erasure.done_at(HUB) is not None
        for alert in removed.recalled:
            store.note_place(connection, erasure.id, alert_place(alert), more=1, done_at=None)
        if was_done and not removed.intakes:
            return
        store.note_place(connection, erasure.id, HUB, more=removed.intakes, done_at=None if hold else at)
        if was_done:
            store.reopen(connection, erasure.id, [DATABASE, BACKUPS])
        if hold is not None and not removed.intakes:
            return
        withdrawal = bytes.fromhex(erasure.withdrawal or "")
        word = ErasureRecord(withdrawal, self._identity.name, Moment(at, at, at), removed.counts(), kept=bool(hold))
        signed = sign_erasure(word, self._identity.signing_key)
        store.add_record(connection, erasure.id, HUB, digest=digest(signed), record=signed, at=at)

    def _follow(self, connection: Connection, erasure: IntakeErasure, *, emptied: bool) -> bool:
        now, held = self._clock(), erasure.waits(HUB)
        if erasure.withdrawal is not None:
            if held:
                erasure = self._erase(connection, erasure, actor=self._identity.name, at=now)
            self._ask_again(connection, erasure, now)
        for place in self._emptied(connection, erasure, now, database=emptied and not held):
            store.note_place(connection, erasure.id, place, done_at=now)
        if any(place.done_at is None for place in store.of_id(connection, erasure.id).places):
            return False
        store.complete(connection, erasure.id, now)
        hub = self._identity.name
        record(connection, AuditAction.ERASURE_COMPLETED, actor=hub, subject=erasure.id, at=now)
        return True

    def _emptied(self, connection: Connection, erasure: IntakeErasure, now: int, *, database: bool) -> list[str]:
        """What was outstanding and holds nothing any more. `database`: its files were emptied since the erasure."""
        here = erasure.done_at(HUB)
        old = here is not None and now >= here + self._backup_days * DAY
        found = [place for place, gone in ((DATABASE, database), (BACKUPS, old)) if gone and erasure.waits(place)]
        for place in erasure.places:
            alert = alert_of(place.place)
            if alert is not None and place.done_at is None and self._erasing.alerts.is_told(connection, alert):
                found.append(place.place)
        return found

    def _ask_again(self, connection: Connection, erasure: IntakeErasure, now: int) -> None:
        """Units that have not answered: an order may have been lost with a broker, or with an older database."""
        due = store.places_to_ask(connection, erasure.id, now - _ASK_AGAIN)
        units = [unit.id for unit in self._fleet.units(connection) if unit_place(unit.id) in due]
        self._order(connection, erasure, units, now)
