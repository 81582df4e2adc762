"""Asking the hub what time it is, and keeping what is known of it."""

from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from edge_agent.sightings.outbox import Outbox
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import HOUR, LONGEST_ROUND_TRIP, Milliseconds, TrustedClock, Uptime
from protocol.errors import ReplayedError
from protocol.signed_time import CHALLENGE_BYTES, SignedTime

logger = structlog.get_logger()

_ASK_AGAIN: Final = HOUR
"""An hour of an ordinary crystal is less than a second."""

_GIVEN_UP: Final = 8
"""Questions that are remembered though their answer is not waited for any more."""


class Timekeeper:
    """Puts challenges into health reports, and takes the answer to the newest alone."""

    def __init__(self, clock: TrustedClock, store: TimeStore, outbox: Outbox, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)` gives n random bytes."""
        self._clock = clock
        self._store = store
        self._outbox = outbox
        self._entropy = entropy
        self._question: tuple[bytes, Uptime] | None = None
        self._given_up: deque[bytes] = deque(maxlen=_GIVEN_UP)
        self._answered: Milliseconds | None = None  # of the uptime

    def ask_anew(self) -> None:
        """Whatever was asked before may never be answered, or was answered by a clock that was wrong."""
        self._give_up()
        self._answered = None

    def challenge(self) -> bytes | None:
        """For the report that is about to leave; None while there is no need to ask."""
        up = self._clock.uptime()
        if self._question is not None and up.at - self._question[1].at <= LONGEST_ROUND_TRIP:
            return None
        # What the hub has signed since may say that its answer, or its clock, was wrong.
        certain = self._clock.moment().latest is not None
        if certain and self._answered is not None and up.at - self._answered < _ASK_AGAIN:
            return None
        self._give_up()
        challenge = self._entropy(CHALLENGE_BYTES)
        self._question = challenge, up
        return challenge

    def take(self, answer: SignedTime) -> None:
        """Set the clock by a verified answer. Raises ReplayedError for one to no open question, or the database's.

        The answer to a question that was put anew meanwhile says nothing more, and is no attack either.
        """
        if answer.challenge in self._given_up:
            self._given_up.remove(answer.challenge)
            return
        question = self._question
        if question is None or answer.challenge != question[0]:
            raise ReplayedError("The hub's time, for a question that this unit did not ask or has had answered.")
        self._question = None
        before = self._clock.now()
        taken = self._clock.synchronise(answer.at, question[1])
        by = self._clock.now() - before
        if taken:
            self._answered = self._clock.uptime().at
        self._outbox.continue_from(answer.next_sequence)
        self._outbox.date(self._clock.moment())
        self.keep()
        if taken:
            logger.info("time.set", by_seconds=round(by / 1000))

    def learn(self, signed_at: Milliseconds) -> None:
        """The hub signed something then: it is no earlier now."""
        self._clock.not_before(signed_at)

    def keep(self) -> None:
        """Keep what is known, for a start after which the machine's clock is wrong. Raises the database's errors."""
        self._store.keep(self._clock.known())

    def _give_up(self) -> None:
        if self._question is not None:
            self._given_up.append(self._question[0])
            self._question = None
