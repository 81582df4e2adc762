"""A case officer's day at the console: a child is registered, found by another spelling, merged, copied and erased."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.sites import Sites
from hub.web import build_console
from tests.browser.test_console_story import DESKTOP, OpenWindow, sign_in
from tests.support.cases import SAMPLES
from tests.support.console import ConsoleServer
from tests.support.desk import SITE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path)
    rooms.add_operator("rekha", Role.CASE_OFFICER)
    rooms.add_operator("sunil", Role.CASE_OFFICER, sites=Sites(frozenset({SITE})))
    yield rooms
    rooms.database.close()


@pytest.fixture
def window(browser: Browser, desk: Desk, tmp_path: Path) -> Iterator[OpenWindow]:
    contexts: list[BrowserContext] = []

    with ConsoleServer(build_console(desk.services), tmp_path) as server:

        def opened(size: tuple[int, int] = DESKTOP) -> Page:
            context = browser.new_context(
                base_url=server.url,
                ignore_https_errors=True,
                viewport={"width": size[0], "height": size[1]},
                java_script_enabled=False,
                accept_downloads=True,
            )
            contexts.append(context)
            page = context.new_page()
            page.goto("/")
            return page

        yield opened
        for context in contexts:
            context.close()


def fill_in(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f"[name={name}]").fill(text)


def register_child(page: Page) -> None:
    page.get_by_role("link", name="Add a missing child").click()
    fill_in(
        page,
        names="Rahim Uddin; রহিম উদ্দিন",
        born_from="2014-01",
        born_to="2014-06",
        languages="Bangla; Hindi",
        marks="left arm: scar of a burn",
        place="Jashore railway station",
        reference="GD 412/2026",
        guardian_name="Amina Begum",
        guardian_relation="mother",
    )
    page.get_by_label("Sex").select_option("male")
    page.get_by_label("Legal basis").select_option("police-order")
    page.get_by_label("Files").set_input_files(SAMPLES / "obama.jpg")


def test_child_is_registered_and_found_by_another_spelling(desk: Desk, window: OpenWindow) -> None:
    page = window()
    sign_in(page, "rekha")
    register_child(page)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rahim Uddin")
    expect(page.get_by_text("scar of a burn")).to_be_visible()
    expect(page.get_by_role("img", name="Face in photograph 1")).to_be_visible()
    page.get_by_role("link", name="Cases").click()
    page.get_by_label("Name, reference or case").fill("रहीम उद्दीन")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("cell", name="GD 412/2026")).to_be_visible()
    page.screenshot(path="/tmp/shots/cases.png", full_page=True)
    actions = desk.actions()
    assert AuditAction.CASE_VIEWED in actions
    assert AuditAction.CASES_LISTED in actions
