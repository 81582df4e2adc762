"""The unit's report of itself."""

from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.sightings.outbox import Outbox
from edge_agent.trusted_time import Milliseconds, as_day
from edge_agent.watchlist.loading import Watchlist
from protocol.envelope import MessageType, seal
from protocol.health import Health
from protocol.keys import Identity, PrivateIdentity


@dataclass(frozen=True, slots=True, eq=False)
class HealthReporter:
    """Makes sealed health reports."""

    identity: PrivateIdentity
    hub: Identity
    outbox: Outbox
    pack_digest: bytes
    software: str
    now: Callable[[], Milliseconds]

    def report(self, watchlist: Watchlist | None) -> bytes:
        """An envelope to be sent once and not kept: the next report says more. Raises the database's errors."""
        now = self.now()
        installed = None if watchlist is None else watchlist.installed
        health = Health(
            sent_at=now,
            list_version=0 if installed is None else installed.list_version,
            list_published_at=0 if installed is None else installed.published_at,
            entries=0 if watchlist is None else watchlist.index.cases_on(as_day(now)),
            pending=self.outbox.counts().pending,
            pack_digest=self.pack_digest,
            software=self.software,
        )
        return seal(
            health.to_bytes(),
            message_type=MessageType.HEALTH,
            sender=self.identity,
            recipient=self.hub,
            sequence=self.outbox.take_sequence(now),
            now=now,
        )
