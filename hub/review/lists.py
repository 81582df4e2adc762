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
    """The parts of one person's queue. `more`: whether others are due after those of `free`."""

    begun: Sequence[Review]
    disputed: Sequence[Review]
    free: Sequence[Review]
    answered: Sequence[Review]
    more: bool

    def fingerprint(self, at: int) -> str:
        parts = (self.begun, self.disputed, self.free, self.answered)
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
        headings = self._headings(connection, [*waiting.begun, *waiting.disputed, *waiting.free, *waiting.answered])

        def items(reviews: Sequence[Review]) -> tuple[QueueItem, ...]:
            return tuple(QueueItem(one, headings[one.id], (one.due_at - at) // MINUTE) for one in reviews)

        return Queue(
            begun=items(waiting.begun),
            disputed=items(waiting.disputed),
            to_answer=items(waiting.free),
            answered=items(waiting.answered),
            more=waiting.more,
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
    begun = claim_store.begun(connection, who, sites, at)
    disputed = claim_store.disputed(connection, who, sites, at, PAGE_LENGTH) if senior else []
    free = claim_store.free(connection, who, sites, at, PAGE_LENGTH + 1)
    in_hand = {review.pair.probe for review in begun}
    return _Waiting(
        begun=begun,
        disputed=_one_of_each(disputed, in_hand),
        free=_one_of_each(free[:PAGE_LENGTH], in_hand),
        answered=claim_store.answered(connection, who, at, PAGE_LENGTH),
        more=len(free) > PAGE_LENGTH,
    )


def _one_of_each(reviews: Sequence[Review], shown: set[str]) -> list[Review]:
    """One review of each child in question, and none of those `shown` already.

    How many cases a search has named says something of each of them, and that it named several, that the review is no
    control pair: the next one comes when the first is answered.
    """
    first = []
    for review in reviews:
        if review.pair.probe not in shown:
            shown.add(review.pair.probe)
            first.append(review)
    return first
