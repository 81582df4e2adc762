"""Intakes while something is amiss: no network, no camera, no room on the disk, no current."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kiosk import Kiosk, agent, new_site, said, staffed
from tests.edge_agent.site import EdgeProcess, Site, limit_files
from tests.support.broker import Broker, free_port
from tests.support.hub_simulator import wait_until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with new_site(tmp_path) as site:
        yield site


@pytest.fixture
def port() -> int:
    return free_port()


def photographed(kiosk: Kiosk, language: str) -> None:
    """An intake as far as its facts."""
    kiosk.begin(language, "child", "best-interests")
    kiosk.choose(reason="alone")
    kiosk.go()
    kiosk.photograph()


def cut_the_power(process: EdgeProcess) -> None:
    process.process.kill()
    process.process.wait(60)


def test_intake_without_a_network_is_lost(browser: Browser, site: Site, port: int) -> None:
    with agent(site, port) as process:
        with staffed(browser, port) as kiosk:
            photographed(kiosk, "ne")
            kiosk.go()
            reference = kiosk.reference()
        with Broker(site.folder) as broker, site.hub.peer(broker.port) as peer:
            heard = wait_until(lambda: list(peer.sightings))
            assert [one.sighting.reference for one in heard] == [reference]
            process.wait_for("receipt.accepted")
            assert process.stop() == 0


def test_lost_camera_is_not_said_or_not_opened_again(browser: Browser, site: Site, port: int) -> None:
    with agent(site, port, camera="7"), staffed(browser, port) as kiosk:
        kiosk.begin("hi", "child", "best-interests")
        kiosk.choose(reason="alone")
        kiosk.go()
        kiosk.at("/intake/camera")
        said(kiosk, "कैमरा नहीं मिला")
        kiosk.page.get_by_role("button", name="फिर कोशिश कीजिए").click()
        kiosk.at("/intake/camera")
        said(kiosk, "कैमरा नहीं मिला")
        expect(kiosk.page.locator(".shutter")).to_have_count(0)


def test_intake_on_a_full_disk_is_lost_or_cannot_be_sent_again(browser: Browser, site: Site, port: int) -> None:
    with agent(site, port) as process, staffed(browser, port) as kiosk:
        photographed(kiosk, "bn")
        limit_files(4096, process.process.pid)
        kiosk.go()
        said(kiosk, "ডিস্ক ভরা")
        kiosk.faults.clear()
        limit_files(resource.RLIM_INFINITY, process.process.pid)
        kiosk.go()
        kiosk.reference()
        process.wait_for("sighting.persisted")


def test_power_cut_leaves_half_an_intake(browser: Browser, site: Site, port: int) -> None:
    kiosk = Kiosk(browser, port)
    with agent(site, port) as process:
        kiosk.sign_in()
        photographed(kiosk, "en")
        cut_the_power(process)
    with site.open() as unit:
        assert (unit.intakes.counts().waiting, unit.outbox.counts().pending) == (0, 0)
        assert unit.intakes.numbers("consents", 10) == []
    with agent(site, port) as process:
        kiosk.sign_in()
        photographed(kiosk, "en")
        kiosk.go()
        reference = kiosk.reference()
        cut_the_power(process)
    kiosk.context.close()
    with agent(site, port), Broker(site.folder) as broker, site.hub.peer(broker.port) as peer:
        wait_until(lambda: list(peer.sightings))
        assert {one.sighting.reference for one in peer.sightings} == {reference}
        assert len({one.sighting.sighting_id for one in peer.sightings}) == 1
