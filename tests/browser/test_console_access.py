"""Second factors, roles and accounts in a real browser: a phone that reads the screen, and nobody's script."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.access.service import Role, SecondFactorPolicy
from hub.web import build_console
from tests.browser.test_console_story import CONTRAST, DESKTOP, TABLET, OpenWindow, sign_in
from tests.support.authenticator import Authenticator
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, second_factor=SecondFactorPolicy.REQUIRED)
    rooms.add_operator("farida", Role.ADMINISTRATOR)
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
            )
            contexts.append(context)
            page = context.new_page()
            page.goto("/")
            return page

        yield opened
        for context in contexts:
            context.close()


def read_squares(page: Page) -> str:
    """What a phone's camera reads from the screen."""
    shot = np.frombuffer(page.get_by_role("img", name="QR code").screenshot(), dtype=np.uint8)
    picture = cv2.imdecode(shot, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    text, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    return str(text)


def phone_of(desk: Desk, page: Page) -> Authenticator:
    return Authenticator(parse_qs(urlsplit(read_squares(page)).query)["secret"][0], desk.clock)


def set_up(desk: Desk, page: Page, name: str = "farida") -> Authenticator:
    sign_in(page, name)
    phone = phone_of(desk, page)
    page.get_by_label("Code of six digits").fill(phone.code())
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("link", name="I have copied them: go on").click()
    desk.clock.now += 30_000
    return phone


def give_code(page: Page, phone: Authenticator) -> None:
    page.get_by_label("Code").fill(phone.code())
    page.get_by_role("button", name="Sign in").click()


def test_phone_cannot_read_the_squares_or_its_code_is_refused(desk: Desk, window: OpenWindow) -> None:
    page = window()
    sign_in(page, "farida")
    typed = page.locator("#secret").inner_text().replace(" ", "")
    read = urlsplit(read_squares(page))
    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/MCA:farida")
    assert parse_qs(read.query)["secret"] == [typed]
    page.get_by_label("Code of six digits").fill(phone_of(desk, page).code())
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("listitem")).to_have_count(10)


def test_account_is_made_and_taken_over_by_its_owner_alone(desk: Desk, window: OpenWindow) -> None:
    farida = window()
    phone = set_up(desk, farida)
    farida.get_by_role("link", name="Operators").click()
    farida.get_by_role("link", name="Add an operator").click()
    farida.get_by_label("Name").fill("chandra")
    farida.get_by_label("Technician").check()
    farida.get_by_label("Only these sites").check()
    farida.get_by_label("bd/benapole").check()
    desk.clock.now += 6 * MINUTE
    farida.get_by_role("button", name="Add").click()
    farida.get_by_label("Code of your authenticator").fill(phone.code())
    farida.get_by_role("button", name="Go on").click()
    farida.get_by_role("button", name="Send it now").click()
    start = farida.locator("#start-password").inner_text()

    chandra = window()
    sign_in(chandra, "chandra", start)
    chandra.get_by_label("Code of six digits").fill(phone_of(desk, chandra).code())
    chandra.get_by_role("button", name="Set up").click()
    chandra.get_by_role("link", name="I have copied them: go on").click()
    chandra.get_by_label("New password").fill("seven quiet rivers bend")
    chandra.get_by_label("The same again").fill("seven quiet rivers bend")
    chandra.get_by_role("button", name="Keep this password").click()
    expect(chandra.get_by_role("heading", name="Units")).to_be_visible()
    expect(chandra.get_by_role("link", name="To review")).to_have_count(0)

    farida.goto("/operators/chandra")
    farida.get_by_role("button", name="Close the account").click()
    expect(farida.get_by_text("Closed")).to_be_visible()
    chandra.reload()
    expect(chandra.get_by_role("heading", name="Sign in")).to_be_visible()


def test_code_page_cannot_be_used_with_the_keyboard_alone(desk: Desk, window: OpenWindow) -> None:
    phone = set_up(desk, window())
    page = window()
    # A browser gives the first field its focus only with the first picture it paints.
    expect(page.get_by_label("Name")).to_be_focused()
    for text in ("farida", PASSWORD):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(phone.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Your account: farida")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, TABLET], ids=["desktop", "tablet"])
def test_page_is_wider_than_its_screen_or_too_pale_to_read(
    desk: Desk, browser: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    desk.add_operator("omar", Role.AUDITOR)
    with ConsoleServer(build_console(desk.services), tmp_path) as server:
        context = browser.new_context(
            base_url=server.url, ignore_https_errors=True, viewport={"width": size[0], "height": size[1]}
        )
        page = context.new_page()

        def look(said: str) -> None:
            expect(page.get_by_text(said, exact=True).first).to_be_visible()
            assert page.evaluate(CONTRAST) == [], said
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), said

        page.goto("/sign-in")
        sign_in(page, "farida")
        look("Set up your second factor")
        phone = phone_of(desk, page)
        page.get_by_label("Code of six digits").fill("000000")
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("alert")).to_be_visible()
        look("2. Type the code that it shows")
        page.get_by_label("Code of six digits").fill(phone.code())
        page.get_by_role("button", name="Set up").click()
        look("Your recovery codes")
        for path, said in (
            ("/operators", "Who signs in here, what their work is, and where."),
            ("/add-operator", "No role includes another. An auditor has no other role."),
            ("/operators/farida", "Whole hub"),
            ("/account", "Second factor"),
            ("/confirm", "Confirm that it is you"),
            ("/operators/amina", "Something is lost, or somebody leaves"),
        ):
            page.goto(path)
            look(said)
        page.get_by_role("button", name="Close the account").click()
        look("Closed")
        page.get_by_role("button", name="Give a start password").click()
        look("It is shown only now.")
        context.clear_cookies()
        page.goto("/sign-in")
        set_up(desk, page, "omar")
        look("Audit trail")
        context.clear_cookies()
        page.goto("/sign-in")
        sign_in(page, "omar")
        look("Your code")
        context.close()
