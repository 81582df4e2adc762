"""Consent that is taken back: erased here, asked of every unit, and followed until no place holds anything.

A withdrawal is known by the hash of the receipt's token. One that comes before its intake keeps it out for good; one
that comes twice, or by two ways, changes nothing. What holds the hub's own part back, and for how long: ADR 0154.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.clock import DAY, Clock
from hub.db import Database
from hub.erasure import intake_store as store
from hub.erasure import record_store
from hub.erasure.model import (
    BACKUPS,
    DATABASE,
    HUB,
    LEDGER,
    Cause,
    ErasureId,
    IntakeErasure,
    Place,
    Taker,
    alert_of,
    unit_place,
    with_silence,
)
from hub.erasure.own_part import OwnPart
from hub.erasure.word import HubWord
from hub.fleet.service import FleetService
from hub.ingest.service import TakenBack
from hub.sites import Sites
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, digest
from protocol.erasure import ErasureOrder
from protocol.errors import FieldError
from protocol.ids import HubId, UnitId
from protocol.sighting import LegalBasis
from protocol.topics import UnitChannel

_ASK_AGAIN: Final = DAY
_RECALLED: Final = "recalled alerts"


class Withdrawals:
    """The withdrawals of one hub. Methods with a connection join its transaction."""

    def __init__(
        self,
        database: Database,
        own_part: OwnPart,
        fleet: FleetService,
        word: HubWord,
        *,
        hub: HubId,
        clock: Clock,
        entropy: Callable[[int], bytes],
        backup_days: int,
    ) -> None:
        """`backup_days`: how long backups are kept."""
        self._database = database
        self._own_part = own_part
        self._fleet = fleet
        self._word = word
        self._hub = hub
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

    def admit(self, connection: Connection, consents: Mapping[str, LegalBasis]) -> set[str]:
        """Those of consent records, each with its basis, under which nothing may be kept any more.

        What comes under another that was taken back is kept, and is outstanding here. One statement, where none was.
        """
        gone = set()
        for erasure, withdrawal, every_basis in store.begun_for(connection, consents):
            if every_basis or consents[withdrawal] is LegalBasis.GUARDIAN_CONSENT:
                gone.add(withdrawal)
            else:
                store.reopen(connection, erasure, [HUB])
        return gone

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
        name, signed, mark = unit_place(unit), taken_back.signed, digest(taken_back.signed)
        site = self._fleet.unit(connection, unit).site
        taker = None if taken_back.staff is None else Taker(taken_back.staff, site)
        if record_store.add(connection, erasure.id, name, digest=mark, record=signed, at=at, taker=taker):
            # Also where everything is to go: the answer may be to the order before.
            gone = None if said.kept else at
            store.note_place(connection, erasure.id, name, more=sum(said.removed.values()), done_at=gone)
            if said.kept and erasure.completed_at is not None:
                store.reopen(connection, erasure.id, [name])

    def of_people(self, connection: Connection, sites: Sites, limit: int | None = None) -> list[IntakeErasure]:
        """Withdrawals and what the desk asked for, what is outstanding before what is complete, newest first."""
        silent = self._silent(connection)
        found = store.of_people(connection, sites, silent, limit)
        return [replace(one, places=with_silence(one.places, silent)) for one in found]

    def takers(self, connection: Connection, erasures: Collection[ErasureId]) -> dict[ErasureId, list[Taker]]:
        """Who of a site's staff took the receipt, where somebody was signed in."""
        return record_store.takers(connection, erasures)

    def records(self, connection: Connection, erasure: ErasureId) -> list[bytes]:
        """Every place's signed word on an erasure."""
        return record_store.of(connection, erasure)

    def end_backups(self, connection: Connection, made_before: int, *, actor: str, at: int) -> int:
        """Somebody says that the backups from before a moment are destroyed; how many erasures that concerns."""
        ended = store.end_backups(connection, made_before, at)
        for erasure, withdrawal in ended:
            self._word.give(connection, erasure, withdrawal, {BACKUPS: 1}, at)
        action, count = AuditAction.BACKUPS_DESTROYED, len(ended)
        record(connection, action, actor=actor, subject=self._hub, at=at, removed=count)
        return count

    def follow_up(self, *, by_clock: bool = True) -> int:
        """Look at what may have changed; how much of that is not complete yet. Raises DatabaseUnavailableError.

        `by_clock`: whether what ends with time may end now.
        """
        with self._database.read() as connection:
            before = self._clock() - self._backup_days * DAY
            open_ones = store.outstanding(connection, before, self._silent(connection))
        if not open_ones:
            return 0
        # Only now: whatever these erasures removed was committed before.
        waits = any(one.waits(DATABASE) and not one.waits(HUB) for one in open_ones)
        emptied = self._database.scrub() if waits else False
        with self._database.begin() as connection:
            return [self._follow(connection, one, emptied=emptied, by_clock=by_clock) for one in open_ones].count(False)

    def _silent(self, connection: Connection) -> dict[str, int]:
        """Units of which nothing is accepted any more, as places, and since when."""
        return {unit_place(unit): at for unit, at in self._fleet.withdrawn(connection).items()}

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
            return self._own_part.erase(connection, known, actor=actor, at=at)
        self._order(connection, known, units, at)
        return self._own_part.erase(connection, known, actor=actor, at=at)

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

    def _follow(self, connection: Connection, erasure: IntakeErasure, *, emptied: bool, by_clock: bool) -> bool:
        now, held = self._clock(), erasure.waits(HUB)
        if erasure.withdrawal is not None:
            if held:
                erasure = self._own_part.erase(connection, erasure, actor=self._hub, at=now, by_clock=by_clock)
            self._ask_again(connection, erasure, now)
        gone = self._emptied(connection, erasure, now, database=emptied and not held, by_clock=by_clock)
        for place in gone:
            store.note_place(connection, erasure.id, place, done_at=now)
        if gone:
            removed = Counter(_RECALLED if alert_of(place) else place for place in gone)
            self._word.give(connection, erasure.id, erasure.withdrawal, removed, now)
        if any(place.done_at is None for place in store.of_id(connection, erasure.id).places):
            return False
        store.complete(connection, erasure.id, now)
        record(connection, AuditAction.ERASURE_COMPLETED, actor=self._hub, subject=erasure.id, at=now)
        return True

    def _emptied(
        self, connection: Connection, erasure: IntakeErasure, now: int, *, database: bool, by_clock: bool
    ) -> list[str]:
        """What was outstanding and holds nothing any more. `database`: its files were emptied since the erasure."""
        here = erasure.done_at(HUB)
        old = by_clock and here is not None and now >= here + self._backup_days * DAY
        found = [place for place, gone in ((DATABASE, database), (BACKUPS, old)) if gone and erasure.waits(place)]
        for place in erasure.places:
            alert = alert_of(place.place)
            if alert is not None and place.done_at is None and self._own_part.is_told(connection, alert):
                found.append(place.place)
        return found

    def _ask_again(self, connection: Connection, erasure: IntakeErasure, now: int) -> None:
        """Units that have not answered: an order may have been lost with a broker, or with an older database."""
        due = store.places_to_ask(connection, erasure.id, now - _ASK_AGAIN)
        units = [unit.id for unit in self._fleet.units(connection) if unit_place(unit.id) in due]
        self._order(connection, erasure, units, now)
