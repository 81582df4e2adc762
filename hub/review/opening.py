"""When a pair of faces is put before people, and when it is not put before them again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.review import store
from hub.review.conclusions import Outcome
from hub.review.controls import Controls
from hub.review.model import CASE_ENDED, Evidence, Kind, Pair, Review, ReviewId, ReviewRules, Subject
from hub.review.neighbours import Cases, Matches, MatchFacts, SightingFacts, Sightings
from hub.review.sources import Source
from hub.review.urgency import Urgency, urgency_of
from protocol.ids import CaseId, SightingId
from protocol.sighting import Candidate


class Opening:
    """Opens reviews. Every method joins the caller's transaction."""

    def __init__(
        self,
        sources: Mapping[Kind, Source],
        sightings: Sightings,
        cases: Cases,
        matches: Matches | None,
        controls: Controls,
        *,
        rules: ReviewRules,
        random: Callable[[int], bytes],
    ) -> None:
        self._sources = sources
        self._sightings = sightings
        self._cases = cases
        self._matches = matches
        self._controls = controls
        self._rules = rules
        self._random = random

    def candidate(
        self, connection: Connection, sighting_id: SightingId, candidate: Candidate, at: int
    ) -> ReviewId | None:
        """A candidate of an intake; None where the pair was rejected and nothing is new, or its case has ended."""
        if self._cases.has_ended(connection, candidate.case):
            action = AuditAction.REVIEW_NOT_OPENED
            record(connection, action, actor="hub", subject=sighting_id, at=at, reason=CASE_ENDED)
            return None
        intake = self._sightings.sighting(connection, sighting_id)
        pair = Pair(_probe_of(intake), "", candidate.case, candidate.photo, intake.pack_digest.hex())
        return self._open(connection, _Question(Kind.SIGHTING, sighting_id, pair, intake.site), at)

    def has_matches(self, connection: Connection) -> bool:
        """Whether there is something to open."""
        return self._matches is not None and bool(self._matches.pending(connection))

    def matches(self, connection: Connection, at: int) -> int:
        """What the search of the registers in each other has found. Returns how many matches it took."""
        if self._matches is None:
            return 0
        found = self._matches.pending(connection)
        for match in found:
            self._open(connection, _Question(Kind.REGISTER, match.id, _pair_of(match), match.site), at)
            self._matches.taken(connection, match.id, at)
        return len(found)

    def _open(self, connection: Connection, question: "_Question", at: int) -> ReviewId | None:
        pair = question.pair
        # What was rejected stays so when one of the cases goes into another with its photographs.
        cases, probes = self._cases.known_as(connection, pair.case), frozenset({pair.probe})
        if question.kind is Kind.REGISTER:
            probes = self._cases.known_as(connection, CaseId(pair.probe))
        earlier = store.reviews_of_pair(connection, probes, cases)
        known = next(((review, outcome) for review, outcome in earlier if _shows_the_same(review.pair, pair)), None)
        if known is not None:
            return self._pass_over(connection, *known, question.source, at=at)
        rejected = [review for review, outcome in earlier if outcome is Outcome.REJECTED]
        review, subject = self._review(connection, question, at)
        if rejected:
            review = replace(review, earlier=rejected[0].id, evidence=_new_in(pair, rejected))
        store.add_review(connection, review)
        action, evidence = AuditAction.REVIEW_OPENED, str(review.evidence or "first")
        record(
            connection,
            action,
            actor="hub",
            subject=review.id,
            at=at,
            kind=str(review.kind),
            source=review.source,
            evidence=evidence,
        )
        self._controls.open_beside(connection, review, subject)
        return review.id

    def _pass_over(
        self, connection: Connection, review: Review, outcome: Outcome | None, source: str, *, at: int
    ) -> ReviewId | None:
        if outcome is not Outcome.REJECTED:
            return review.id
        action = AuditAction.REVIEW_NOT_REPEATED
        record(connection, action, actor="hub", subject=source, at=at, review=review.id)
        return None

    def _review(self, connection: Connection, question: "_Question", at: int) -> tuple[Review, Subject]:
        # Random, not counted: neither the address nor the order of a list says which candidate ranked first.
        review_id = ReviewId(self._random(8).hex())
        review = Review(
            id=review_id,
            kind=question.kind,
            source=question.source,
            pair=question.pair,
            site=question.site,
            urgency=Urgency.ORDINARY,
            opened_at=at,
            due_at=at,
        )
        source = self._sources[question.kind]
        subject, missing = source.subject(connection, review), source.missing(connection, review)
        urgency = urgency_of(
            high_risk=missing.high_risk,
            age_band=subject.age_band,
            live=subject.capture is not None and not subject.capture.historical,
        )
        return replace(review, urgency=urgency, due_at=self._rules.targets.due_at(urgency, at)), subject


@dataclass(frozen=True, slots=True)
class _Question:
    kind: Kind
    source: str
    pair: Pair
    site: str


def _probe_of(intake: SightingFacts) -> str:
    # A unit that searches an intake again later sends another sighting, with the reference and moment of the first.
    return f"{intake.unit} {intake.reference} {intake.capture.at}"


def _pair_of(match: MatchFacts) -> Pair:
    return Pair(match.found, match.found_photo, match.missing, match.missing_photo, match.pack_digest.hex())


def _shows_the_same(earlier: Pair, pair: Pair) -> bool:
    return (earlier.photo, earlier.probe_photo, earlier.pack) == (pair.photo, pair.probe_photo, pair.pack)


def _new_in(pair: Pair, rejected: Sequence[Review]) -> Evidence:
    shown = {(review.pair.photo, review.pair.probe_photo) for review in rejected}
    return Evidence.NEW_PACK if (pair.photo, pair.probe_photo) in shown else Evidence.NEW_PHOTO
