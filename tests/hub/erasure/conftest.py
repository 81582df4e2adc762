"""A hub on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.erasure.bench import Bench
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite, register


@pytest.fixture
def bench(tmp_path: Path, hub_database: str | None) -> Iterator[Bench]:
    site = HubSite(tmp_path, units=(UNIT, OTHER_UNIT), database_url=hub_database)
    with site.services() as hub:
        hub.fleet.refresh()
        case = register(hub)
        with hub.database.read() as connection:
            (photo,) = hub.cases.summary(connection, case).photos
        yield Bench(site, hub, site.unit(), site.unit(OTHER_UNIT), case, photo)
