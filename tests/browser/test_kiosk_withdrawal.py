"""Taking consent back at a unit's screen in Chromium, with the agent, a broker and a hub running."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from protocol.withdrawal import withdrawal_code
from tests.browser.judge import violations
from tests.browser.kiosk import LARGE, SMALL, agent, new_site, said, staffed
from tests.support.broker import Broker, free_port
from tests.support.consents import TOKEN
from tests.support.hub_simulator import wait_until


def test_receipt_that_is_brought_back_does_not_reach_the_hub(browser: Browser, tmp_path: Path) -> None:
    with new_site(tmp_path) as site, Broker(site.folder) as broker:
        port = free_port()
        with site.hub.peer(broker.port) as peer, agent(site, port):
            with staffed(browser, port) as kiosk:
                page = kiosk.page
                kiosk.press('a[href="/withdrawal"]')
                kiosk.at("/withdrawal")
                assert violations(page, (LARGE, SMALL)) == []
                expect(page.locator("#receipt")).to_be_focused()
                kiosk.fill(receipt="MCAW-0000")
                kiosk.press("main .actions .stop")
                said(kiosk, "This is not the code of a receipt")
                kiosk.faults.clear()  # The browser itself logs that an answer was a refusal.
                page.goto("/withdrawal")
                kiosk.at("/withdrawal")
                # Held before the camera, which shows a face: the page shows none.
                kiosk.press('[formaction="/withdrawal/camera"]')
                expect(page.locator("[data-guidance]")).to_contain_text("Hold the square")
                kiosk.at("/withdrawal")
                expect(page.locator("canvas, img, video")).to_have_count(0)
                assert violations(page, (LARGE, SMALL)) == []
                kiosk.press('form[action="/withdrawal/type"] button')
                expect(page.locator("#receipt")).to_be_focused()
                kiosk.fill(receipt=withdrawal_code(TOKEN).lower())
                # As a scanner does it, which types the square's text and ends the line.
                page.locator("#receipt").press("Enter")
                kiosk.at("/?receipt-taken")
                expect(page.locator("[role=status]")).to_contain_text("Received.")
            (heard,) = wait_until(lambda: list(peer.withdrawals))
            assert heard.token == TOKEN
