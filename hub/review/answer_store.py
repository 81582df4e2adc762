"""Reading and writing what people say of a review: their answers and remarks."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, Row, func, insert, select, update

from hub.atrest import Vault
from hub.review import checklist
from hub.review.checklist import Checklist
from hub.review.conclusions import Answer
from hub.review.model import GivenAnswer, Remark, ReviewId
from hub.review.tables import answers, remarks

_EMPTY: Final = b""


def add_answer(connection: Connection, review_id: ReviewId, given: GivenAnswer, vault: Vault) -> None:
    """Insert an answer and forget its draft. The database refuses one without its claim, and a second of one person."""
    place = f"{review_id}/{given.position}"
    connection.execute(
        insert(answers).values(
            review_id=review_id,
            position=given.position,
            operator_id=given.operator_id,
            answer=str(given.answer),
            sealed_checklist=vault.encrypt(checklist.to_text(given.checklist).encode(), f"answers/checklist/{place}"),
            sealed_comment=vault.encrypt(given.comment.encode(), f"answers/comment/{place}"),
            began_at=given.began_at,
            at=given.at,
        )
    )


def answers_of(connection: Connection, review_id: ReviewId, vault: Vault) -> list[GivenAnswer]:
    """The answers of a review by position."""
    query = select(answers).where(answers.c.review_id == review_id).order_by(answers.c.position)
    return [_answer(row, vault) for row in connection.execute(query)]


def answerers(connection: Connection, review_id: ReviewId) -> dict[int, int]:
    """Who has answered, by position, without opening what they said."""
    query = select(answers.c.position, answers.c.operator_id).where(answers.c.review_id == review_id)
    return {row.position: row.operator_id for row in connection.execute(query)}


def answered_by(connection: Connection, operator: int, review_ids: Sequence[ReviewId]) -> frozenset[ReviewId]:
    """Which of the reviews a person has answered."""
    query = select(answers.c.review_id).where(answers.c.operator_id == operator, answers.c.review_id.in_(review_ids))
    return frozenset(ReviewId(row.review_id) for row in connection.execute(query))


def add_remark(connection: Connection, review_id: ReviewId, remark: Remark, vault: Vault) -> None:
    """Insert a remark. The database refuses it of somebody who has not answered."""
    own = (remarks.c.review_id == review_id) & (remarks.c.operator_id == remark.operator_id)
    number = int(connection.execute(select(func.count()).select_from(remarks).where(own)).scalar_one()) + 1
    place = f"remarks/text/{review_id}/{remark.operator_id}/{number}"
    connection.execute(
        insert(remarks).values(
            review_id=review_id,
            operator_id=remark.operator_id,
            number=number,
            sealed_text=vault.encrypt(remark.text.encode(), place),
            at=remark.at,
        )
    )


def remarks_of(connection: Connection, review_id: ReviewId, vault: Vault) -> list[Remark]:
    """Every remark on a review, the oldest first."""
    query = select(remarks).where(remarks.c.review_id == review_id)
    rows = connection.execute(query.order_by(remarks.c.at, remarks.c.operator_id, remarks.c.number))
    return [
        Remark(
            row.operator_id,
            _words(row.sealed_text, f"remarks/text/{review_id}/{row.operator_id}/{row.number}", vault),
            row.at,
        )
        for row in rows
    ]


def empty_words(connection: Connection, reviews: Collection[ReviewId]) -> int:
    """Empty what people wrote of two faces; how many answers and remarks that were. Who said what stays."""
    words = update(answers).where(answers.c.review_id.in_(reviews), answers.c.sealed_comment != _EMPTY)
    emptied = connection.execute(words.values(sealed_checklist=_EMPTY, sealed_comment=_EMPTY)).rowcount
    texts = update(remarks).where(remarks.c.review_id.in_(reviews), remarks.c.sealed_text != _EMPTY)
    return emptied + connection.execute(texts.values(sealed_text=_EMPTY)).rowcount


def _answer(row: Row[tuple[object, ...]], vault: Vault) -> GivenAnswer:
    place = f"{row.review_id}/{row.position}"
    return GivenAnswer(
        position=row.position,
        operator_id=row.operator_id,
        answer=Answer(row.answer),
        checklist=_checklist(row.sealed_checklist, f"answers/checklist/{place}", vault),
        comment=_words(row.sealed_comment, f"answers/comment/{place}", vault),
        began_at=row.began_at,
        at=row.at,
    )


def _checklist(sealed: bytes, place: str, vault: Vault) -> Checklist:
    # Answers of the time before the checklist have none.
    return checklist.from_text(vault.decrypt(sealed, place).decode()) if sealed else {}


def _words(sealed: bytes, place: str, vault: Vault) -> str:
    # Emptied where the intake was erased.
    return vault.decrypt(sealed, place).decode() if sealed else ""
