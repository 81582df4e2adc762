"""Reviews: opened, claimed, answered by two people apart from each other, and decided. What others may use is here."""

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.atrest import Vault
from hub.db import Database
from hub.review import answer_store, store
from hub.review.answering import Answering
from hub.review.checklist import Checklist, Feature, Seen
from hub.review.claims import Claims
from hub.review.conclusions import Answer, Outcome
from hub.review.controls import Controls
from hub.review.decisions import Decisions
from hub.review.ending import Endings
from hub.review.errors import (
    AlreadyAnsweredError,
    AlreadyDecidedError,
    FacesWithheldError,
    TakenError,
    UnknownReviewError,
)
from hub.review.lists import PAGE_LENGTH, Lists
from hub.review.model import (
    Draft,
    Kind,
    Review,
    ReviewFacts,
    ReviewId,
    ReviewRules,
    Side,
    Standing,
)
from hub.review.neighbours import Alerts, Cases, Matches, Sightings, Units
from hub.review.opening import Opening
from hub.review.own_work import OwnWork
from hub.review.showing import Showing
from hub.review.sources import RegisterSource, SightingSource, Source
from hub.review.urgency import Targets, Urgency
from hub.review.views import Comparison, DecidedItem, Queue
from hub.sites import Sites
from protocol.ids import CaseId, SightingId
from protocol.sighting import Candidate

__all__ = [
    "PAGE_LENGTH",
    "AlreadyAnsweredError",
    "AlreadyDecidedError",
    "Answer",
    "FacesWithheldError",
    "Feature",
    "Outcome",
    "ReviewFacts",
    "ReviewId",
    "ReviewRules",
    "ReviewService",
    "Seen",
    "Standing",
    "TakenError",
    "Targets",
    "UnknownReviewError",
    "Urgency",
]

_OF_A_REVIEW: Final = re.compile(r"/reviews/(?P<id>[0-9a-f]{16})/(?:answer|draft|release)")


