"""Reading and writing what is in somebody's hands: claims, drafts, and the queue that follows from them."""

import json

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, insert, or_, select, update

from hub.atrest import Vault
from hub.review import checklist
from hub.review.conclusions import Answer
from hub.review.model import SENIOR, Claim, Draft, Kind, Review, ReviewId
from hub.review.store import read_review
from hub.review.tables import answers, claims, drafts, reviews, waiting_reviews
from hub.sites import Sites


def claims_of(connection: Connection, review_id: ReviewId) -> list[Claim]:
    """Every half that somebody has taken, answered or not, expired or not."""
    query = select(claims).where(claims.c.review_id == review_id).order_by(claims.c.position)
    return [_claim(row) for row in connection.execute(query)]


def add_claim(connection: Connection, claim: Claim) -> None:
    """Insert a claim. The database refuses it for a half that is taken, and a second half for one person."""
    connection.execute(
        insert(claims).values(
            review_id=claim.review_id,
            position=claim.position,
            operator_id=claim.operator_id,
            claimed_at=claim.claimed_at,
            expires_at=claim.expires_at,
        )
    )


def take_over(connection: Connection, claim: Claim) -> None:
    """Put a claim in the place of one that has expired; the database refuses it where the half was answered."""
    connection.execute(
        update(claims)
        .where(
            claims.c.review_id == claim.review_id,
            claims.c.position == claim.position,
            claims.c.expires_at <= claim.claimed_at,
        )
        .values(operator_id=claim.operator_id, claimed_at=claim.claimed_at, expires_at=claim.expires_at)
    )


def renew(connection: Connection, review_id: ReviewId, operator: int, until: int) -> bool:
    """Whether the person still holds a claim, which now lasts until a later moment."""
    own = (claims.c.review_id == review_id) & (claims.c.operator_id == operator)
    return connection.execute(update(claims).where(own).values(expires_at=until)).rowcount == 1


def holds(connection: Connection, review_id: ReviewId, operator: int) -> bool:
    """Whether a half is a person's, expired or not, because nobody else has taken it since."""
    query = select(claims.c.position).where(claims.c.review_id == review_id, claims.c.operator_id == operator)
    return connection.execute(query).one_or_none() is not None


def release(connection: Connection, review_id: ReviewId, operator: int) -> bool:
    """Give a half back that was not answered; whether there was one."""
    own = (claims.c.review_id == review_id) & (claims.c.operator_id == operator)
    return connection.execute(delete(claims).where(own, ~_answered())).rowcount == 1


def drop_unanswered(connection: Connection, review_id: ReviewId) -> None:
    """Nobody holds a half any more that they have not answered."""
    connection.execute(delete(claims).where(claims.c.review_id == review_id, ~_answered()))


def put_draft(
    connection: Connection, review_id: ReviewId, operator: int, draft: Draft, vault: Vault, *, at: int
) -> None:
    """Keep what somebody has entered in the place of what they had entered before."""
    forget_draft(connection, review_id, operator)
    text = json.dumps(
        {"answer": draft.answer, "checklist": checklist.to_text(draft.checklist), "comment": draft.comment}
    )
    connection.execute(
        insert(drafts).values(
            review_id=review_id,
            operator_id=operator,
            sealed_draft=vault.encrypt(text.encode(), _draft_place(review_id, operator)),
            saved_at=at,
        )
    )


def forget_draft(connection: Connection, review_id: ReviewId, operator: int) -> None:
    """What was entered has been recorded."""
    connection.execute(delete(drafts).where(drafts.c.review_id == review_id, drafts.c.operator_id == operator))


def draft_of(connection: Connection, review_id: ReviewId, operator: int, vault: Vault) -> Draft | None:
    """What a person has entered and not recorded."""
    query = select(drafts.c.sealed_draft)
    sealed = connection.scalar(query.where(drafts.c.review_id == review_id, drafts.c.operator_id == operator))
    if sealed is None:
        return None
    kept = json.loads(vault.decrypt(sealed, _draft_place(review_id, operator)))
    answer = None if kept["answer"] is None else Answer(kept["answer"])
    return Draft(answer, checklist.from_text(kept["checklist"]), kept["comment"])


def begun(connection: Connection, operator: int, sites: Sites, at: int) -> list[Review]:
    """What a person has taken and not answered, and still holds."""
    query = _waiting(at).join(claims, claims.c.review_id == reviews.c.id)
    own = (sites.condition(reviews.c.site), claims.c.operator_id == operator)
    query = query.where(*own, claims.c.expires_at > at, ~_answered())
    return _read(connection, query)


def free(connection: Connection, operator: int, sites: Sites, at: int, limit: int) -> list[Review]:
    """What a person can take as one of the first two, what is due first before the others."""
    gone = _taken_by_others(operator, at).where(claims.c.position != SENIOR).scalar_subquery()
    query = _waiting(at).where(sites.condition(reviews.c.site), ~_touched(operator, at), gone < 2)
    return _read(connection, query.limit(limit))


def disputed(connection: Connection, operator: int, sites: Sites, at: int, limit: int) -> list[Review]:
    """What a senior can take: two people have answered, and it was not decided."""
    gone = _taken_by_others(operator, at).where(claims.c.position == SENIOR).scalar_subquery()
    query = _waiting(at).where(
        sites.condition(reviews.c.site),
        reviews.c.kind != str(Kind.CONTROL),
        ~_touched(operator, at),
        _given() == 2,
        gone == 0,
    )
    return _read(connection, query.limit(limit))


def answered(connection: Connection, operator: int, at: int, limit: int) -> list[Review]:
    """What a person has answered and others have not yet. Control pairs wait for nobody."""
    own = exists().where(answers.c.review_id == reviews.c.id, answers.c.operator_id == operator)
    return _read(connection, _waiting(at).where(own, reviews.c.kind != str(Kind.CONTROL)).limit(limit))


def _waiting(at: int) -> Select[tuple[object, ...]]:
    return (
        select(reviews)
        .join_from(waiting_reviews, reviews, waiting_reviews.c.review_id == reviews.c.id)
        .where(reviews.c.opened_at <= at)  # control pairs are prepared ahead of their time
        .order_by(waiting_reviews.c.due_at, reviews.c.id)
    )


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[Review]:
    return [read_review(row) for row in connection.execute(query)]


def _answered() -> ColumnElement[bool]:
    return exists().where(answers.c.review_id == claims.c.review_id, answers.c.position == claims.c.position)


def _given() -> ColumnElement[int]:
    return select(func.count()).select_from(answers).where(answers.c.review_id == reviews.c.id).scalar_subquery()


def _taken_by_others(operator: int, at: int) -> Select[int]:
    return (
        select(func.count())
        .select_from(claims)
        .where(
            claims.c.review_id == reviews.c.id,
            claims.c.operator_id != operator,
            or_(claims.c.expires_at > at, _answered()),
        )
    )


def _touched(operator: int, at: int) -> ColumnElement[bool]:
    own = and_(claims.c.review_id == reviews.c.id, claims.c.operator_id == operator)
    return exists().where(own, or_(claims.c.expires_at > at, _answered()))


def _claim(row: Row[tuple[object, ...]]) -> Claim:
    return Claim(ReviewId(row.review_id), row.position, row.operator_id, row.claimed_at, row.expires_at)


def _draft_place(review_id: str, operator: int) -> str:
    return f"drafts/draft/{review_id}/{operator}"
