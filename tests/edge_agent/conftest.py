"""A unit for each test, and the sample photographs' templates."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.bootstrap import Unit
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from protocol.ids import parse_hub_id
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from provisioning.units import add_unit
from tests.edge_agent.lists import sample_entries
from tests.edge_agent.site import MISSING, SITE, UNIT, Site
from tests.support.broker import Broker, free_ports
from tests.support.hub_simulator import HubPeer, HubSimulator


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(load_pack(default_pack_path()), threads=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A provisioned unit and the hub's HTTPS server; nothing is published yet."""
    folder = tmp_path / "authority"
    ports = free_ports()
    broker, console, units = (parse_endpoint("127.0.0.1", port) for port in ports)
    now = datetime.now(UTC)
    create_installation(folder, Deployment(parse_hub_id("bd"), (MISSING,), broker, console, units), now=now)
    add_unit(folder, UNIT, site=SITE, slices=(), now=now)
    with HubSimulator(folder, units_port=ports[2]) as hub:
        yield Site(folder, hub, ports[0])


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
    site.hub.repository.give_keyring(UNIT, [MISSING])
    site.hub.repository.snapshot(MISSING, sample_entries(recogniser))
    site.hub.publish()
    return site


@pytest.fixture
def unit(site: Site) -> Iterator[Unit]:
    """The unit opened in this process."""
    with site.open() as opened:
        yield opened
