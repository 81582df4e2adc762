"""Sightings that came together, into the rooms of the hub: a few statements for all of them. And found children."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService, UnknownCaseError
from hub.clock import Clock, month_start
from hub.found.service import FoundArrival, FoundService
from hub.ingest import erased_store, store
from hub.ingest.model import Arrival, ErasedSighting, ErasureReason
from hub.ingest.opening import Numbered, SoundSighting
from hub.ingest.withdrawals import Withdrawals
from hub.review.service import ReviewService
from protocol.errors import ReplayedError
from protocol.sighting import Candidate, Sighting


class SightingKeeper:
    """Keeps sightings, and opens the reviews that they ask for. Joins the caller's transaction."""

    def __init__(
        self, cases: CaseService, review: ReviewService, withdrawals: Withdrawals, clock: Clock, zone: tzinfo
    ) -> None:
        """`zone`: the desk's, in whose months statistics count."""
        self._cases = cases
        self._review = review
        self._withdrawals = withdrawals
        self._clock = clock
        self._zone = zone

    def keep(self, connection: Connection, messages: Sequence[tuple[Numbered, SoundSighting]]) -> None:
        """Keep new sightings, at least one, but those whose consent was taken back before they came.

        Raises ReplayedError when one of them was kept before, or comes twice.
        """
        wanted = {content.sighting.sighting_id for _, content in messages}
        if len(wanted) < len(messages) or store.is_any_known(connection, wanted):
            raise ReplayedError("Another message brought this sighting before.")
        now = self._clock()
        consents = {content.sealed_consent.withdrawal: content.sighting.legal_basis for _, content in messages}
        withdrawn = self._withdrawals.admit(connection, consents)
        permitted = []
        for one in messages:
            if one[1].sealed_consent.withdrawal in withdrawn:
                self._withhold(connection, one[1], now)
            else:
                permitted.append(one)
        if permitted:
            self._keep(connection, permitted, now)

    def _withhold(self, connection: Connection, content: SoundSighting, now: int) -> None:
        sighting = content.sighting
        erased_store.add(
            connection,
            ErasedSighting(
                sighting_id=sighting.sighting_id,
                month=month_start(now, self._zone),
                site=sighting.site,
                sex=sighting.sex,
                age_band=sighting.age_band,
                candidates=0,
                retrospective=sighting.retrospective,
                reason=ErasureReason.WITHDRAWN,
                at=now,
            ),
        )
        self._withdrawals.note_withheld(connection, content.sealed_consent.withdrawal, now)
        reason = str(ErasureReason.WITHDRAWN)
        action, actor = AuditAction.SIGHTING_WITHHELD, sighting.unit
        record(connection, action, actor=actor, subject=sighting.sighting_id, at=now, reason=reason)

    def _keep(self, connection: Connection, messages: Sequence[tuple[Numbered, SoundSighting]], now: int) -> None:
        arrivals = [self._arrival(connection, message, content, now) for message, content in messages]
        store.insert_sightings(connection, arrivals)
        for arrival, (_, content) in zip(arrivals, messages, strict=True):
            sighting = arrival.sighting
            _record(connection, sighting, now, dropped=len(content.sighting.candidates) - len(sighting.candidates))
            for candidate in sighting.candidates:
                self._review.open(connection, sighting_id=sighting.sighting_id, candidate=candidate, at=now)

    def _arrival(self, connection: Connection, message: Numbered, content: SoundSighting, now: int) -> Arrival:
        sighting = self._without_unknown_cases(connection, content.sighting)
        face = None if sighting.face is None else content.sealed_face
        sealed = content.sealed_basis_reference, content.sealed_consent, content.sealed_circumstances, face
        return Arrival(sighting, message.sequence, message.digest, now, *sealed)

    def _without_unknown_cases(self, connection: Connection, sighting: Sighting) -> Sighting:
        """The sighting without candidates whose case the hub does not hold: erased since, or of an earlier database."""
        known = [candidate for candidate in sighting.candidates if self._knows(connection, candidate)]
        if len(known) == len(sighting.candidates):
            return sighting
        ranked = tuple(replace(candidate, rank=rank) for rank, candidate in enumerate(known, 1))
        return replace(sighting, candidates=ranked, face=sighting.face if ranked else None)

    def _knows(self, connection: Connection, candidate: Candidate) -> bool:
        try:
            self._cases.require_photo(connection, candidate.case, candidate.photo)
        except UnknownCaseError:
            return False
        return True


class FoundKeeper:
    """Keeps found children's registrations, but those whose consent was taken back before they came."""

    def __init__(self, found: FoundService, withdrawals: Withdrawals, clock: Clock) -> None:
        self._found = found
        self._withdrawals = withdrawals
        self._clock = clock

    def keep(self, connection: Connection, arrival: FoundArrival) -> None:
        """Joins the caller's transaction. Raises ReplayedError for one that was kept before."""
        if not self._withdrawals.admit(connection, {arrival.withdrawal: arrival.basis}):
            self._found.keep(connection, arrival)
            return
        found, now = arrival.found, self._clock()
        self._withdrawals.note_withheld(connection, arrival.withdrawal, now)
        reason = str(ErasureReason.WITHDRAWN)
        record(connection, AuditAction.FOUND_WITHHELD, actor=found.unit, subject=found.found_id, at=now, reason=reason)


def _record(connection: Connection, sighting: Sighting, now: int, *, dropped: int) -> None:
    action = AuditAction.SIGHTING_RECEIVED if sighting.candidates else AuditAction.SIGHTING_WITHOUT_CANDIDATES
    record(
        connection,
        action,
        actor=sighting.unit,
        subject=sighting.sighting_id,
        at=now,
        candidates=len(sighting.candidates),
        dropped=dropped,
    )
