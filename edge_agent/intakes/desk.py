"""Where every intake goes after its photograph: into the outbox, or to wait encrypted for a list that may be used.

Whoever stands at the unit sees no difference. A child is not turned away because a list is old: the intake waits as
long as its legal basis permits, and is compared as soon as the list is fresh. docs/adr/0095-intakes-that-wait.md
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlite_utils
import structlog

from edge_agent.database import UnitDatabase
from edge_agent.intakes.kept import Kept
from edge_agent.intakes.later import LaterSearches
from edge_agent.intakes.searching import Result, search
from edge_agent.intakes.sending import SightingWriter
from edge_agent.intakes.store import Drawer, IntakeStore
from edge_agent.intakes.taken import Taken, read_taken
from edge_agent.sightings.request import IntakeRequest
from edge_agent.trusted_time import Milliseconds, TrustedClock
from edge_agent.watchlist.loading import Watchlist
from faults import RejectedError
from models.template import Template
from protocol import cbor
from protocol.losses import MAX_LOST
from protocol.padding import pad
from protocol.sighting import MAX_CONSENT, Face, LegalBasis

logger = structlog.get_logger()

_AT_ONCE: Final = 50
"""Waiting intakes compared in one turn: the agent has other things to do in between."""


class KeepingNotPermittedError(RejectedError):
    """The unit's settings do not permit to keep templates under this legal basis."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the unit's settings permit. `stop_after`: the age at which a list is no longer used; None: never."""

    stop_after: Milliseconds | None
    waiting: Mapping[LegalBasis, Milliseconds]  # how long an intake may wait to be compared
    keeping: Mapping[LegalBasis, Milliseconds]  # how long a template may be kept after that; missing: not at all
    records: Milliseconds  # how long a consent record is kept


@dataclass(frozen=True, slots=True, eq=False)
class IntakeDesk:
    """Takes intakes, and does with those that wait or are kept what can be done with the present list.

    `embed`: makes a template of an aligned face, for an intake that waited while the unit's pack was changed.
    """

    database: UnitDatabase
    store: IntakeStore
    writer: SightingWriter
    later: LaterSearches
    rules: Rules
    clock: TrustedClock
    pack_digest: str
    embed: Callable[[Face], Template]

    def require_permitted(self, request: IntakeRequest) -> None:
        """Before the camera opens. Raises KeepingNotPermittedError, or OutboxFullError when nothing could be kept."""
        self.writer.outbox.require_room(besides=self.store.counts().waiting_bytes)
        if request.keep_template and not self.rules.keeping.get(request.basis.kind):
            raise KeepingNotPermittedError(
                f"This unit keeps no templates under the legal basis {request.basis.kind}. Take the intake without "
                "--keep-template; what may be kept is set in `keep_template_days`."
            )

    def accept(self, taken: Taken, template: Template, watchlist: Watchlist | None) -> None:
        """Compare an intake and put its sighting into the outbox; without a list that may be used, let it wait.

        When this returns the intake is on disk, encrypted; when it raises, nothing of it is. Raises the database's
        errors.
        """
        if watchlist is None or not self.may_use(watchlist):
            self.set_aside(taken)
            return
        result = search(taken, template, watchlist)
        with self.database.transaction() as tables:
            sequence = self._register(tables, taken, result, watchlist)
            self._keep_consent(tables, taken)
        logger.info("sighting.persisted", sequence=sequence)

    def set_aside(self, taken: Taken) -> None:
        """Let an intake wait, encrypted, until `settle` compares it: whoever stands at the unit is answered before.

        When this returns the intake is on disk; when it raises, nothing of it is. Raises the database's errors.
        """
        with self.database.transaction() as tables:
            keep = self.rules.waiting[taken.legal_basis]
            self.store.add(tables, "waiting", cbor.encode(taken.to_value()), taken.captured, keep)
            self._keep_consent(tables, taken)
        logger.info("intake.waits")

    def may_use(self, watchlist: Watchlist) -> bool:
        """Whether anybody may be compared with this list now: its lease lasts, and it is not too old."""
        installed, now = watchlist.installed, self.clock.now()
        stop = self.rules.stop_after
        return now < installed.lease_end and (stop is None or installed.age(now) <= stop)

    def settle(self, watchlist: Watchlist | None) -> None:
        """Erase what may be kept no longer, compare what waits, and search again for what is kept.

        Raises the database's errors.
        """
        now = self.clock.moment()
        self.store.date(now)
        # First: what may be kept no longer may not be compared any more either.
        self._erase_expired(self.clock.destroyable_before())
        if watchlist is not None and self.may_use(watchlist):
            self._compare_waiting(watchlist)
            self.later.hold(watchlist, now)

    def _compare_waiting(self, watchlist: Watchlist) -> None:
        for number in self.store.numbers("waiting", _AT_ONCE):
            content = self.store.content("waiting", number)
            if content is not None:
                self._compare(number, self._comparable(read_taken(content)), watchlist)

    def _compare(self, number: int, taken: Taken, watchlist: Watchlist) -> None:
        if taken.template is None:
            return
        result = search(taken, taken.template, watchlist)
        with self.database.transaction() as tables:
            # Another process may have erased it meanwhile: its consent was taken back.
            if not self.store.remove(tables, "waiting", number):
                return
            sequence = self._register(tables, taken, result, watchlist)
        logger.info("sighting.persisted", sequence=sequence)

    def _comparable(self, taken: Taken) -> Taken:
        """The intake with a template of the unit's present pack."""
        if taken.face is None or taken.pack_digest == self.pack_digest:
            return taken
        return replace(taken, template=self.embed(taken.face), pack_digest=self.pack_digest)

    def _register(self, tables: sqlite_utils.Database, taken: Taken, result: Result, watchlist: Watchlist) -> int:
        """An intake's one sighting, and the record that its basis permits, whatever was found."""
        keep = self.rules.keeping.get(taken.legal_basis)
        if taken.may_keep_template and keep:
            rest = taken.without_template() if result.candidates else taken.without_face()
            kept = Kept(rest, result.list_version, watchlist.installed.slices)
            self.store.add(tables, "kept", kept.to_bytes(), taken.captured, keep)
        return self.writer.write(tables, taken, result)

    def _erase_expired(self, before: Milliseconds) -> None:
        while numbers := self.store.expired("waiting", before, MAX_LOST):
            with self.database.transaction() as tables:
                lost = [read_taken(content) for number in numbers if (content := self.store.content("waiting", number))]
                for number in numbers:
                    self.store.remove(tables, "waiting", number)
                if lost:
                    self.writer.lose(tables, lost)
                self.store.count_expired(tables, len(lost))
            logger.error("intakes.expired_unmatched", intakes=len(numbers))
        self._erase_drawer("kept", before)
        self._erase_drawer("consents", before)

    def _erase_drawer(self, drawer: Drawer, before: Milliseconds) -> None:
        while numbers := self.store.expired(drawer, before, MAX_LOST):
            with self.database.transaction() as tables:
                for number in numbers:
                    self.store.remove(tables, drawer, number)
            logger.info("intakes.drawer_expired", drawer=drawer, records=len(numbers))

    def _keep_consent(self, tables: sqlite_utils.Database, taken: Taken) -> None:
        """As long for one as for another: its length says nothing of who decided, or why."""
        self.store.add(tables, "consents", pad(taken.consent, MAX_CONSENT + 4), taken.captured, self.rules.records)
