"""What the hub has in its database, read beside the running hub to tell the story."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_services
from hub.config import load_settings
from hub.sites import EVERY_SITE
from mca.demo.installation import Installation
from mca.demo.report import Match
from protocol.ids import parse_sighting_id

_SIGHTING_ACTIONS = {AuditAction.SIGHTING_RECEIVED, AuditAction.SIGHTING_WITHOUT_CANDIDATES}


@dataclass(frozen=True, slots=True)
class HubState:
    """Looks at the hub of the demonstration."""

    services: Services

    def candidates(self) -> dict[str, list[Match]]:
        """The candidates of every sighting that the hub has committed, by the intake's reference on paper."""
        services = self.services
        with services.database.read() as connection:
            found: dict[str, list[Match]] = {}
            for entry in entries(connection):
                if entry.action in _SIGHTING_ACTIONS:
                    sighting = services.sightings.sighting(connection, parse_sighting_id(entry.subject))
                    found[sighting.reference] = [
                        Match(services.cases.summary(connection, candidate.case).reference, candidate.rank)
                        for candidate in sighting.candidates
                    ]
            return found

    def open_reviews(self) -> int:
        """How many candidates wait for a decision."""
        with self.services.database.read() as connection:
            return self.services.review.open_count(connection)

    def alerts(self) -> int:
        """How many alerts were raised."""
        with self.services.database.read() as connection:
            return self.services.dispatch.alert_count(connection, EVERY_SITE)

    def unit_entries(self) -> list[int]:
        """How many cases each unit last said it can search."""
        with self.services.database.read() as connection:
            return [health.report.entries for health in self.services.fleet.health(connection)]


@contextmanager
def hub_state(site: Installation) -> Iterator[HubState]:
    """The state of a provisioned hub."""
    services = build_services(load_settings(site.folder / "hub" / "hub.toml"))
    try:
        yield HubState(services)
    finally:
        services.database.close()
