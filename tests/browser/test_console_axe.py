"""Every page of the console, judged by axe-core against WCAG 2.2 AA, on a desk's screen and on a tablet.

The pages of alerts are judged where their story is told, in test_console_alerts.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.access.service import Role, SecondFactorPolicy
from hub.cases.service import Reason
from hub.web import build_console
from protocol.ids import CaseId
from tests.browser.judge import violations
from tests.browser.test_console_access import phone_of
from tests.browser.test_console_story import adults, fill_in, sign_in, take
from tests.support.cases import SAMPLES, add_case, new_case
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, Case, Desk, Intake


class Judge:
    """Somebody's window, and what axe says of each page that it shows."""

    def __init__(self, desk: Desk, page: Page) -> None:
        self.desk, self.page = desk, page
        self.found: list[str] = []

    def look(self, said: str) -> None:
        """At the page that says this, at both sizes."""
        expect(self.page.get_by_text(said).first).to_be_visible()
        self.found += [f"{said!r} {broken}" for broken in violations(self.page)]

    def visit(self, *pages: tuple[str, str]) -> None:
        """Pages by their paths, with what each says."""
        for path, said in pages:
            self.page.goto(path)
            self.look(said)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    rooms = Desk(tmp_path, second_factor=getattr(request, "param", SecondFactorPolicy.OPTIONAL))
    yield rooms
    rooms.database.close()


@pytest.fixture
def context(browser: Browser, desk: Desk, tmp_path: Path) -> Iterator[BrowserContext]:
    with ConsoleServer(build_console(desk.services), tmp_path) as server:
        context = browser.new_context(base_url=server.url, ignore_https_errors=True)
        yield context
        context.close()


@pytest.fixture
def judge(desk: Desk, context: BrowserContext) -> Iterator[Judge]:
    """Axe has found nothing in the end."""
    judge = Judge(desk, context.new_page())
    judge.page.goto("/")
    yield judge
    assert judge.found == []


def test_reviewers_page_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    page = judge.page
    judge.look("Password")
    sign_in(page, "amina", "another password altogether")
    judge.look("The name or the password is not right")
    decided = desk.open_review(Intake(reference="9Q2M-FX4K"), Case(id=CaseId("bd/c-other")))
    desk.confirm(decided)
    review = adults(desk)
    sign_in(page, "amina")
    judge.look("7Q2M-FX4K")
    take(page)
    judge.look("What do you conclude?")
    fill_in(page, "Identification")
    page.get_by_role("button", name="Record").first.click()
    judge.visit(
        (f"/reviews/{review}", "7Q2M-FX4K"),
        (f"/reviews/{decided}", "9Q2M-FX4K"),
        ("/decisions", "9Q2M-FX4K"),
        ("/accuracy", "accuracy"),
        ("/alerts", "9Q2M-FX4K"),
        ("/units", "bd/benapole-1"),
        ("/account", "Second factor"),
        ("/confirm", "Confirm that it is you"),
        ("/nowhere", "Nothing here"),
    )
    page.goto("/alerts")
    page.locator("main").get_by_role("link").first.click()
    judge.look("Alert for intake 9Q2M-FX4K")


def test_case_officers_page_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    case = add_case(desk, new_case("GD 1/2026", "Rahim Uddin"), "obama.jpg")
    add_case(desk, new_case("GD 2/2026", "Rahim Uddin"), "obama2.jpg")
    page = judge.page
    sign_in(page, "rekha")
    judge.visit(
        ("/cases", "GD 1/2026"),
        (f"/cases/{case}", "GD 1/2026"),
        (f"/cases/{case}/change", "Reference"),
        (f"/cases/{case}/copy", "assphrase"),
        ("/add-case?register=found", "Reference"),
        ("/import-cases", "CSV"),
        ("/withdrawals", "Somebody brings a receipt"),
        ("/add-case", "Reference"),
    )
    page.locator("[name=reference]").fill("GD 3/2026")
    page.get_by_label("Sex").select_option("male")
    page.get_by_label("Legal basis").select_option("police-order")
    page.get_by_label("Files").set_input_files(SAMPLES / "obama.jpg")
    page.get_by_label("Height").fill("1000")
    page.get_by_role("button", name="Register").click()
    judge.look("Nothing was recorded")


