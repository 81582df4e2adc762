"""What becomes of reviews whose case or intake ends before they do: nobody can compare a face that is gone."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.review import answer_store, claim_store, look_store, store
from hub.review.decisions import Decisions
from hub.review.model import CASE_ENDED, Kind, Review
from hub.review.sources import Source
from protocol.ids import CaseId


class Endings:
    """Ends reviews without a decision. Every method joins the caller's transaction."""

    def __init__(self, sources: Mapping[Kind, Source], decisions: Decisions) -> None:
        self._sources = sources
        self._decisions = decisions

    def with_cases(self, connection: Connection, cases: Collection[CaseId], actor: str, at: int) -> dict[str, int]:
        """End what is open about some cases, and forget who looked; how many of each thing there were.

        What people have answered stays, and so does every decision. The site of an intake that nobody looks into any
        more gets its notice, as after a decision.
        """
        looks = look_store.forget(connection, store.reviews_of_cases(connection, cases))
        waiting = store.open_reviews_of_cases(connection, cases)
        drafts = sum(self._end(connection, review, CASE_ENDED, actor, at) for review in waiting)
        return {"open reviews": len(waiting), "drafts of answers": drafts, "notes of looks": looks}

    def with_source(self, connection: Connection, source: str, reason: str, actor: str, at: int) -> dict[str, int]:
        """The same for one intake that is erased, while it is still here. What people wrote of the face goes too."""
        of_source = [review.id for review in store.reviews_of(connection, source)]
        looks = look_store.forget(connection, of_source)
        waiting = store.open_reviews_of_source(connection, source)
        drafts = sum(self._end(connection, review, reason, actor, at) for review in waiting)
        words = answer_store.empty_words(connection, of_source)
        counts = {"open reviews": len(waiting), "drafts of answers": drafts, "notes of looks": looks}
        return {**counts, "words of answers": words}

    def _end(self, connection: Connection, review: Review, reason: str, actor: str, at: int) -> int:
        drafts = store.close_review(connection, review.id)
        claim_store.drop_unanswered(connection, review.id)
        record(connection, AuditAction.REVIEW_ENDED, actor=actor, subject=review.id, at=at, reason=reason)
        subject = self._sources[review.kind].subject(connection, review)
        self._decisions.tell_site(connection, review, subject, actor, at)
        return drafts
