"""Reading and writing control pairs and what people answered to them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select, update

from hub.review.conclusions import Answer
from hub.review.model import ControlPair, ReviewId, Trial
from hub.review.tables import answers, control_pairs, control_reviews
from protocol.person import AgeBand, BirthBand, Sex


@dataclass(frozen=True, slots=True)
class SealedPictures:
    """Encrypted: the probe's face, the reference's face, and the reference's photograph."""

    probe: bytes
    reference: bytes
    original: bytes


@dataclass(frozen=True, slots=True)
class Disguise:
    """What a control pair's review says of its intake, so that it looks like any other."""

    pair_id: str
    reference: str
    unit: str
    captured_at: int


def put_pair(connection: Connection, pair: ControlPair, origin: str, pictures: SealedPictures, at: int) -> None:
    """Insert a pair, or take one up again that had been retired."""
    again = update(control_pairs).where(control_pairs.c.id == pair.id).values(retired_at=None)
    if connection.execute(again).rowcount:
        return
    connection.execute(
        insert(control_pairs).values(
            id=pair.id,
            same=pair.same,
            sex=str(pair.sex),
            age_band=str(pair.age_band),
            born_from=pair.birth.earliest.ordinal,
            born_to=pair.birth.latest.ordinal,
            taken=pair.taken,
            doubt=pair.doubt,
            origin=origin,
            sealed_probe=pictures.probe,
            sealed_reference=pictures.reference,
            sealed_original=pictures.original,
            added_at=at,
        )
    )


def retire_others(connection: Connection, kept: Sequence[str], at: int) -> int:
    """Ask nobody about any other pair any more. Returns how many there were."""
    others = control_pairs.c.id.not_in(kept) & control_pairs.c.retired_at.is_(None)
    return connection.execute(update(control_pairs).where(others).values(retired_at=at)).rowcount


def least_used(connection: Connection) -> list[str]:
    """The pairs in use that were asked about least often, in the order of their identifiers."""
    used = select(func.count()).select_from(control_reviews).where(control_reviews.c.pair_id == control_pairs.c.id)
    query = select(control_pairs.c.id, used.scalar_subquery().label("used")).where(control_pairs.c.retired_at.is_(None))
    rows = connection.execute(query.order_by(control_pairs.c.id)).all()
    fewest = min((row.used for row in rows), default=0)
    return [row.id for row in rows if row.used == fewest]


def find_pair(connection: Connection, pair_id: str) -> ControlPair:
    """A pair that there is."""
    row = connection.execute(select(control_pairs).where(control_pairs.c.id == pair_id)).one()
    return _pair(row)


def pictures_of(connection: Connection, review_id: ReviewId) -> tuple[str, SealedPictures]:
    """The pair of a control review and its pictures."""
    query = select(control_pairs).join(control_reviews).where(control_reviews.c.review_id == review_id)
    row = connection.execute(query).one()
    return row.id, SealedPictures(row.sealed_probe, row.sealed_reference, row.sealed_original)


def put_disguise(connection: Connection, review_id: ReviewId, disguise: Disguise) -> None:
    """Say what a control review looks like."""
    connection.execute(
        insert(control_reviews).values(
            review_id=review_id,
            pair_id=disguise.pair_id,
            reference=disguise.reference,
            unit=disguise.unit,
            captured_at=disguise.captured_at,
        )
    )


def find_disguise(connection: Connection, review_id: ReviewId) -> Disguise:
    """Of a control review."""
    row = connection.execute(select(control_reviews).where(control_reviews.c.review_id == review_id)).one()
    return _disguise(row)


def disguises(connection: Connection, wanted: Collection[ReviewId]) -> dict[ReviewId, tuple[Disguise, AgeBand]]:
    """The disguises of control reviews, each with its pair's age band."""
    query = select(control_reviews, control_pairs.c.age_band).join(control_pairs)
    rows = connection.execute(query.where(control_reviews.c.review_id.in_(wanted)))
    return {ReviewId(row.review_id): (_disguise(row), AgeBand(row.age_band)) for row in rows}


def trials(connection: Connection, operator: int | None = None) -> dict[int, list[Trial]]:
    """What each person, or one, answered to control pairs, the oldest first."""
    query = (
        select(answers, control_pairs.c.same)
        .join_from(answers, control_reviews, control_reviews.c.review_id == answers.c.review_id)
        .join(control_pairs)
        .order_by(answers.c.at)
    )
    found: dict[int, list[Trial]] = defaultdict(list)
    for row in connection.execute(query if operator is None else query.where(answers.c.operator_id == operator)):
        found[row.operator_id].append(Trial(row.same, Answer(row.answer), row.began_at, row.at))
    return dict(found)


def times(connection: Connection, operator: int, since: int) -> list[tuple[int, int]]:
    """When a person began and ended each answer from a moment on, the oldest first."""
    query = select(answers.c.began_at, answers.c.at).where(answers.c.operator_id == operator, answers.c.at >= since)
    return [(row.began_at, row.at) for row in connection.execute(query.order_by(answers.c.at))]


def _disguise(row: Row[tuple[object, ...]]) -> Disguise:
    return Disguise(row.pair_id, row.reference, row.unit, row.captured_at)


def _pair(row: Row[tuple[object, ...]]) -> ControlPair:
    return ControlPair(
        id=row.id,
        same=row.same,
        sex=Sex(row.sex),
        age_band=AgeBand(row.age_band),
        birth=BirthBand.of_ordinals(row.born_from, row.born_to),
        taken=row.taken,
        doubt=row.doubt,
    )
