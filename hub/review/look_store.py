"""When somebody looked at faces or a name, for as long as a look lasts; the audit trail keeps the rest."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select

from hub.review.model import Purpose, ReviewId
from hub.review.tables import face_views


def note_view(
    connection: Connection, review_id: ReviewId, operator: int, purpose: Purpose, *, at: int, lasts: int
) -> bool:
    """Note that a person looks at something; whether it is a look of its own, and not still the one of `lasts` ago."""
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


def forget(connection: Connection, reviews: Collection[ReviewId]) -> int:
    """Forget the looks at some reviews; how many there were."""
    return connection.execute(delete(face_views).where(face_views.c.review_id.in_(reviews))).rowcount
