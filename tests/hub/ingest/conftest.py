"""The intake of a hub, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.ingest.intake import Intake
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite, register


@pytest.fixture
def intake(tmp_path: Path, hub_database: str | None) -> Iterator[Intake]:
    site = HubSite(tmp_path, units=(UNIT, OTHER_UNIT), database_url=hub_database)
    with site.services() as hub:
        hub.fleet.refresh()
        case = register(hub)
        with hub.database.read() as connection:
            (photo,) = hub.cases.summary(connection, case).photos
        yield Intake(site, hub, site.unit(), case, photo)
