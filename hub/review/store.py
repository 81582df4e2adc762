"""Reading and writing reviews and decisions."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select

from hub.clock import HOUR
from hub.review.conclusions import Outcome
from hub.review.model import (
    Decision,
    Evidence,
    GivenAnswer,
    Kind,
    Pair,
    Review,
    ReviewFacts,
    ReviewId,
    Standing,
)
from hub.review.tables import decisions, drafts, reviews, waiting_reviews
from hub.review.urgency import Urgency
from hub.sites import Sites
from protocol.ids import CaseId, PhotoId, SightingId

_REAL = reviews.c.kind != str(Kind.CONTROL)


def add_review(connection: Connection, review: Review) -> None:
    """Insert a review, which waits for answers from now on."""
    connection.execute(
        insert(reviews).values(
            id=review.id,
            kind=str(review.kind),
            source=review.source,
            probe=review.pair.probe,
            probe_photo=review.pair.probe_photo,
            case_id=review.pair.case,
            photo_id=review.pair.photo,
            pack=review.pair.pack,
            site=review.site,
            urgency=str(review.urgency),
            opened_at=review.opened_at,
            due_at=review.due_at,
            earlier=review.earlier,
            evidence=None if review.evidence is None else str(review.evidence),
        )
    )
    connection.execute(insert(waiting_reviews).values(review_id=review.id, due_at=review.due_at))


def close_review(connection: Connection, review_id: ReviewId) -> int:
    """A review has come to its end: nobody is asked any more. How many drafts, recorded by nobody, are forgotten."""
    connection.execute(delete(waiting_reviews).where(waiting_reviews.c.review_id == review_id))
    return connection.execute(delete(drafts).where(drafts.c.review_id == review_id)).rowcount


def find_review(connection: Connection, review_id: str, *, lock: bool = False) -> Review | None:
    """A review; with `lock`, no other transaction claims or answers it until this one ends."""
    query = select(reviews).where(reviews.c.id == review_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else read_review(row)


def reviews_of(connection: Connection, source: str) -> list[Review]:
    """Every candidate of one search, in an order that says nothing of rank."""
    query = select(reviews).where(reviews.c.source == source).order_by(reviews.c.id)
    return [read_review(row) for row in connection.execute(query)]


def reviews_of_pair(
    connection: Connection, probes: Collection[str], cases: Collection[CaseId]
) -> list[tuple[Review, Outcome | None]]:
    """Every review of the same child and case, by any of their names, whatever the photographs; with its outcome.

    The newest comes first.
    """
    query = (
        select(reviews, decisions.c.outcome)
        .outerjoin_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(_REAL, reviews.c.case_id.in_(cases), reviews.c.probe.in_(probes))
        .order_by(reviews.c.opened_at.desc(), reviews.c.id)
    )
    return [
        (read_review(row), None if row.outcome is None else Outcome(row.outcome)) for row in connection.execute(query)
    ]


def reviews_of_cases(connection: Connection, cases: Collection[CaseId]) -> list[ReviewId]:
    """Every review in which one of the cases is one of the two sides."""
    return [ReviewId(found) for found in connection.scalars(select(reviews.c.id).where(_concerns(cases)))]


def standing_of(connection: Connection, source: str) -> Standing:
    """How far people have come with all candidates of one search."""
    if is_source_confirmed(connection, source):
        return Standing.CONFIRMED
    if is_source_open(connection, source):
        return Standing.UNDECIDED
    return Standing.REJECTED if reviews_of(connection, source) else Standing.NOT_ASKED


def open_reviews_of_source(connection: Connection, source: str) -> list[Review]:
    """Those that have no end yet. No other transaction claims or answers them until this one ends."""
    query = select(reviews).join(waiting_reviews).where(reviews.c.source == source).order_by(reviews.c.id)
    return [read_review(row) for row in connection.execute(query.with_for_update(of=reviews))]


def open_reviews_of_cases(connection: Connection, cases: Collection[CaseId]) -> list[Review]:
    """Those that have no end yet. No other transaction claims or answers them until this one ends."""
    query = select(reviews).join(waiting_reviews).where(_concerns(cases)).order_by(reviews.c.id)
    return [read_review(row) for row in connection.execute(query.with_for_update(of=reviews))]


def count_open(connection: Connection) -> int:
    """How many reviews of children have no end yet."""
    query = select(func.count()).select_from(waiting_reviews.join(reviews)).where(_REAL)
    return int(connection.execute(query).scalar_one())


def oldest_open(connection: Connection) -> int | None:
    """Since when the oldest of them has waited."""
    oldest: int | None = connection.scalar(
        select(func.min(reviews.c.opened_at)).select_from(waiting_reviews.join(reviews)).where(_REAL)
    )
    return oldest


def count_decided(connection: Connection, sites: Sites) -> int:
    """How many reviews of the sites have a decision."""
    query = select(func.count()).select_from(decisions.join(reviews, decisions.c.review_id == reviews.c.id))
    return int(connection.execute(query.where(sites.condition(reviews.c.site))).scalar_one())


def count_outcomes(connection: Connection) -> Mapping[Outcome, int]:
    """How many decisions of each outcome there are."""
    query = select(decisions.c.outcome, func.count().label("total")).group_by(decisions.c.outcome)
    return {Outcome(row.outcome): row.total for row in connection.execute(query)}


def facts(connection: Connection, since: int) -> Iterator[ReviewFacts]:
    """What statistics need of the intakes' reviews opened from a moment on."""
    query = (
        select(reviews.c.id, reviews.c.source, reviews.c.opened_at, decisions.c.outcome, decisions.c.at)
        .outerjoin_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(reviews.c.opened_at >= since, reviews.c.kind == str(Kind.SIGHTING))
    )
    for row in connection.execute(query):
        outcome = None if row.outcome is None else Outcome(row.outcome)
        hours = None if row.at is None else (row.at - row.opened_at) / HOUR
        yield ReviewFacts(ReviewId(row.id), SightingId(row.source), outcome, hours)


