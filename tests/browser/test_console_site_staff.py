"""The pages of sites' staff and of found children in Chromium, each judged by axe at both sizes."""

import re

from playwright.sync_api import expect

from hub.access.service import Role
from tests.browser.test_console_axe import Judge, context, desk, judge
from tests.browser.test_console_story import sign_in
from tests.support.desk import Desk
from tests.support.found import stuck_child

__all__ = ["context", "desk", "judge"]


def test_technician_cannot_add_suspend_or_end_a_member_of_staff(desk: Desk, judge: Judge) -> None:
    desk.add_operator("tariq", Role.TECHNICIAN)
    page = judge.page
    sign_in(page, "tariq")
    page.get_by_role("link", name="Site staff").click()
    judge.look("Nobody can sign in at this site yet")
    page.get_by_role("link", name="Add a person").click()
    judge.look("As colleagues know the person")
    page.get_by_label("Name").fill("Ruma Begum")
    page.get_by_role("button", name="Add and draw a PIN").click()
    judge.look("It is shown only now")
    expect(page.locator("#pin")).to_have_text(re.compile(r"^\d{6}$"))
    page.get_by_role("link", name="To the site staff").click()
    judge.look("Take intakes")
    page.get_by_role("link", name="Look at Ruma Begum").click()
    judge.look("Something is lost, or somebody leaves")
    page.get_by_role("button", name="Suspend").click()
    judge.look("Let in again")
    page.get_by_role("button", name="End for good").click()
    judge.look("has left and cannot be let in again")


def test_officer_cannot_mend_and_check_a_found_child_that_is_on_no_register(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    found = stuck_child(desk)
    page = judge.page
    sign_in(page, "rekha")
    page.get_by_role("link", name="Found children").click()
    judge.look("It could not be put on the register")
    page.get_by_role("link", name="See to it").click()
    judge.look("What the site has sent")
    page.get_by_label("Reference").fill(" ")
    page.get_by_role("button", name="Put on the register").click()
    judge.look("A case needs the police's reference")
    page.get_by_label("Reference").fill(found.reference)
    page.get_by_label("Station or shelter").fill("Sharsha")
    page.get_by_role("button", name="Put on the register").click()
    judge.look("came with a man who left her")
    page.get_by_role("link", name="Found children").click()
    page.get_by_role("button", name=f"I have checked {found.reference}").click()
    judge.look("Nobody waits for a check")
