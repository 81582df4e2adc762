"""Tables of reviews, answers and decisions. The rule of two people is in their keys, checks and triggers."""

from collections.abc import Iterator, Sequence

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    exists,
    func,
    insert,
    select,
)

from hub.atrest import Vault
from hub.clock import HOUR
from hub.db import metadata
from hub.review.model import Answer, Decision, GivenAnswer, Outcome, Purpose, Review, ReviewFacts, ReviewId
from hub.sites import Sites
from protocol.ids import CaseId, PhotoId, SightingId, SiteId

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("sighting_id", String(32), nullable=False),
    Column("case_id", String(130), nullable=False, index=True),
    Column("photo_id", String(16), nullable=False),
    Column("site", String(130), nullable=False, server_default=""),  # of the intake; none: shown to the whole hub alone
    Column("opened_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("sighting_id", "case_id"),
)

answers = Table(
    "answers",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("comment", LargeBinary, nullable=False),  # encrypted
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("review_id", "operator_id"),
    UniqueConstraint("review_id", "operator_id", "answer"),  # what a decision refers to
    CheckConstraint("position IN (1, 2)", name="position"),
    CheckConstraint("answer IN ('same', 'different', 'cannot-tell')", name="answer"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("review_id", String(16), primary_key=True),
    Column("first_operator", Integer, nullable=False),
    Column("first_answer", String(16), nullable=False),
    Column("second_operator", Integer, nullable=False),
    Column("second_answer", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    ForeignKeyConstraint(
        ["review_id", "first_operator", "first_answer"],
        ["answers.review_id", "answers.operator_id", "answers.answer"],
    ),
    ForeignKeyConstraint(
        ["review_id", "second_operator", "second_answer"],
        ["answers.review_id", "answers.operator_id", "answers.answer"],
    ),
    UniqueConstraint("review_id", "outcome"),  # what an alert refers to
    CheckConstraint("first_operator <> second_operator", name="two_people"),
    CheckConstraint(
        "outcome = CASE"
        " WHEN first_answer = 'same' AND second_answer = 'same' THEN 'confirmed'"
        " WHEN first_answer = 'different' AND second_answer = 'different' THEN 'rejected'"
        " ELSE 'unresolved' END",
        name="outcome_follows",
    ),
)

face_views = Table(
    "face_views",
    metadata,
    Column("review_id", String(16), ForeignKey("reviews.id"), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), primary_key=True, autoincrement=False),
    Column("purpose", String(16), primary_key=True),
    Column("noted_at", BigInteger, nullable=False),
)

_decided = exists().where(decisions.c.review_id == reviews.c.id)


def add_review(connection: Connection, review: Review) -> None:
    """Insert a review."""
    connection.execute(
        insert(reviews).values(
            id=review.id,
            sighting_id=review.sighting_id,
            case_id=review.case,
            photo_id=review.photo,
            site=review.site,
            opened_at=review.opened_at,
        )
    )


def find_review(connection: Connection, review_id: str, *, lock: bool = False) -> Review | None:
    """A review; with `lock`, no other transaction answers it until this one ends."""
    query = select(reviews).where(reviews.c.id == review_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _review(row)


def reviews_of(connection: Connection, sighting_id: SightingId) -> list[Review]:
    """Every candidate of an intake, in an order that says nothing of rank."""
    query = select(reviews).where(reviews.c.sighting_id == sighting_id).order_by(reviews.c.id)
    return [_review(row) for row in connection.execute(query)]


def open_reviews(connection: Connection, sites: Sites, limit: int) -> list[Review]:
    """The sites' reviews without a decision, oldest first; those of one moment by their random identifiers."""
    query = (
        select(reviews)
        .where(~_decided, sites.condition(reviews.c.site))
        .order_by(reviews.c.opened_at, reviews.c.id)
        .limit(limit)
    )
    return [_review(row) for row in connection.execute(query)]


def count_open(connection: Connection, sites: Sites) -> int:
    """How many reviews of the sites have no decision."""
    return _count(connection, ~_decided & sites.condition(reviews.c.site))


def count_decided(connection: Connection, sites: Sites) -> int:
    """How many reviews of the sites have a decision."""
    return _count(connection, _decided & sites.condition(reviews.c.site))


def oldest_open(connection: Connection) -> int | None:
    """Since when the oldest review without a decision has waited."""
    oldest: int | None = connection.scalar(select(func.min(reviews.c.opened_at)).where(~_decided))
    return oldest


def count_outcomes(connection: Connection) -> dict[Outcome, int]:
    """How many decisions of each outcome there are."""
    query = select(decisions.c.outcome, func.count().label("total")).group_by(decisions.c.outcome)
    return {Outcome(row.outcome): row.total for row in connection.execute(query)}


def facts(connection: Connection, since: int) -> Iterator[ReviewFacts]:
    """What statistics need of the reviews opened from a moment on."""
    query = (
        select(reviews.c.id, reviews.c.sighting_id, reviews.c.opened_at, decisions.c.outcome, decisions.c.at)
        .outerjoin_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(reviews.c.opened_at >= since)
    )
    for row in connection.execute(query):
        outcome = None if row.outcome is None else Outcome(row.outcome)
        hours = None if row.at is None else (row.at - row.opened_at) / HOUR
        yield ReviewFacts(ReviewId(row.id), SightingId(row.sighting_id), outcome, hours)


def decided_reviews(connection: Connection, sites: Sites, limit: int) -> list[tuple[Review, Decision]]:
    """The sites' reviews with their decisions, newest decision first."""
    query = (
        select(reviews, decisions.c.outcome, decisions.c.at)
        .join_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(sites.condition(reviews.c.site))
        .order_by(decisions.c.at.desc(), reviews.c.id)
        .limit(limit)
    )
    return [(_review(row), _decision(row.id, row)) for row in connection.execute(query)]


def is_confirmed_elsewhere(connection: Connection, review: Review) -> bool:
    """Whether another review of the same case has been confirmed."""
    query = (
        select(reviews.c.id)
        .join_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(
            reviews.c.case_id == review.case, reviews.c.id != review.id, decisions.c.outcome == str(Outcome.CONFIRMED)
        )
        .limit(1)
    )
    return connection.execute(query).one_or_none() is not None


def add_answer(connection: Connection, review_id: ReviewId, given: GivenAnswer, vault: Vault) -> None:
    """Insert an answer. The database refuses a third, and a second of the same person."""
    connection.execute(
        insert(answers).values(
            review_id=review_id,
            position=given.position,
            operator_id=given.operator_id,
            answer=str(given.answer),
            comment=vault.encrypt(given.comment.encode(), _comment_place(review_id, given.position)),
            at=given.at,
        )
    )


def answers_of(connection: Connection, review_id: ReviewId, vault: Vault) -> list[GivenAnswer]:
    """The answers of a review, the first one first."""
    query = select(answers).where(answers.c.review_id == review_id).order_by(answers.c.position)
    return [
        GivenAnswer(
            row.position,
            row.operator_id,
            Answer(row.answer),
            vault.decrypt(row.comment, _comment_place(review_id, row.position)).decode(),
            row.at,
        )
        for row in connection.execute(query)
    ]


def answered_by(connection: Connection, operator: int, review_ids: Sequence[ReviewId]) -> frozenset[ReviewId]:
    """Which of the reviews a person has answered."""
    query = select(answers.c.review_id).where(answers.c.operator_id == operator, answers.c.review_id.in_(review_ids))
    return frozenset(ReviewId(row.review_id) for row in connection.execute(query))


def add_decision(connection: Connection, decision: Decision, first: GivenAnswer, second: GivenAnswer) -> None:
    """Insert a decision. The database refuses one that two different people's answers do not bear out."""
    connection.execute(
        insert(decisions).values(
            review_id=decision.review_id,
            first_operator=first.operator_id,
            first_answer=str(first.answer),
            second_operator=second.operator_id,
            second_answer=str(second.answer),
            outcome=str(decision.outcome),
            at=decision.at,
        )
    )


def decision_of(connection: Connection, review_id: ReviewId) -> Decision | None:
    """The decision of a review."""
    row = connection.execute(select(decisions).where(decisions.c.review_id == review_id)).one_or_none()
    return None if row is None else _decision(review_id, row)


def note_face_view(
    connection: Connection, review_id: ReviewId, operator: int, purpose: Purpose, *, at: int, lasts: int
) -> bool:
    """Note that a person looks at the faces; whether it is a look of its own, and not still the one of `lasts` ago."""
    same = (
        (face_views.c.review_id == review_id)
        & (face_views.c.operator_id == operator)
        & (face_views.c.purpose == str(purpose))
    )
    if connection.execute(select(face_views).where(same, face_views.c.noted_at > at - lasts)).one_or_none() is not None:
        return False
    connection.execute(delete(face_views).where(same))
    connection.execute(
        insert(face_views).values(review_id=review_id, operator_id=operator, purpose=str(purpose), noted_at=at)
    )
    return True


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(reviews).where(condition)).scalar_one())


def _comment_place(review_id: str, position: int) -> str:
    return f"answers/comment/{review_id}/{position}"


def _review(row: Row[tuple[object, ...]]) -> Review:
    return Review(
        ReviewId(row.id),
        SightingId(row.sighting_id),
        CaseId(row.case_id),
        PhotoId(row.photo_id),
        SiteId(row.site),
        row.opened_at,
    )


def _decision(review_id: str, row: Row[tuple[object, ...]]) -> Decision:
    return Decision(ReviewId(review_id), Outcome(row.outcome), row.at)
