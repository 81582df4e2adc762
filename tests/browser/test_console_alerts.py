"""An alert at the console in a real browser: confirmed, previewed, sent, acknowledged by its link, recalled."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.access.service import Role
from hub.dispatch.service import AlertTimes, Grade, RecipientKind
from hub.web import build_console
from tests.browser.judge import violations
from tests.browser.test_console_story import sign_in
from tests.support.console import ConsoleServer
from tests.support.desk import Desk, police_desk
from tests.support.gateway import Gateway

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, times=AlertTimes())
    rooms.add_operator("dora", Role.DISPATCHER)
    yield rooms
    rooms.database.close()


@pytest.fixture
def page(desk: Desk, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with ConsoleServer(build_console(desk.services), tmp_path) as server:
        context = browser.new_context(
            base_url=server.url, ignore_https_errors=True, viewport={"width": 1366, "height": 768}
        )
        yield context.new_page()
        context.close()


def shown(page: Page) -> None:
    """What is on the screen can be read and used by everybody, and fits."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_alert_cannot_be_followed_from_its_preview_to_its_complete_recall(desk: Desk, page: Page) -> None:
    with Gateway() as police, Gateway() as board:
        desk.add_recipient(police_desk(police.url, name="Police desk Jashore", language="bn", grade=Grade.PLACE))
        desk.add_recipient(police_desk(board.url, name="Board Kolkata", kind=RecipientKind.CHILD_WELFARE_BOARD))
        desk.confirm(desk.open_review())
        page.goto("/")
        sign_in(page, "dora")
        page.get_by_role("link", name="Look at the alert for 7Q2M-FX4K").click()
        expect(page.get_by_text("Not sent yet.")).to_be_visible()
        page.get_by_role("link", name="Preview and send").click()
        expect(page.get_by_text("নিখোঁজ শিশু সতর্কতা")).to_be_visible()
        shown(page)
        page.get_by_role("button", name="Send to 2 recipients").click()
        expect(page.get_by_text("Sent to 0 of 2")).to_be_visible()
        desk.dispatcher().deliver()
        link = re.search(r"(/acknowledge/\S+)", police.taken[0])
        assert link

        alert = page.url
        page.goto(link.group(1))
        shown(page)
        page.get_by_role("button", name="আমি পড়েছি").click()
        expect(page.get_by_role("status")).to_contain_text("ধন্যবাদ")
        page.goto(alert)
        expect(page.get_by_text("Sent to 2 of 2")).to_be_visible()
        expect(page.get_by_text("Read by 1 of 2")).to_be_visible()
        shown(page)

        page.get_by_label("Reason").select_option("mistake")
        page.get_by_role("button", name="Recall this alert").click()
        expect(page.get_by_text("The recall is not complete.")).to_be_visible()
        desk.dispatcher().deliver()
        page.reload()
        expect(page.get_by_text("The recall is complete.")).to_be_visible()
        shown(page)
        assert len(police.taken) == len(board.taken) == 2
        for path in ("/alerts", "/recipients", "/broadcasts"):
            page.goto(path)
            shown(page)
