"""A unit for each test, and the sample photographs' templates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.bootstrap import Unit
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from tests.edge_agent.site import Site, provisioned_site, publish_adults
from tests.support.broker import Broker
from tests.support.hub_simulator import HubPeer


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(load_pack(default_pack_path()), threads=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A provisioned unit and the hub's HTTPS server; nothing is published yet."""
    with provisioned_site(tmp_path) as site:
        yield site


@pytest.fixture
def broker(site: Site) -> Iterator[Broker]:
    with Broker(site.folder) as running:
        yield running


@pytest.fixture
def peer(site: Site, broker: Broker) -> Iterator[HubPeer]:
    with site.hub.peer(broker.port) as running:
        yield running


@pytest.fixture
def listed(site: Site, recogniser: Recogniser) -> Site:
    """The site with two adults' cases published and a keyring for the unit; not synchronised yet."""
    publish_adults(site, recogniser)
    return site


@pytest.fixture
def unit(site: Site) -> Iterator[Unit]:
    """The unit opened in this process."""
    with site.open() as opened:
        yield opened
