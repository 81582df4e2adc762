"""Opening reviews, showing each person only what they may know yet, taking answers, deciding."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import MINUTE
from hub.review import store
from hub.review.contradictions import age_in_words, contradictions
from hub.review.model import (
    MAX_COMMENT,
    AlreadyAnsweredError,
    AlreadyDecidedError,
    Answer,
    CommentError,
    Comparison,
    DecidedItem,
    Decision,
    FacesWithheldError,
    GivenAnswer,
    Machine,
    Outcome,
    Purpose,
    Queue,
    QueueItem,
    Review,
    ReviewError,
    ReviewFacts,
    ReviewId,
    Side,
    Stage,
    UnknownReviewError,
    outcome_of,
)
from hub.review.neighbours import Alerts, Cases, Sightings, Units
from hub.review.statements import details, disagreements, second_look, statement
from hub.sites import EVERY_SITE, Sites
from protocol.envelope import MessageType
from protocol.ids import SightingId
from protocol.notice import Notice, NoticeKind
from protocol.person import AgeBand
from protocol.sighting import Candidate
from protocol.topics import UnitChannel

__all__ = [
    "AlreadyAnsweredError",
    "AlreadyDecidedError",
    "Answer",
    "FacesWithheldError",
    "Outcome",
    "Review",
    "ReviewError",
    "ReviewFacts",
    "ReviewId",
    "ReviewService",
    "UnknownReviewError",
]

PAGE_LENGTH = 100
_A_LOOK: Final = 30 * MINUTE


class ReviewService:
    """Two people's judgement of each candidate. Every method joins the caller's transaction."""

    def __init__(
        self,
        sightings: Sightings,
        cases: Cases,
        alerts: Alerts,
        units: Units,
        *,
        vault: Vault,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._sightings = sightings
        self._cases = cases
        self._alerts = alerts
        self._units = units
        self._vault = vault
        self._random = random

    def open(self, connection: Connection, *, sighting_id: SightingId, candidate: Candidate, at: int) -> ReviewId:
        """Ask for two people's answers on one candidate; a case that an intake names twice is asked about once."""
        earlier = [one for one in store.reviews_of(connection, sighting_id) if one.case == candidate.case]
        if earlier:
            return earlier[0].id
        # Random, not counted: neither the address nor the order of a list says which candidate ranked first.
        review_id = ReviewId(self._random(8).hex())
        site = self._sightings.sighting(connection, sighting_id).site
        review = Review(review_id, sighting_id, candidate.case, candidate.photo, site, at)
        store.add_review(connection, review)
        record(connection, AuditAction.REVIEW_OPENED, actor="hub", subject=review_id, at=at, sighting=sighting_id)
        return review_id

    def open_count(self, connection: Connection) -> int:
        """How many reviews wait for answers."""
        return store.count_open(connection, EVERY_SITE)

    def decided_count(self, connection: Connection, sites: Sites) -> int:
        """How many reviews of the sites have a decision."""
        return store.count_decided(connection, sites)

    def oldest_open(self, connection: Connection) -> int | None:
        """Since when (milliseconds since 1970 UTC) the oldest open review has waited; None where none is open."""
        return store.oldest_open(connection)

    def decided_counts(self, connection: Connection) -> dict[str, int]:
        """How many decisions of each outcome there are, none left out."""
        found = store.count_outcomes(connection)
        return {str(outcome): found.get(outcome, 0) for outcome in Outcome}

    def facts(self, connection: Connection, since: int) -> Iterator[ReviewFacts]:
        """What statistics need of the reviews opened from a moment on (milliseconds since 1970 UTC)."""
        return store.facts(connection, since)

    def queue(self, connection: Connection, operator: Operator) -> Queue:
        """The oldest open reviews of one person's sites as they see them."""
        reviews = store.open_reviews(connection, operator.sites, PAGE_LENGTH)
        done = store.answered_by(connection, operator.id, [review.id for review in reviews])
        items = [QueueItem(review, self._sightings.sighting(connection, review.sighting_id)) for review in reviews]
        return Queue(
            to_answer=tuple(item for item in items if item.review.id not in done),
            answered=tuple(item for item in items if item.review.id in done),
            total=store.count_open(connection, operator.sites),
        )

    def decided(self, connection: Connection, sites: Sites) -> Sequence[DecidedItem]:
        """The newest decisions on intakes of the sites."""
        return [
            DecidedItem(
                review,
                self._sightings.sighting(connection, review.sighting_id),
                self._cases.summary(connection, review.case),
                decision,
            )
            for review, decision in store.decided_reviews(connection, sites, PAGE_LENGTH)
        ]

    def comparison(self, connection: Connection, review_id: str, operator: Operator) -> Comparison:
        """A review as one person may see it now. Raises UnknownReviewError."""
        review = self._find(connection, review_id, operator)
        intake = self._sightings.sighting(connection, review.sighting_id)
        case = self._cases.summary(connection, review.case)
        answers = store.answers_of(connection, review.id, self._vault)
        decision = store.decision_of(connection, review.id)
        own = _own(answers, operator)
        return Comparison(
            review=review,
            stage=_stage(own, decision),
            intake=intake,
            case=case,
            age_then=age_in_words(case.birth, intake.captured_at),
            contradictions=contradictions(intake, case),
            confirmed_elsewhere=store.is_confirmed_elsewhere(connection, review),
            own=own,
            machine=self._machine(connection, review, intake.age_band, operator) if own else None,
            decision=decision,
            answers=tuple(answers) if own and decision else (),
        )

    def face(self, connection: Connection, review_id: str, side: Side, operator: Operator, at: int) -> bytes:
        """One of the two faces, JPEG. Each person's look is audited with its purpose; it lasts half an hour.

        Raises UnknownReviewError, or FacesWithheldError where others have decided.
        """
        review = self._find(connection, review_id, operator)
        own = _own(store.answers_of(connection, review.id, self._vault), operator)
        if _stage(own, store.decision_of(connection, review.id)) is Stage.DECIDED_BY_OTHERS:
            raise FacesWithheldError(
                "Two colleagues have decided this review. Its faces are no longer shown to others."
            )
        purpose = Purpose.COMPARING if own is None else Purpose.LOOKING_BACK
        if store.note_face_view(connection, review.id, operator.id, purpose, at=at, lasts=_A_LOOK):
            action, name = AuditAction.FACES_VIEWED, operator.name
            record(connection, action, actor=name, subject=review.id, at=at, purpose=str(purpose))
        if side is Side.INTAKE:
            return self._sightings.portrait(review.sighting_id)
        return self._cases.portrait(review.case, review.photo)

    def answer(
        self, connection: Connection, review_id: str, operator: Operator, answer: Answer, *, comment: str, at: int
    ) -> Outcome | None:
        """Record what one person says; the outcome where theirs was the second answer.

        Raises UnknownReviewError, AlreadyAnsweredError, AlreadyDecidedError or CommentError.
        """
        comment = comment.strip()
        if len(comment) > MAX_COMMENT:
            raise CommentError(f"The comment has more than {MAX_COMMENT} characters. Shorten it and answer again.")
        review = self._find(connection, review_id, operator, lock=True)
        earlier = store.answers_of(connection, review.id, self._vault)
        _check_may_answer(earlier, operator)
        given = GivenAnswer(len(earlier) + 1, operator.id, answer, comment, at)
        store.add_answer(connection, review.id, given, self._vault)
        record(
            connection,
            AuditAction.REVIEW_ANSWERED,
            actor=operator.name,
            subject=review.id,
            at=at,
            position=given.position,
            answer=str(answer),
        )
        return self._decide(connection, review, earlier[0], given, operator) if earlier else None

    def _decide(
        self, connection: Connection, review: Review, first: GivenAnswer, second: GivenAnswer, operator: Operator
    ) -> Outcome:
        outcome = outcome_of(first.answer, second.answer)
        decision = Decision(review.id, outcome, second.at)
        store.add_decision(connection, decision, first, second)
        record(
            connection,
            AuditAction.REVIEW_DECIDED,
            actor=operator.name,
            subject=review.id,
            at=decision.at,
            outcome=str(outcome),
        )
        if outcome is Outcome.CONFIRMED:
            self._confirm(connection, review, operator.name, decision.at)
        return outcome

    def _confirm(self, connection: Connection, review: Review, actor: str, at: int) -> None:
        intake = self._sightings.sighting(connection, review.sighting_id)
        self._cases.mark_located(connection, review.case, actor, at)
        self._alerts.raise_alert(
            connection,
            review_id=review.id,
            case=review.case,
            reference=intake.reference,
            site=intake.site,
            actor=actor,
            at=at,
        )
        notice = Notice(review.sighting_id, intake.reference, NoticeKind.CALL_DESK, at)
        self._units.enqueue(connection, intake.unit, UnitChannel.NOTICES, MessageType.NOTICE, notice.to_bytes())
        record(connection, AuditAction.NOTICE_QUEUED, actor=actor, subject=intake.unit, at=at, review=review.id)

    def _machine(self, connection: Connection, review: Review, band: AgeBand, operator: Operator) -> Machine:
        finding = self._sightings.finding(connection, review.sighting_id, review.case)
        siblings = store.reviews_of(connection, review.sighting_id)
        unanswered = {one.id for one in siblings} - store.answered_by(
            connection, operator.id, [one.id for one in siblings]
        )
        still_asked = any(store.decision_of(connection, one) is None for one in unanswered)
        return Machine(
            statement=statement(finding.candidate.chance, band, "The unit's"),
            details=details(finding),
            second_look=second_look(finding, band),
            disagreements=disagreements(finding.look),
            raw=finding.candidate.raw,
            rank=None if still_asked else finding.candidate.rank,
            candidates=len(siblings),
        )

    def _find(self, connection: Connection, review_id: str, operator: Operator, *, lock: bool = False) -> Review:
        review = store.find_review(connection, review_id, lock=lock)
        # One of another site is no less unknown: that it exists says that somebody was recognised there.
        if review is None or not operator.sites.include(review.site):
            raise UnknownReviewError("There is no such review. Go back to the queue and choose one from the list.")
        return review


def _own(answers: Sequence[GivenAnswer], operator: Operator) -> GivenAnswer | None:
    return next((given for given in answers if given.operator_id == operator.id), None)


def _stage(own: GivenAnswer | None, decision: Decision | None) -> Stage:
    if decision is None:
        return Stage.ASKED if own is None else Stage.WAITING
    return Stage.DECIDED_BY_OTHERS if own is None else Stage.DECIDED


def _check_may_answer(earlier: Sequence[GivenAnswer], operator: Operator) -> None:
    if _own(earlier, operator) is not None:
        raise AlreadyAnsweredError("You have answered this review already. Your first answer stands.")
    if len(earlier) == 2:
        raise AlreadyDecidedError("Two colleagues have decided this review meanwhile. Your answer was not needed.")
