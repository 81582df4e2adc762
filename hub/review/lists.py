"""The lists of a desk: what waits for one person, and what has been decided."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from hub.access.service import Operator, Role
from hub.clock import MINUTE
from hub.review import claim_store, store
from hub.review.model import Kind, Review
from hub.review.sources import Source
from hub.review.views import DecidedItem, Queue, QueueItem
from hub.sites import Sites

PAGE_LENGTH: Final = 100


class Lists:
    """Reads lists. Every method joins the caller's transaction."""

    def __init__(self, sources: Mapping[Kind, Source]) -> None:
        self._sources = sources

    def queue(self, connection: Connection, operator: Operator, at: int) -> Queue:
        """The open reviews of one person's sites as they see them, by when they are due."""
        begun, disputed, free = self._waiting(connection, operator, at)
        answered = claim_store.answered(connection, operator.id, at, PAGE_LENGTH)
        return Queue(
            begun=self._items(connection, begun, at),
            disputed=self._items(connection, disputed, at),
            to_answer=self._items(connection, free[:PAGE_LENGTH], at),
            answered=self._items(connection, answered, at),
            more=len(free) > PAGE_LENGTH,
            overdue=sum(review.due_at < at for review in (*begun, *disputed, *free)),
        )

    def due(self, connection: Connection, operator: Operator, at: int) -> list[Review]:
        """What the person could take, in the order in which they should."""
        begun, disputed, free = self._waiting(connection, operator, at)
        return [*begun, *disputed, *free]

    def decided(self, connection: Connection, sites: Sites) -> Sequence[DecidedItem]:
        """The newest decisions on children of the sites."""
        return [
            DecidedItem(
                review,
                self._sources[review.kind].subject(connection, review),
                self._sources[review.kind].missing(connection, review),
                decision,
            )
            for review, decision in store.decided_reviews(connection, sites, PAGE_LENGTH)
        ]

    def _waiting(
        self, connection: Connection, operator: Operator, at: int
    ) -> tuple[list[Review], list[Review], list[Review]]:
        """What is begun, what waits for a senior and what is free; of the last one more than a page holds."""
        who, sites = operator.id, operator.sites
        senior = operator.may(Role.SENIOR_REVIEWER)
        return (
            claim_store.begun(connection, who, at),
            claim_store.disputed(connection, who, sites, at, PAGE_LENGTH) if senior else [],
            claim_store.free(connection, who, sites, at, PAGE_LENGTH + 1),
        )

    def _items(self, connection: Connection, reviews: Sequence[Review], at: int) -> tuple[QueueItem, ...]:
        return tuple(
            QueueItem(review, self._sources[review.kind].subject(connection, review), (review.due_at - at) // MINUTE)
            for review in reviews
        )
