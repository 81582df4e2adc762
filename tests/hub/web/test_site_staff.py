"""The pages of sites' staff and of found children: who may open them, what they show once, and what they never show."""

import re
from dataclasses import replace
from typing import Any

import pytest
import requests

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.found.service import FoundArrival
from hub.sites import Sites
from protocol.ids import SiteId
from protocol.sighting import LegalBasis
from protocol.staff import StaffRole
from tests.hub.web.conftest import MakePerson
from tests.protocol.examples import FOUND
from tests.support.console import Person
from tests.support.desk import MINUTE, SITE, UNIT, Desk
from tests.support.found import stuck_child

PAGES = ("/site-staff", "/add-site-staff")


@pytest.fixture
def tariq(desk: Desk, person: MakePerson) -> Person:
    """A technician."""
    desk.add_operator("tariq", Role.TECHNICIAN)
    return person("tariq")


def post(someone: Person, path: str, **fields: object) -> requests.Response:
    data = {"csrf": someone.token("/account"), **fields}
    return someone.session.post(someone.url + path, data=data, timeout=60)


def add(someone: Person, name: str = "Ruma Begum", **fields: Any) -> requests.Response:
    return post(someone, "/add-site-staff", **{"site": SITE, "name": name, "roles": ["intake", "notices"], **fields})


def pin_in(page: requests.Response) -> str:
    found = re.search(r'id="pin">(\d{6})<', page.text)
    assert found, page.text
    return found[1]


def staff_id(someone: Person) -> str:
    found = re.search(r"/site-staff/([0-9a-f]{16})", someone.get("/site-staff").text)
    assert found
    return found[1]


def test_pin_is_shown_twice(desk: Desk, tariq: Person) -> None:
    pin = pin_in(add(tariq))
    page = tariq.get("/site-staff").text
    assert "Ruma Begum" in page
    assert "Take intakes, read notices of the desk" in page
    assert pin not in page
    assert pin not in tariq.get(f"/site-staff/{staff_id(tariq)}").text
    assert pin not in repr(desk.audited())


def test_person_goes_through_all_that_can_happen(desk: Desk, tariq: Person) -> None:
    pin_in(add(tariq))
    page = f"/site-staff/{staff_id(tariq)}"
    assert pin_in(post(tariq, f"{page}/pin"))
    assert post(tariq, f"{page}/roles", roles=["found"]).ok
    assert "Register found children" in tariq.get("/site-staff").text
    assert "Suspended" in post(tariq, f"{page}/suspend").text
    assert "Active" in post(tariq, f"{page}/resume").text
    ended = post(tariq, f"{page}/end").text
    assert "has left" in ended
    assert "/pin" not in ended
    again = post(tariq, f"{page}/pin")
    assert (again.status_code, "has left" in again.text) == (409, True)
    assert desk.actions()[-6:] == [
        AuditAction.STAFF_ADDED,
        AuditAction.STAFF_PIN_GIVEN,
        AuditAction.STAFF_CHANGED,
        AuditAction.STAFF_SUSPENDED,
        AuditAction.STAFF_RESUMED,
        AuditAction.STAFF_ENDED,
    ]


@pytest.mark.parametrize("role", Role)
def test_only_technicians_and_administrators_open_the_pages_of_staff(
    desk: Desk, person: MakePerson, role: Role
) -> None:
    desk.add_operator("someone", role)
    someone = person("someone")
    allowed = role in {Role.TECHNICIAN, Role.ADMINISTRATOR}
    for path in PAGES:
        assert someone.get(path).status_code == (200 if allowed else 403)
    assert add(someone).status_code == (200 if allowed else 403)
    assert ("/site-staff" in someone.get("/account").text) == allowed
    officer = role is Role.CASE_OFFICER
    assert someone.get("/found-children").status_code == (200 if officer else 403)
    assert post(someone, "/found-children/" + "00" * 16 + "/check").status_code == (404 if officer else 403)


