"""The pages of sites' staff and of found children in Chromium, each judged by axe at both sizes."""

import re
from dataclasses import replace

from playwright.sync_api import expect

from hub.access.service import Role
from hub.found.service import FoundArrival
from protocol.sighting import LegalBasis
from tests.browser.test_console_axe import Judge, context, desk, judge
from tests.browser.test_console_story import sign_in
from tests.protocol.examples import FOUND
from tests.support.desk import SITE, UNIT, Desk

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


def test_officer_cannot_check_a_found_child(desk: Desk, judge: Judge) -> None:
    desk.add_operator("rekha", Role.CASE_OFFICER)
    with desk.database.begin() as connection:
        found = replace(FOUND, unit=UNIT, site=SITE)
        arrival = FoundArrival(found, LegalBasis.BEST_INTERESTS, "0" * 32, "0" * 64, b"1", b"2")
        desk.sites.found.keep(connection, arrival)
        connection.exec_driver_sql("UPDATE found_children SET problem = 'CaseError'")
    page = judge.page
    sign_in(page, "rekha")
    page.get_by_role("link", name="Found children").click()
    judge.look("telephone the site and enter the child by hand")
    page.get_by_role("button", name=f"I have checked {found.reference}").click()
    judge.look("Nobody waits for a check")
