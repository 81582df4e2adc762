"""Taking a half of a review, for a time, so that no two people do it twice; and what was entered meanwhile."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from faults import Sentence
from hub.access.service import Operator, Role
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import MINUTE
from hub.review import answer_store, claim_store, store
from hub.review.checklist import Feature, Seen
from hub.review.conclusions import Answer
from hub.review.errors import AlreadyAnsweredError, AlreadyDecidedError, CommentError, TakenError
from hub.review.model import MAX_COMMENT, SENIOR, Claim, Draft, Kind, Review, ReviewId

_AFTER = Sentence("Choose another from the list.")
_RUN_OUT = Sentence("Your time for this review has run out and a colleague has taken it. What you entered is kept.")


class Claims:
    """Who has taken what. Every method joins the caller's transaction and expects its review to be locked."""

    def __init__(self, vault: Vault, lease_minutes: int) -> None:
        self._vault = vault
        self._lease = lease_minutes * MINUTE

    def take(self, connection: Connection, review: Review, operator: Operator, at: int) -> Claim:
        """Take a free half, or go on with the own one.

        Raises AlreadyAnsweredError, AlreadyDecidedError or TakenError.
        """
        halves = claim_store.claims_of(connection, review.id)
        given = answer_store.answerers(connection, review.id)
        if operator.id in given.values():
            raise AlreadyAnsweredError("You have answered this review already. Your first answer stands.")
        positions = _open_to(review, operator, len(given))
        if not positions or store.decision_of(connection, review.id) is not None:
            raise AlreadyDecidedError("Colleagues have answered this review meanwhile. {after}", after=_AFTER)
        if not store.is_open(connection, review.id):
            raise AlreadyDecidedError("The case has ended meanwhile: nothing more is decided. {after}", after=_AFTER)
        own = next((half for half in halves if half.operator_id == operator.id and half.position in positions), None)
        if own is not None:
            claim_store.renew(connection, review.id, operator.id, at + self._lease)
            return own
        position = _free(halves, positions, given.keys(), at)
        claim = Claim(review.id, position, operator.id, at, at + self._lease)
        if any(half.position == position for half in halves):
            claim_store.take_over(connection, claim)
        else:
            claim_store.add_claim(connection, claim)
        record(
            connection,
            AuditAction.REVIEW_CLAIMED,
            actor=operator.name,
            subject=review.id,
            at=at,
            position=position,
        )
        return claim

    def hold(self, connection: Connection, review: Review, operator: Operator, at: int) -> Claim:
        """As `take`, for somebody who has worked on it; where a colleague has it by now, TakenError says so."""
        try:
            return self.take(connection, review, operator, at)
        except TakenError as error:
            raise TakenError(_RUN_OUT) from error

    def renew(self, connection: Connection, review: Review, operator: Operator, at: int) -> int:
        """Hold the own half for longer. Returns until when. Raises TakenError where a colleague has it by now."""
        until = at + self._lease
        if not claim_store.renew(connection, review.id, operator.id, until):
            raise TakenError(_RUN_OUT)
        return until

    def release(self, connection: Connection, review: Review, operator: Operator, at: int) -> None:
        """Give the own half back. What was entered is kept."""
        if claim_store.release(connection, review.id, operator.id):
            record(connection, AuditAction.REVIEW_RELEASED, actor=operator.name, subject=review.id, at=at)

    def holder(self, connection: Connection, review: Review, operator: Operator, at: int) -> Claim | None:
        """The person's own claim, if it has not expired and waits for an answer."""
        halves = claim_store.claims_of(connection, review.id)
        return next((half for half in halves if half.operator_id == operator.id and half.expires_at > at), None)

    def is_free(self, connection: Connection, review: Review, operator: Operator, at: int) -> bool:
        """Whether the person could take a half now."""
        halves = claim_store.claims_of(connection, review.id)
        given = answer_store.answerers(connection, review.id)
        return bool(_untaken(halves, _open_to(review, operator, len(given)), given.keys(), at))

    def keep(self, connection: Connection, review: Review, operator: Operator, draft: Draft, at: int) -> None:
        """Keep what was entered, encrypted, until it is recorded or the review ends. Raises CommentError."""
        require_length(draft.comment)
        claim_store.put_draft(connection, review.id, operator.id, draft, self._vault, at=at)

    def resume(
        self, connection: Connection, review: Review, operator: Operator, fields: Mapping[str, str], at: int
    ) -> None:
        """Take up again what a session's end interrupted: what was entered, and the review where it is still free."""
        self.keep(connection, review, operator, _draft_of(fields), at)
        if self.is_free(connection, review, operator, at) or claim_store.holds(connection, review.id, operator.id):
            self.take(connection, review, operator, at)

    def draft(self, connection: Connection, review_id: ReviewId, operator: Operator) -> Draft | None:
        """What this person has entered before."""
        return claim_store.draft_of(connection, review_id, operator.id, self._vault)


def require_length(comment: str) -> None:
    """Raises CommentError."""
    if len(comment) > MAX_COMMENT:
        raise CommentError(
            "The comment has more than {most} characters. Shorten it and answer again.", most=MAX_COMMENT
        )


def _draft_of(fields: Mapping[str, str]) -> Draft:
    checklist = {
        feature: Seen(fields[feature.name.lower()])
        for feature in Feature
        if fields.get(feature.name.lower()) in set(Seen)
    }
    answer = Answer(fields["answer"]) if fields.get("answer") in set(Answer) else None
    # Of a form as the browser sent it, with two letters for each line break.
    return Draft(answer, checklist, fields.get("comment", "").replace("\r\n", "\n")[:MAX_COMMENT])


def _open_to(review: Review, operator: Operator, given: int) -> set[int]:
    if given < SENIOR - 1:
        return {1, 2}
    may_settle = given == SENIOR - 1 and review.kind is not Kind.CONTROL and operator.may(Role.SENIOR_REVIEWER)
    return {SENIOR} if may_settle else set()


def _free(halves: list[Claim], positions: set[int], answered: Collection[int], at: int) -> int:
    free = sorted(_untaken(halves, positions, answered, at))
    if not free:
        raise TakenError("Colleagues are working on this review. {after}", after=_AFTER)
    # A half that nobody has begun comes before one that somebody left.
    return min(free, key=lambda position: any(half.position == position for half in halves))


def _untaken(halves: list[Claim], positions: set[int], answered: Collection[int], at: int) -> set[int]:
    held = {half.position for half in halves if half.expires_at > at}
    return positions - held - set(answered)
