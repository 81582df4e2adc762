"""Failed attempts, counted where they come from: guessing becomes slow, and keeps no colleague from work for long.

A browser from which the person has signed in before has a count of its own: nobody else's failures keep a
colleague out of their own workplace. Any other browser shares the count of its address for the name and, once it
knows the password, one count for all such browsers: many addresses guess a code of six digits no faster than one. An
address has a count of its own as well, whatever the names, so that one password cannot be tried on everybody.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from hub.access import store
from hub.access.errors import SignInDelayedError
from hub.access.model import Origin
from hub.audit.service import AuditAction, record
from hub.clock import DAY, MINUTE, SECOND, Clock
from hub.db import Database

_FREE_ATTEMPTS: Final = 5
_FREE_OF_AN_ADDRESS: Final = 50  # A whole desk may stand behind one.
_FIRST_WAIT: Final = 10 * SECOND
_LONGEST_WAIT: Final = 15 * MINUTE


class Attempts:
    """The counts of one hub."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def count(self, connection: Connection, name: str, origin: Origin, *, knows_password: bool) -> None:
        """Count an attempt as failed until it succeeds, so that many at once cannot slip through.

        Raises SignInDelayedError, having counted nothing.
        """
        at = self._clock()
        sources = _sources(connection, name, origin, knows_password=knows_password)
        known = [(source, *store.failures(connection, source.digest)) for source in sources.each]
        wait = max(last_at + source.wait_after(failures) - at for source, failures, last_at in known)
        if wait > 0:
            raise SignInDelayedError(
                "Too many attempts in a row. Wait {seconds} seconds, then try again.", seconds=-(-wait // SECOND)
            )
        store.forget_failures_before(connection, at - DAY)
        for source, failures, _ in known:
            store.note_failure(connection, source.digest, failures + 1, at)

    def forget(self, connection: Connection, name: str, origin: Origin) -> bool:
        """The person has shown who they are; whether they did so in this browser before."""
        sources = _sources(connection, name, origin, knows_password=True)
        for source in sources.each:
            store.forget_failures(connection, source.digest)
        return sources.device_known

    def note_refusal(self, subject: str, reason: str) -> None:
        """Enter a failed attempt in the trail, in a transaction of its own."""
        action = AuditAction.OPERATOR_SIGN_IN_REFUSED
        with self._database.begin() as connection:
            record(connection, action, actor="console", subject=subject, at=self._clock(), reason=reason)


def digest(token: str) -> bytes:
    """SHA-256, as which tokens and sources are stored."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class _Source:
    """What failures are counted of, and how many of them in a row cost nothing."""

    digest: bytes
    free: int = _FREE_ATTEMPTS

    def wait_after(self, failures: int) -> int:
        """For how long, in milliseconds, the next attempt has to wait."""
        if failures < self.free:
            return 0
        return int(min(_FIRST_WAIT * 2 ** min(failures - self.free, 20), _LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class _Sources:
    each: tuple[_Source, ...]
    device_known: bool


def _sources(connection: Connection, name: str, origin: Origin, *, knows_password: bool) -> _Sources:
    device = origin.device_token
    if device is not None and store.is_known_device(connection, digest(device), name):
        return _Sources((_Source(digest(f"{name}\0{device}")),), device_known=True)
    address = _Source(digest(f"\0{origin.address}"), _FREE_OF_AN_ADDRESS)
    shared = (_Source(digest(f"{name}\0second factor")),) if knows_password else ()
    return _Sources((_Source(digest(f"{name}\0{origin.address}")), address, *shared), device_known=False)
