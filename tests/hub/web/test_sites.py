"""A site's staff: whatever role, they see what belongs to their site, and nothing says that there is more."""

import re

import pytest

from hub.access.service import Role
from hub.cases.service import CaseError
from hub.review.service import ReviewId
from hub.routes_document import console_routes
from hub.sites import Sites
from protocol.ids import CaseId, SiteId
from tests.hub.web.conftest import MakePerson
from tests.support.cases import add_case, new_case
from tests.support.desk import SITE, Case, Desk, Intake

ELSEWHERE = SiteId("bd/darshana")
HERE_ONLY = Sites(frozenset({SITE}))
HERE, THERE = "AAAA-1111", "BBBB-2222"
# What the forms about a case ask for, so that what is refused is the case and not the form.
FIELDS = {"reason": "reunited", "other": "bd/c-1", "verdict": "distinct", "recipient": "family", "passphrase": "a"}

# What each role that can be bound to a site opens. The others work for the whole hub.
PAGES = {
    Role.CASE_OFFICER: ("/alerts", "/feed.atom"),
    Role.REVIEWER: ("/", "/decisions", "/alerts", "/feed.atom"),
    Role.SENIOR_REVIEWER: ("/", "/decisions", "/alerts", "/feed.atom"),
    Role.DISPATCHER: ("/alerts", "/feed.atom"),
    Role.TECHNICIAN: ("/units",),
}


@pytest.fixture
def found(desk: Desk) -> dict[str, ReviewId]:
    """At each of two sites an open review and a confirmed one with its alert; the reviews by reference."""
    reviews: dict[str, ReviewId] = {}
    for reference, site in ((HERE, SITE), (THERE, ELSEWHERE)):
        reviews[f"open {reference}"] = desk.open_review(Intake(reference, site=site), Case(CaseId(f"{site}-open")))
        reviews[reference] = desk.open_review(Intake(reference, site=site), Case(CaseId(f"{site}-confirmed")))
        desk.confirm(reviews[reference])
    desk.dispatcher().publish()
    return reviews


@pytest.mark.parametrize("role", PAGES)
def test_page_shows_another_site_s_children_or_units(
    desk: Desk, person: MakePerson, found: dict[str, ReviewId], role: Role
) -> None:
    desk.add_operator("local", role, sites=HERE_ONLY)
    desk.add_operator("national", role)
    local, national = person("local"), person("national")
    for path in PAGES[role]:
        seen, all_of_it = local.get(path).text, national.get(path).text
        assert THERE not in seen, path
        assert ELSEWHERE not in seen, path
        if path != "/units":  # The one unit there is stands at the local site.
            assert HERE in seen, path
            assert THERE in all_of_it, path


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR_REVIEWER])
def test_review_of_another_site_opens_by_its_address(
    desk: Desk, person: MakePerson, found: dict[str, ReviewId], role: Role
) -> None:
    desk.add_operator("local", role, sites=HERE_ONLY)
    local = person("local")
    before = desk.actions()
    for review in (found[f"open {THERE}"], found[THERE]):
        for path in (f"/reviews/{review}", f"/reviews/{review}/faces/intake.jpg", f"/reviews/{review}/faces/case.jpg"):
            answer = local.get(path)
            assert answer.status_code == 404, path
            assert answer.text == local.get("/reviews/" + "0" * 16).text
        sent = local.post(f"/reviews/{review}/answer", csrf=local.token("/"), answer="identification")
        assert sent.status_code == 404
    assert desk.actions() == before
    assert local.get(f"/reviews/{found[f'open {HERE}']}").ok


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.REVIEWER, Role.SENIOR_REVIEWER, Role.DISPATCHER])
def test_alert_of_another_site_opens_by_its_address(
    desk: Desk, person: MakePerson, found: dict[str, ReviewId], role: Role
) -> None:
    desk.add_operator("local", role, sites=HERE_ONLY)
    desk.add_operator("national", role)
    local, national = person("local"), person("national")
    alerts = set(re.findall(r"/alerts/[0-9a-f]{16}", national.get("/alerts").text))
    assert len(alerts) == 2
    (own,) = set(re.findall(r"/alerts/[0-9a-f]{16}", local.get("/alerts").text))
    (foreign,) = alerts - {own}
    (document,) = re.findall(r"/alert-messages/[0-9a-f]{16}/cap.xml(?=\")", national.get(foreign).text)
    for path in (foreign, document, f"{document}.sig"):
        assert local.get(path).status_code == 404
        assert national.get(path).ok
    assert local.get(own).ok


