"""A case officer's day at the console: a child is registered, found by another spelling, merged, copied and erased."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import pyzipper
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.sites import Sites
from hub.web import build_console
from tests.browser.test_console_story import DESKTOP, OpenWindow, sign_in
from tests.support.cases import SAMPLES, add_case, new_case
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
    actions = desk.actions()
    assert AuditAction.CASE_VIEWED in actions
    assert AuditAction.CASES_LISTED in actions


def test_form_that_is_refused_loses_what_was_typed(desk: Desk, window: OpenWindow) -> None:
    page = window()
    sign_in(page, "rekha")
    register_child(page)
    page.get_by_label("Files").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"nothing"})
    page.get_by_label("Height").fill("1000")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was recorded")
    expect(page.get_by_label("Names")).to_have_value("Rahim Uddin; রহিম উদ্দিন")
    expect(page.get_by_label("Sex")).to_have_value("male")
    page.get_by_label("Height").fill("118")
    page.get_by_label("Files").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"nothing"})
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("Photograph 1")
    assert AuditAction.CASE_REGISTERED not in desk.actions()


def test_two_reports_of_one_child_are_merged_then_closed_with_a_record(desk: Desk, window: OpenWindow) -> None:
    first = add_case(desk, new_case("GD 1", "Rahim Uddin"), "obama.jpg")
    second = add_case(desk, new_case("GD 2", "রহিম উদ্দিন"), "obama2.jpg")
    page = window()
    sign_in(page, "rekha")
    page.goto(f"/cases/{second}")
    page.get_by_role("button", name=f"One child: merge this case into {first}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rahim Uddin")
    expect(page.get_by_role("img")).to_have_count(2)
    page.locator("#close-reason").select_option("reunited")
    page.locator("#close-note").fill("with the aunt")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Closed")
    expect(page.get_by_role("heading", name="Record of the deletion: closed, reunited")).to_be_visible()
    expect(page.get_by_role("row", name="Photographs 2")).to_be_visible()
    expect(page.get_by_role("row", name="Backups 1 Outstanding")).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(0)


def test_copy_for_a_family_does_not_open_with_the_passphrase_that_was_shown(desk: Desk, window: OpenWindow) -> None:
    case = add_case(desk, new_case("GD 1", "Rahim Uddin"), "obama.jpg")
    page = window()
    sign_in(page, "rekha")
    page.goto(f"/cases/{case}")
    page.get_by_role("link", name="Copy for family or court").click()
    passphrase = page.locator("#passphrase").inner_text()
    page.get_by_label("Family").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the copy").click()
    content = download.value.path().read_bytes()
    with pyzipper.AESZipFile(BytesIO(content)) as archive:
        archive.setpassword(passphrase.encode())
        assert "photograph-1.jpg" in archive.namelist()
        assert b"Rahim Uddin" in archive.read("case.json")


def test_file_with_a_bad_line_is_taken_half(desk: Desk, window: OpenWindow) -> None:
    page = window()
    sign_in(page, "rekha")
    page.get_by_role("link", name="Import").click()
    head = "register,reference,sex,born_from,born_to,legal_basis,photos\n"
    good, bad = "found,S 1,male,2014-01,2014-12,best-interests,obama.jpg\n", "found,S 2,boy,2014-01,2014-12,,\n"
    for lines, act, expected in (
        (good + bad, "Take all cases", "Problems: 2, in 2 lines. Nothing was taken."),
        (good, "Try without taking", "1 cases can be taken"),
        (good, "Take all cases", "1 cases were taken"),
    ):
        file = FilePayload(name="cases.csv", mimeType="text/csv", buffer=(head + lines).encode())
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_label("Photographs that its lines name").set_input_files(SAMPLES / "obama.jpg")
        page.get_by_role("button", name=act).click()
        expect(page.locator("main")).to_contain_text(expected)
    with desk.database.read() as connection:
        assert len(desk.registers.cases.summaries(connection)) == 1


def test_officer_of_a_site_sees_the_whole_hubs_case(desk: Desk, window: OpenWindow) -> None:
    hidden = add_case(desk, new_case("GD 1", "Rahim Uddin"), "obama.jpg")
    own = add_case(desk, new_case("GD 2", "Rahim Sheikh", site=SITE), "collins.png")
    page = window()
    sign_in(page, "sunil")
    expect(page.get_by_role("link", name=own)).to_be_visible()
    expect(page.get_by_role("link", name=hidden)).to_have_count(0)
    page.goto(f"/cases/{hidden}")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()


def test_keyboard_alone_does_not_find_a_case(desk: Desk, window: OpenWindow) -> None:
    case = add_case(desk, new_case("GD 1", "Rahim Uddin"))
    page = window()
    sign_in(page, "rekha")
    expect(page.get_by_label("Name, reference or case")).to_be_focused()
    page.keyboard.type("রহিম")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name, reference or case")).to_be_focused()
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("href") == f"/cases/{case}":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rahim Uddin")


def test_reviewer_opens_the_register(desk: Desk, window: OpenWindow) -> None:
    case = add_case(desk, new_case("GD 1", "Rahim Uddin"))
    page = window()
    sign_in(page, "amina")
    for path in ("/cases", f"/cases/{case}", "/add-case", "/import-cases"):
        page.goto(path)
        expect(page.get_by_role("heading", name="Not open to you")).to_be_visible()