def decided_reviews(connection: Connection, sites: Sites, limit: int) -> list[tuple[Review, Decision]]:
    """The sites' reviews with their decisions, newest decision first."""
    query = (
        select(reviews, decisions.c.outcome, decisions.c.at)
        .join_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
        .where(sites.condition(reviews.c.site))
        .order_by(decisions.c.at.desc(), reviews.c.id)
        .limit(limit)
    )
    return [(read_review(row), _decision(row.id, row)) for row in connection.execute(query)]


def is_confirmed_elsewhere(connection: Connection, review: Review) -> bool:
    """Whether another review of the same case has been confirmed."""
    return _any(
        connection,
        (reviews.c.case_id == review.pair.case)
        & (reviews.c.id != review.id)
        & (decisions.c.outcome == str(Outcome.CONFIRMED)),
    )


def confirmed_of(connection: Connection, source: str) -> list[ReviewId]:
    """The confirmed reviews of one search."""
    query = select(reviews.c.id).join_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
    confirmed = query.where(reviews.c.source == source, decisions.c.outcome == str(Outcome.CONFIRMED))
    return [ReviewId(found) for found in connection.scalars(confirmed.order_by(reviews.c.id))]


def is_source_confirmed(connection: Connection, source: str) -> bool:
    """Whether a review of the same search has been confirmed."""
    return _any(connection, (reviews.c.source == source) & (decisions.c.outcome == str(Outcome.CONFIRMED)))


def is_open(connection: Connection, review_id: ReviewId) -> bool:
    """Whether a review has no end yet."""
    query = select(waiting_reviews.c.review_id).where(waiting_reviews.c.review_id == review_id)
    return connection.execute(query).one_or_none() is not None


def is_source_open(connection: Connection, source: str) -> bool:
    """Whether a review of the same search has no end yet."""
    query = select(reviews.c.id).join(waiting_reviews).where(reviews.c.source == source).limit(1)
    return connection.execute(query).one_or_none() is not None


def add_decision(
    connection: Connection, review: Review, decision: Decision, first: GivenAnswer, second: GivenAnswer
) -> None:
    """Insert a decision. The database refuses one that two different people's answers do not bear out."""
    connection.execute(
        insert(decisions).values(
            review_id=decision.review_id,
            kind=str(review.kind),
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


def read_review(row: Row[tuple[object, ...]]) -> Review:
    """A review from its columns."""
    return Review(
        id=ReviewId(row.id),
        kind=Kind(row.kind),
        source=row.source,
        pair=Pair(row.probe, row.probe_photo, CaseId(row.case_id), PhotoId(row.photo_id), row.pack),
        site=row.site,
        urgency=Urgency(row.urgency),
        opened_at=row.opened_at,
        due_at=row.due_at,
        earlier=None if row.earlier is None else ReviewId(row.earlier),
        evidence=None if row.evidence is None else Evidence(row.evidence),
    )


def _concerns(cases: Collection[CaseId]) -> ColumnElement[bool]:
    found_child = (reviews.c.kind == str(Kind.REGISTER)) & reviews.c.probe.in_(cases)
    return _REAL & (reviews.c.case_id.in_(cases) | found_child)


def _any(connection: Connection, condition: ColumnElement[bool]) -> bool:
    joined = select(reviews.c.id).join_from(reviews, decisions, decisions.c.review_id == reviews.c.id)
    return bool(connection.scalar(select(exists(joined.where(condition)))))


def _decision(review_id: str, row: Row[tuple[object, ...]]) -> Decision:
    return Decision(ReviewId(review_id), Outcome(row.outcome), row.at)
