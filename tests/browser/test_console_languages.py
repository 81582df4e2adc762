"""The console in each of its languages in Chromium: letters, not boxes; nothing cut off; nothing from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from hub.access.service import SecondFactorPolicy
from hub.languages import LANGUAGES
from hub.web import build_console
from tests.browser.judge import violations
from tests.browser.test_console_story import adults
from tests.support.console import ConsoleServer
from tests.support.desk import PASSWORD, Desk

FONTS = {"bn": ("Noto Sans Bengali", "ক্ষ"), "hi": ("Noto Sans Devanagari", "क्ष"), "ne": ("Noto Sans Devanagari", "क्ष")}
_LOADED = "([family, text]) => document.fonts.load(`16px '${family}'`, text).then((faces) => faces.length)"
_CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, second_factor=SecondFactorPolicy.OPTIONAL)
    yield rooms
    rooms.database.close()


@pytest.fixture
def context(browser: Browser, desk: Desk, tmp_path: Path) -> Iterator[BrowserContext]:
    with ConsoleServer(build_console(desk.services), tmp_path) as server:
        context = browser.new_context(base_url=server.url, ignore_https_errors=True)
        yield context
        context.close()


@pytest.mark.parametrize("code", FONTS)
def test_reader_sees_boxes_or_half_a_page_or_asks_somebody_else_for_a_font(
    desk: Desk, context: BrowserContext, code: str
) -> None:
    review = adults(desk)
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
    page.goto("/sign-in")
    page.get_by_role("button", name=LANGUAGES[code]).click()
    expect(page.locator("html")).to_have_attribute("lang", code)
    page.locator("#name").fill("amina")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    expect(page.locator("#queue")).to_be_visible()
    assert page.evaluate(_LOADED, list(FONTS[code])) > 0
    for path in ("/", f"/reviews/{review}", "/account"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", code)
        for width, height in ((1366, 768), (768, 1024)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(_CUT_OFF) <= 0, (path, width)
    assert violations(page, [(1366, 768)]) == []
    assert asked == {"127.0.0.1"}
