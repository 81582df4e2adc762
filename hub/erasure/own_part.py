"""The hub's own part of a withdrawal: what it erases itself, and what holds it back: ADR 0154."""

from typing import Final

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.clock import DAY
from hub.erasure import intake_store as store
from hub.erasure.found_children import FoundErasing
from hub.erasure.intakes import IntakeErasing, Removed
from hub.erasure.model import BACKUPS, DATABASE, HUB, Hold, IntakeErasure, alert_place
from hub.erasure.word import HubWord
from hub.ingest.service import ErasureReason, HeldSighting
from hub.review.service import Standing
from protocol.sighting import LegalBasis

LONGEST_HOLD: Final = 7 * DAY
"""For so long people may take to decide on a candidate whose consent was taken back."""

_OUTWEIGHS: Final = (None, Hold.BASIS, Hold.UNDECIDED, Hold.CONFIRMED)


class OwnPart:
    """Joins the caller's transaction."""

    def __init__(self, erasing: IntakeErasing, found: FoundErasing, word: HubWord) -> None:
        self._erasing = erasing
        self._found = found
        self._word = word

    def erase(
        self, connection: Connection, erasure: IntakeErasure, *, actor: str, at: int, by_clock: bool = False
    ) -> IntakeErasure:
        """Erase what the hub holds, but what is held back. `by_clock`: whether a hold may end with time now."""
        assert erasure.withdrawal is not None  # noqa: S101 - only retention has none, and erases by itself
        removed, reference, site = Removed(), erasure.reference, erasure.site
        hold: Hold | None = None
        for registration in self._found.of_withdrawal(connection, erasure.withdrawal):
            reference, site = registration.reference, registration.site
            if not self._found.erase(connection, registration, removed.things):
                hold = Hold.BASIS
        for sighting in self._erasing.sightings.of_withdrawal(connection, erasure.withdrawal):
            reference, site = sighting.reference, sighting.site
            held = self._hold(connection, erasure, sighting, at if by_clock else erasure.at)
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
        self._word.give(connection, erasure.id, erasure.withdrawal, removed.counts(), at, kept=bool(hold))

    def is_told(self, connection: Connection, alert: str) -> bool:
        """Whether everyone who may have got a recalled alert knows."""
        return self._erasing.alerts.is_told(connection, alert)
