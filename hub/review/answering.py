"""What one person says of a review: the answer, which stays, and what they add once they have read the machine's."""

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.review import answer_store, claim_store
from hub.review.checklist import Checklist, require_complete
from hub.review.claims import Claims, require_length
from hub.review.conclusions import Answer, Outcome
from hub.review.decisions import Decisions
from hub.review.errors import CommentError, ReviewError
from hub.review.model import GivenAnswer, Remark, Review


class Answering:
    """Records it. Every method joins the caller's transaction."""

    def __init__(self, vault: Vault, claims: Claims, decisions: Decisions) -> None:
        """`vault` encrypts what people write."""
        self._vault = vault
        self._claims = claims
        self._decisions = decisions

    def answer(
        self,
        connection: Connection,
        review: Review,
        operator: Operator,
        answer: Answer,
        *,
        checklist: Checklist,
        comment: str,
        at: int,
    ) -> Outcome | None:
        """Record one person's answer to a locked review; the outcome where the answers decide now.

        Raises AlreadyAnsweredError, AlreadyDecidedError, TakenError, ChecklistError or CommentError.
        """
        comment = comment.strip()
        require_length(comment)
        require_complete(checklist)
        claim = self._claims.hold(connection, review, operator, at)
        given = GivenAnswer(claim.position, operator.id, answer, checklist, comment, claim.claimed_at, at)
        answer_store.add_answer(connection, review.id, given, self._vault)
        claim_store.forget_draft(connection, review.id, operator.id)
        action, name = AuditAction.REVIEW_ANSWERED, operator.name
        position = given.position
        record(connection, action, actor=name, subject=review.id, at=at, position=position, answer=str(answer))
        answers = answer_store.answers_of(connection, review.id, self._vault)
        return self._decisions.decide(connection, review, answers, operator, at)

    def remark(self, connection: Connection, review: Review, operator: Operator, text: str, at: int) -> None:
        """Add to an own answer. Raises CommentError, or ReviewError before the own answer."""
        text = text.strip()
        require_length(text)
        if not text:
            raise CommentError("Write what you want to add.")
        if operator.id not in answer_store.answerers(connection, review.id).values():
            raise ReviewError("Answer first. You can add a remark when you have read what the machine found.")
        answer_store.add_remark(connection, review.id, Remark(operator.id, text, at), self._vault)
        record(connection, AuditAction.REVIEW_REMARKED, actor=operator.name, subject=review.id, at=at)