def test_dangerous_acts_ask_who_it_is_after_five_minutes(desk: Desk, tariq: Person) -> None:
    add(tariq)
    person_page = f"/site-staff/{staff_id(tariq)}"
    desk.clock.now += 5 * MINUTE
    assert tariq.get(person_page).url.endswith(f"/confirm?next={person_page}")
    assert "Ruma Begum" in tariq.get("/site-staff").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "A name has"),
        ({"roles": []}, "at least one thing"),
        ({"site": "bd/elsewhere"}, "one of your sites"),
    ],
)
def test_mistake_in_the_form_is_said_and_nobody_is_added(
    desk: Desk, tariq: Person, fields: dict[str, Any], said: str
) -> None:
    page = add(tariq, **fields)
    assert (page.status_code, said in page.text) == (400, True)
    assert AuditAction.STAFF_ADDED not in desk.actions()


def test_technician_of_another_site_sees_and_reaches_nobody(desk: Desk, tariq: Person, person: MakePerson) -> None:
    add(tariq)
    there = staff_id(tariq)
    desk.add_operator("gita", Role.TECHNICIAN, sites=Sites(frozenset({SiteId("bd/petrapole")})))
    gita = person("gita")
    assert "Ruma" not in gita.get("/site-staff").text
    assert gita.get(f"/site-staff/{there}").status_code == 404
    assert post(gita, f"/site-staff/{there}/end").status_code == 404
    assert add(gita).status_code == 400


def test_name_that_is_markup_stays_text(desk: Desk, tariq: Person) -> None:
    add(tariq, "<b>Ruma</b>")
    assert "<b>Ruma" not in tariq.get("/site-staff").text


def test_officer_reads_who_registered_a_child_by_name_and_not_by_number(desk: Desk, person: MakePerson) -> None:
    with desk.database.begin() as connection:
        given = desk.sites.staff.add(connection, SITE, "Ruma Begum", [StaffRole.FOUND], actor="tariq")
        found = replace(FOUND, unit=UNIT, site=SITE, staff=given.person)
        desk.sites.found.keep(
            connection, FoundArrival(found, LegalBasis.BEST_INTERESTS, "0" * 32, "0" * 64, b"1", b"2")
        )
    desk.add_operator("farida", Role.CASE_OFFICER)
    farida = person("farida")
    page = farida.get("/found-children").text
    assert "Ruma Begum" in page
    assert found.reference in page
    assert given.person not in page
    assert post(farida, f"/found-children/{found.found_id}/check").status_code == 409


def test_officer_cannot_see_to_a_child_whose_registration_became_no_case(
    desk: Desk, person: MakePerson, tariq: Person
) -> None:
    found = stuck_child(desk)
    desk.add_operator("farida", Role.CASE_OFFICER)
    desk.add_operator("gita", Role.CASE_OFFICER, sites=Sites(frozenset({SiteId("bd/petrapole")})))
    path = f"/found-children/{found.found_id}"
    for someone, status in ((tariq, 403), (person("gita"), 404)):
        for page in (path, f"{path}/photograph.jpg"):
            assert someone.get(page).status_code == status
        for act, fields in (("mend", {"reference": "GD 7"}), ("reject", {"reason": "by-mistake"})):
            assert post(someone, f"{path}/{act}", **fields).status_code == status
    farida = person("farida")
    page = farida.get(path).text
    for words in ("রহিমা", "scar of a burn", "red frock, no shoes", "came with a man who left her"):
        assert words in page
    picture = farida.get(f"{path}/photograph.jpg")
    assert (picture.content, picture.headers["Cache-Control"]) == (found.photograph, "no-store")
    looks = [entry for entry in desk.audited() if entry.action is AuditAction.FOUND_VIEWED]
    assert [(entry.actor, entry.subject, entry.detail["purpose"]) for entry in looks] == [
        ("farida", found.found_id, purpose) for purpose in ("facts", "face")
    ]
    rejected = post(farida, f"{path}/reject", reason="by-mistake")
    assert rejected.url.endswith("/found-children")
    assert found.reference not in rejected.text
    assert farida.get(path).status_code == 409