def test_administrators_or_auditors_page_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    desk.add_operator("farida", Role.ADMINISTRATOR)
    desk.add_operator("omar", Role.AUDITOR)
    page = judge.page
    sign_in(page, "farida")
    judge.visit(
        ("/statistics", "This period has not ended"),
        ("/operators", "amina"),
        ("/add-operator", "No role includes another"),
        ("/operators/amina", "Something is lost, or somebody leaves"),
    )
    page.get_by_role("button", name="Give a start password").click()
    judge.look("It is shown only now.")
    start = page.locator("#start-password").inner_text()
    page.goto("/account")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "amina", start)
    judge.look("Keep this password")
    page.context.clear_cookies()
    page.goto("/")
    sign_in(page, "omar")
    judge.look("Audit trail")


@pytest.mark.parametrize("desk", [SecondFactorPolicy.REQUIRED], indirect=True)
def test_second_factors_page_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    page = judge.page
    sign_in(page, "amina")
    judge.look("Set up your second factor")
    phone = phone_of(desk, page)
    page.get_by_label("Code of six digits").fill(phone.code())
    page.get_by_role("button", name="Set up").click()
    judge.look("Your recovery codes")
    page.context.clear_cookies()
    page.goto("/")
    sign_in(page, "amina")
    judge.look("Your code")


def test_page_of_a_case_that_has_ended_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    closed, erased, merged, last = (
        add_case(desk, new_case(f"GD {number}/2026", "Rahim Uddin"), "obama.jpg") for number in (1, 2, 3, 4)
    )
    with desk.database.begin() as connection:
        registers = desk.registers
        registers.erasure.close(connection, closed, Reason.REUNITED, note="with the aunt", actor="amina")
        registers.erasure.erase(connection, erased, Reason.FAMILY_ASKED, note="their letter", actor="amina")
        registers.cases.duplicates.merge(connection, merged, last, note="", actor="amina", at=desk.clock())
    sign_in(judge.page, "rekha")
    judge.visit(
        (f"/cases/{closed}", "Record of the deletion: closed, reunited"),
        (f"/cases/{erased}", "Record of the deletion: erased"),
        (f"/cases/{merged}", "Merged into:"),
        (f"/cases/{last}", "Merged into this one:"),
    )


def test_report_of_an_import_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    page = judge.page
    sign_in(page, "rekha")
    page.goto("/import-cases")
    template = page.request.get("/import-cases/template.csv").body()
    sound = template.splitlines(keepends=True)[0] + b"\n"
    for content, act, said in (
        (template + b"nonsense\n", "Try without taking", "Nothing was taken."),
        (template, "Try without taking", "can be taken: choose the file again"),
        (sound, "Take all cases", "cases were taken"),
    ):
        page.get_by_label("File", exact=True).set_input_files(
            {"name": "cases.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name=act).click()
        judge.look(said)


def test_form_that_was_kept_shuts_somebody_out(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    case = add_case(desk, new_case("GD 1/2026", "Rahim Uddin"), "obama.jpg")
    page = judge.page
    sign_in(page, "rekha")
    page.goto(f"/cases/{case}")
    page.locator("#close-reason").select_option("reunited")
    page.locator("#close-note").fill("with the aunt")
    desk.clock.now += 13 * 60 * MINUTE
    page.get_by_role("button", name="Close", exact=True).click()
    judge.look("nothing has been recorded yet")
    sign_in(page, "rekha")
    judge.look("You are signed in again")
    expect(page.get_by_text("with the aunt")).to_be_visible()
    page.get_by_role("button", name="Send it now").click()
    judge.look("Record of the deletion: closed, reunited")


def test_picture_without_words_passes_the_judge(judge: Judge) -> None:
    judge.page.evaluate("document.querySelector('main').append(new Image())")
    judge.look("Password")
    assert [line.split(": ")[1] for line in judge.found] == ["image-alt", "image-alt"]
    judge.found.clear()
