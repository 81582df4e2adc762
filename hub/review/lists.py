"""The lists of a desk: what waits for one person, and what has been decided."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from hub.access.service import Operator, Role
from hub.clock import MINUTE
from hub.review import claim_store, store
from hub.review.model import Heading, Kind, Review, ReviewId
from hub.review.neighbours import Cases
from hub.review.sources import Source
from hub.review.views import DecidedItem, Queue, QueueItem
from hub.sites import Sites

PAGE_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The parts of one person's queue; of `free`, one more than a page holds."""

    begun: Sequence[Review]
    disputed: Sequence[Review]
    free: Sequence[Review]
    answered: Sequence[Review]

    def fingerprint(self, at: int) -> str:
        parts = (self.begun, self.disputed, self.free[:PAGE_LENGTH], self.answered)
        return sha256(
            repr([[(review.id, review.due_at < at) for review in part] for part in parts]).encode()
        ).hexdigest()


class Lists:
    """Reads lists, each with as many statements however long it is. Every method joins the caller's transaction."""

    def __init__(self, sources: Mapping[Kind, Source], cases: Cases) -> None:
        self._sources = sources
        self._cases = cases

    def queue(self, connection: Connection, operator: Operator, at: int) -> Queue:
        """The open reviews of one person's sites as they see them, by when they are due."""
        waiting = _waiting(connection, operator, at)
        shown = waiting.free[:PAGE_LENGTH]
        headings = self._headings(connection, [*waiting.begun, *waiting.disputed, *shown, *waiting.answered])

        def items(reviews: Sequence[Review]) -> tuple[QueueItem, ...]:
            return tuple(QueueItem(one, headings[one.id], (one.due_at - at) // MINUTE) for one in reviews)

        return Queue(
            begun=items(waiting.begun),
            disputed=items(waiting.disputed),
            to_answer=items(shown),
            answered=items(waiting.answered),
            more=len(waiting.free) > PAGE_LENGTH,
            overdue=sum(one.due_at < at for one in (*waiting.begun, *waiting.disputed, *waiting.free)),
            fingerprint=waiting.fingerprint(at),
        )

    def fingerprint(self, connection: Connection, operator: Operator, at: int) -> str:
        """That of the queue, whose children nobody needs to know for it."""
        return _waiting(connection, operator, at).fingerprint(at)

    def due(self, connection: Connection, operator: Operator, at: int) -> list[Review]:
        """What the person could take, in the order in which they should."""
        waiting = _waiting(connection, operator, at)
        return [*waiting.begun, *waiting.disputed, *waiting.free]

    def decided(self, connection: Connection, sites: Sites) -> list[DecidedItem]:
        """The newest decisions on children of the sites."""
        decided = store.decided_reviews(connection, sites, PAGE_LENGTH)
        headings = self._headings(connection, [review for review, _ in decided])
        references = self._cases.references(connection, {review.pair.case for review, _ in decided})
        return [
            DecidedItem(review, headings[review.id], references[review.pair.case], decision)
            for review, decision in decided
        ]

    def _headings(self, connection: Connection, reviews: Sequence[Review]) -> dict[ReviewId, Heading]:
        kinds: dict[Kind, list[Review]] = defaultdict(list)
        for review in reviews:
            kinds[review.kind].append(review)
        headings: dict[ReviewId, Heading] = {}
        for kind, those in kinds.items():
            found = self._sources[kind].headings(connection, those)
            headings |= {review.id: heading for review, heading in zip(those, found, strict=True)}
        return headings


def _waiting(connection: Connection, operator: Operator, at: int) -> _Waiting:
    who, sites = operator.id, operator.sites
    senior = operator.may(Role.SENIOR_REVIEWER)
    return _Waiting(
        begun=claim_store.begun(connection, who, at),
        disputed=claim_store.disputed(connection, who, sites, at, PAGE_LENGTH) if senior else [],
        free=claim_store.free(connection, who, sites, at, PAGE_LENGTH + 1),
        answered=claim_store.answered(connection, who, at, PAGE_LENGTH),
    )