class ReviewService:
    """Two people's judgement of each candidate. Every method joins the caller's transaction.

    `claims`: who holds what; `controls`: the known pairs among the others; `own_work`: how somebody does.
    """

    def __init__(
        self,
        database: Database,
        sightings: Sightings,
        cases: Cases,
        alerts: Alerts,
        units: Units,
        *,
        vault: Vault,
        matches: Matches | None = None,
        rules: ReviewRules | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`matches`: None for a hub that does not search its registers in each other."""
        rules = rules or ReviewRules()
        self._vault = vault
        self.claims = Claims(vault, rules.lease_minutes)
        self.controls = Controls(database, vault, rules, random)
        self.own_work = OwnWork()
        self._sources: dict[Kind, Source] = {
            Kind.SIGHTING: SightingSource(sightings, cases),
            Kind.CONTROL: self.controls,
        }
        if matches is not None:
            self._sources[Kind.REGISTER] = RegisterSource(matches, cases)
        self._opening = Opening(self._sources, sightings, cases, matches, self.controls, rules=rules, random=random)
        self._decisions = Decisions(self._sources, cases, matches, alerts, units)
        self._answering = Answering(vault, self.claims, self._decisions)
        self._endings = Endings(self._sources, self._decisions)
        self._lists = Lists(self._sources, cases)
        self._showing = Showing(self._sources, self.claims, self.controls, vault)

    def open(
        self, connection: Connection, *, sighting_id: SightingId, candidate: Candidate, at: int
    ) -> ReviewId | None:
        """Ask for two people's answers on one candidate; a pair that is asked about, or was rejected, only once.

        None: the same pair was rejected before and nothing about it is new, or its case has ended.
        """
        return self._opening.candidate(connection, sighting_id, candidate, at)

    def has_matches(self, connection: Connection) -> bool:
        """Whether the register's own search has found what no review was opened for."""
        return self._opening.has_matches(connection)

    def open_matches(self, connection: Connection, at: int) -> int:
        """Open the reviews that the register's own search asks for. Returns how many matches it took."""
        return self._opening.matches(connection, at)

    def end_with_cases(
        self, connection: Connection, cases: Collection[CaseId], actor: str, at: int
    ) -> Mapping[str, int]:
        """End the open reviews of cases that end, and forget who looked; how many of each thing there were."""
        return self._endings.with_cases(connection, cases, actor, at)

    def end_with_intake(
        self, connection: Connection, sighting: SightingId, reason: str, actor: str, at: int
    ) -> Mapping[str, int]:
        """The same for an intake that is about to be erased, with what people wrote of the face."""
        return self._endings.with_source(connection, sighting, reason, actor, at)

    def standing(self, connection: Connection, sighting: SightingId) -> Standing:
        """How far people have come with all candidates of an intake."""
        return store.standing_of(connection, sighting)

    def confirmed(self, connection: Connection, sighting: SightingId) -> list[ReviewId]:
        """The reviews of an intake that two people have confirmed."""
        return store.confirmed_of(connection, sighting)

    def open_count(self, connection: Connection) -> int:
        """How many reviews of children have no end yet."""
        return store.count_open(connection)

    def decided_count(self, connection: Connection, sites: Sites) -> int:
        """How many reviews of the sites have a decision."""
        return store.count_decided(connection, sites)

    def oldest_open(self, connection: Connection) -> int | None:
        """Since when (milliseconds since 1970 UTC) the oldest open review has waited; None where none is open."""
        return store.oldest_open(connection)

    def decided_counts(self, connection: Connection) -> Mapping[str, int]:
        """How many decisions of each outcome there are, none left out."""
        found = store.count_outcomes(connection)
        return {str(outcome): found.get(outcome, 0) for outcome in Outcome}

    def facts(self, connection: Connection, since: int) -> Iterator[ReviewFacts]:
        """What statistics need of the reviews opened from a moment on (milliseconds since 1970 UTC)."""
        return store.facts(connection, since)

    def queue(self, connection: Connection, operator: Operator, at: int) -> Queue:
        """The open reviews of one person's sites as they see them, by when they are due."""
        return self._lists.queue(connection, operator, at)

    def queue_fingerprint(self, connection: Connection, operator: Operator, at: int) -> str:
        """That of the queue which the person would see now."""
        return self._lists.fingerprint(connection, operator, at)

    def take(self, connection: Connection, review_id: str, operator: Operator, at: int) -> None:
        """Take a half of a review, so that nobody else does it meanwhile.

        Raises UnknownReviewError, AlreadyAnsweredError, AlreadyDecidedError or TakenError.
        """
        self.claims.take(connection, self._find(connection, review_id, operator, lock=True), operator, at)

    def take_next(self, connection: Connection, operator: Operator, at: int) -> ReviewId | None:
        """Take what is due first: the own begun one, then what waits for a senior, then the others. None: nothing."""
        for review in self._lists.due(connection, operator, at):
            try:
                self.take(connection, review.id, operator, at)
            except (AlreadyDecidedError, TakenError):
                continue  # A colleague was quicker.
            return review.id
        return None

    def decided(self, connection: Connection, sites: Sites) -> Sequence[DecidedItem]:
        """The newest decisions on children of the sites."""
        return self._lists.decided(connection, sites)

    def comparison(self, connection: Connection, review_id: str, operator: Operator, at: int) -> Comparison:
        """A review as one person may see it now. Raises UnknownReviewError."""
        return self._showing.comparison(connection, self._find(connection, review_id, operator), operator, at)

    def note_name(self, connection: Connection, review_id: str, operator: Operator, at: int) -> None:
        """The name that a child says is about to be shown to somebody who has answered; audited as `picture` is.

        Raises UnknownReviewError.
        """
        self._showing.note_name(connection, self._find(connection, review_id, operator), operator, at)

    def picture(
        self, connection: Connection, review_id: str, side: Side, operator: Operator, at: int, *, original: bool = False
    ) -> bytes:
        """One of the two faces, or its photograph, JPEG. A person's look of half an hour is audited with its purpose.

        Raises UnknownReviewError, or FacesWithheldError for somebody who neither holds the review nor answered it.
        """
        review = self._find(connection, review_id, operator)
        return self._showing.picture(connection, review, side, operator, at, original=original)

    def answer(
        self,
        connection: Connection,
        review_id: str,
        operator: Operator,
        answer: Answer,
        *,
        checklist: Checklist,
        comment: str,
        at: int,
    ) -> Outcome | None:
        """Record what one person says; the outcome where the answers decide now.

        Raises UnknownReviewError, AlreadyAnsweredError, AlreadyDecidedError, TakenError, ChecklistError or
        CommentError.
        """
        review = self._find(connection, review_id, operator, lock=True)
        return self._answering.answer(connection, review, operator, answer, checklist=checklist, comment=comment, at=at)

    def renew(self, connection: Connection, review_id: str, operator: Operator, at: int) -> None:
        """Hold the own half for longer. Raises UnknownReviewError or TakenError."""
        self.claims.renew(connection, self._find(connection, review_id, operator, lock=True), operator, at)

    def release(self, connection: Connection, review_id: str, operator: Operator, at: int) -> None:
        """Give the own half back. Raises UnknownReviewError."""
        self.claims.release(connection, self._find(connection, review_id, operator, lock=True), operator, at)

    def keep_draft(self, connection: Connection, review_id: str, operator: Operator, draft: Draft, at: int) -> None:
        """Keep what somebody has entered, encrypted, for them alone. Raises UnknownReviewError or CommentError."""
        review = self._find(connection, review_id, operator, lock=True)
        if (
            store.is_open(connection, review.id)
            and operator.id not in answer_store.answerers(connection, review.id).values()
        ):
            self.claims.keep(connection, review, operator, draft, at)

    def resume(
        self, connection: Connection, path: str, fields: Mapping[str, str], operator: Operator, at: int
    ) -> str | None:
        """Where to go on with a form of the comparison page that came after its session had ended.

        What it said is on that page again, not recorded yet. None: the form was another page's, or its review's end
        has come.
        """
        sent = _OF_A_REVIEW.fullmatch(path)
        if sent is None:
            return None
        try:
            review = self._find(connection, sent["id"], operator, lock=True)
        except UnknownReviewError:
            return None
        if not _may_still_answer(connection, review, operator):
            return None
        self.claims.resume(connection, review, operator, fields, at)
        return f"/reviews/{review.id}"

    def remark(self, connection: Connection, review_id: str, operator: Operator, text: str, at: int) -> None:
        """Add to an own answer what the machine's finding made somebody think of. The answer stays.

        Raises UnknownReviewError, CommentError, or ReviewError before the own answer.
        """
        self._answering.remark(connection, self._find(connection, review_id, operator), operator, text, at)

    def _find(self, connection: Connection, review_id: str, operator: Operator, *, lock: bool = False) -> Review:
        review = store.find_review(connection, review_id, lock=lock)
        # One of another site is no less unknown: that it exists says that somebody was recognised there.
        if review is None or not operator.sites.include(review.site):
            raise UnknownReviewError("There is no such review. Go back to the queue and choose one from the list.")
        return review


def _has_answered(connection: Connection, review: Review, operator: Operator) -> bool:
    return operator.id in answer_store.answerers(connection, review.id).values()


def _may_still_answer(connection: Connection, review: Review, operator: Operator) -> bool:
    return store.is_open(connection, review.id) and not _has_answered(connection, review, operator)
