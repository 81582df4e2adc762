"""Erasing what a legal basis no longer permits to keep, and saying so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from edge_agent.link.notices import NoticeStore
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import Milliseconds
from protocol.envelope import MessageType
from protocol.losses import Losses
from protocol.sighting import LegalBasis

logger = structlog.get_logger()

DEFAULT_DAYS: Final[Mapping[LegalBasis, int]] = {
    LegalBasis.GUARDIAN_CONSENT: 30,
    LegalBasis.BEST_INTERESTS: 30,
    LegalBasis.COURT_ORDER: 90,
    LegalBasis.POLICE_ORDER: 90,
}
"""How many days a sealed intake may wait on a unit for the hub, where its settings say nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class Retention:
    """The end of what the hub never confirmed, and of its notices. `scrub` empties the database's journal."""

    outbox: Outbox
    notices: NoticeStore
    sealer: HubSealer
    destroyable_before: Callable[[], Milliseconds]
    scrub: Callable[[], object]

    def erase_expired(self) -> None:
        """Erase what is surely too old; a loss record for the hub takes its place. Raises the database's errors."""
        while erased := self.outbox.erase_expired(self.destroyable_before(), self._seal):
            logger.error("outbox.erased", messages=erased)
        self.notices.erase_expired(self.destroyable_before())
        # The journal keeps what was deleted since the last time, here or by another process.
        self.scrub()

    def _seal(self, sequence: int, losses: Losses) -> bytes:
        return self.sealer.seal(losses.to_bytes(), MessageType.LOSS, sequence)