CASE_ROUTES = [route for route in console_routes() if route.path.startswith("/cases/{hub}/{name}")]


def test_case_of_another_site_opens_by_its_address(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("local", Role.CASE_OFFICER, sites=HERE_ONLY)
    own = add_case(desk, new_case("GD 1", "Rahim Uddin", site=SITE), "obama.jpg")
    foreign = add_case(desk, new_case("GD 2", "Rahim Uddin", site=ELSEWHERE), "biden.jpg")
    with desk.database.read() as connection:
        (photo,) = desk.registers.cases.summary(connection, foreign).photos
    local = person("local")
    token, before = local.token("/cases"), desk.actions()
    for route in CASE_ROUTES:
        method = min(route.methods or {"GET"})
        path = route.path.replace("{photo}", photo)
        asked = {
            name: local.session.request(
                method,
                local.url + path.replace("{hub}/{name}", name),
                data={"csrf": token} | FIELDS,
                files={"photograph": ("a.jpg", b"", "image/jpeg")} if path.endswith("photographs") else None,
                timeout=60,
                allow_redirects=False,
            )
            for name in (foreign, "bd/c-00000000")
        }
        assert {answer.status_code for answer in asked.values()} == {404}, (method, path)
        assert asked[foreign].text.replace(foreign, "") == asked["bd/c-00000000"].text.replace("bd/c-00000000", "")
    assert desk.actions() == before
    # Nor does a page of their own case lead there, though the two may be one child's.
    for path in (f"/cases/{own}", "/cases?text=Rahim+Uddin&state=", f"/cases?text={foreign}&state="):
        assert foreign not in local.get(path).text.replace(f'value="{foreign}"', "")
    judged = local.post(f"/cases/{own}/duplicates", csrf=token, other=foreign, verdict="merge")
    assert judged.status_code == 400
    assert local.get(f"/cases/{own}/photographs/{photo}.jpg").status_code == 404


def test_photograph_of_a_case_that_another_site_goes_on_with_is_shown(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("local", Role.CASE_OFFICER, sites=HERE_ONLY)
    own = add_case(desk, new_case("GD 1", site=SITE))
    foreign = add_case(desk, new_case("GD 2", site=ELSEWHERE), "biden.jpg")
    with desk.database.begin() as connection:
        desk.registers.cases.duplicates.merge(connection, own, foreign, note="", actor="amina", at=desk.clock())
        (photo,) = desk.registers.cases.summary(connection, foreign).photos
    assert person("local").get(f"/cases/{own}/photographs/{photo}.jpg").status_code == 404


def test_reference_of_another_site_names_its_case(desk: Desk) -> None:
    foreign = add_case(desk, new_case("GD 2", site=ELSEWHERE))
    with pytest.raises(CaseError) as told:
        add_case(desk, new_case("GD 2", site=SITE))
    assert foreign not in str(told.value)


def test_count_under_a_list_tells_how_many_there_are_elsewhere(
    desk: Desk, person: MakePerson, found: dict[str, ReviewId]
) -> None:
    desk.add_operator("local", Role.REVIEWER, sites=HERE_ONLY)
    with desk.database.read() as connection:
        assert desk.review.decided_count(connection, HERE_ONLY) == 1
        assert desk.dispatch.alert_count(connection, HERE_ONLY) == 1
    local = person("local")
    for path in ("/", "/decisions", "/alerts"):
        assert " are shown" not in local.get(path).text


def test_operator_of_a_site_without_units_sees_those_of_others(desk: Desk, person: MakePerson) -> None:
    desk.add_operator("local", Role.TECHNICIAN, sites=Sites(frozenset({ELSEWHERE})))
    page = person("local").get("/units").text
    assert "benapole" not in page
    assert "No unit" in page
