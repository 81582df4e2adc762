"""Staff's inbox and the registration of a found child in Chromium, at both sizes, with the agent and a hub running."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from protocol.envelope import MessageType
from protocol.found import BodyPart, FoundChild, FoundMark
from protocol.ids import SightingId
from protocol.notice import Notice, NoticeKind
from protocol.topics import UnitChannel
from tests.browser.judge import violations
from tests.browser.kiosk import LARGE, SMALL, agent, new_site, staffed
from tests.edge_agent.kiosk.screen import AMINA
from tests.edge_agent.site import UNIT
from tests.support.broker import Broker, free_port
from tests.support.hub_simulator import HubPeer, now_ms, wait_until


@dataclass
class Online:
    """The screen's port, and the hub that hears of it."""

    port: int
    peer: HubPeer

    def arrived(self, reference: str) -> FoundChild:
        """The registration of this reference."""
        return wait_until(lambda: next((one for one in list(self.peer.found) if one.reference == reference), None))


@pytest.fixture(scope="module")
def online(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Online]:
    """One unit for the tests of this module."""
    with new_site(tmp_path_factory.mktemp("unit")) as site, Broker(site.folder) as broker:
        port = free_port()
        with site.hub.peer(broker.port) as peer, agent(site, port) as process:
            yield Online(port, peer)
            assert process.stop() == 0


def test_found_child_does_not_reach_the_hub_from_the_screen(browser: Browser, online: Online) -> None:
    with staffed(browser, online.port) as kiosk:
        kiosk.press('form[action="/found"] button')
        kiosk.at("/intake/basis")
        kiosk.press('main [name="language"][value="ne"]')
        expect(kiosk.page.locator("html")).to_have_attribute("lang", "ne")
        kiosk.at("/intake/basis")
        expect(kiosk.page.locator('[value="guardian-consent"]')).to_have_count(0)
        kiosk.press('[value="best-interests"]')
        kiosk.at("/intake/told")
        expect(kiosk.page.locator("main")).to_contain_text("परिवार खोज्न")
        kiosk.press("a.go")
        kiosk.at("/intake/permit")
        kiosk.choose(reason="alone")
        kiosk.go()
        kiosk.at("/intake/camera")
        expect(kiosk.page.locator("canvas[data-drawn]")).to_be_visible()
        kiosk.press(".shutter")
        kiosk.at("/intake/facts")
        assert violations(kiosk.page, (SMALL, LARGE)) == []
        kiosk.choose(sex="female", age="4-8", speaks="bn")
        kiosk.fill(given_name="মিনি")
        # As the keyboard on the screen ends a line: it leads on, and not back to the camera.
        kiosk.page.locator("#given_name").press("Enter")
        kiosk.at("/found/more")
        assert violations(kiosk.page, (SMALL, LARGE)) == []
        kiosk.page.locator('select[name="where"]').first.select_option("left arm")
        kiosk.page.locator('input[name="what"]').first.fill("a scar")
        kiosk.fill(clothing="red frock", place="Petrapole")
        kiosk.choose(when="today")
        kiosk.go()
        found = online.arrived(kiosk.reference())
    assert (found.staff, found.facts.names, found.facts.clothing) == (AMINA, ("মিনি",), "red frock")
    assert found.facts.marks == (FoundMark(BodyPart.LEFT_ARM, "a scar"),)


def test_message_of_the_desk_is_seen_before_sign_in_or_says_more_than_to_call(browser: Browser, online: Online) -> None:
    wait_until(lambda: online.peer.health)  # Before its first report the agent hears nothing.
    notice = Notice(SightingId("ab" * 16), "7Q2M-FX4K", NoticeKind.CALL_DESK, now_ms())
    online.peer._send_sealed(UNIT, UnitChannel.NOTICES, MessageType.NOTICE, notice.to_bytes())
    with staffed(browser, online.port) as kiosk:
        inbox = kiosk.page.locator('a[href="/inbox"]')
        # Nothing tells the page: it is looked at again until the agent has taken the message.
        wait_until(lambda: kiosk.page.reload() and "(1)" in inbox.inner_text())
        kiosk.at("/")
        assert violations(kiosk.page, (SMALL, LARGE)) == []
        inbox.click()
        kiosk.at("/inbox")
        assert violations(kiosk.page, (SMALL, LARGE)) == []
        kiosk.press(".inbox a")
        said = kiosk.page.locator("main .big")
        expect(said).to_have_text("Please call the desk about reference 7Q2M-FX4K.")
        assert violations(kiosk.page, (SMALL, LARGE)) == []
        kiosk.press('.actions a[href="/inbox"]')
        kiosk.at("/inbox")
        expect(kiosk.page.locator(".inbox strong")).to_have_count(0)
        kiosk.press('form[action="/lock"] button')
        kiosk.at("/sign-in")
        kiosk.page.goto("/inbox")
        kiosk.at("/sign-in")
        assert "7Q2M" not in kiosk.page.content()
