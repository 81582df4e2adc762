"""Touching twice, going back and coming late: what is lost, doubled, mixed up or told wrongly by it."""

import gc
import re

import httpx
import pytest

from edge_agent.bootstrap import Unit
from models.recogniser import Recogniser
from protocol.staff import StaffRole
from tests.edge_agent.kiosk.screen import Screen, give_staff, screen_of
from tests.edge_agent.kiosk.test_intake import DECISION, FACTS, begin, photograph, signed_in, waiting


def reference(page: httpx.Response) -> str:
    found = re.search(r'<p class="reference">(.+?)</p>', page.text)
    assert found, page.url
    return found.group(1)


def press(screen: Screen, token: str, path: str, **fields: str) -> httpx.Response:
    """A button of a page that is open already, whose token is this."""
    return screen.post(path, data={"csrf": token, **fields}, headers={"Origin": screen.origin})


def ready_to_send(screen: Screen) -> str:
    """An intake as far as its facts, and the token of that page."""
    begin(screen)
    screen.submit("/intake/permit", **DECISION)
    assert photograph(screen) == "/intake/facts"
    return screen.token("/intake/facts")


def test_second_touch_or_the_way_back_hides_the_reference_or_sends_twice(unit: Unit) -> None:
    with signed_in(unit) as screen:
        token = ready_to_send(screen)
        said = reference(press(screen, token, "/intake/facts", **FACTS))
        for path in ("facts", "again", "permit", "camera", "shoot", "override", "medium", "correct", "cancel"):
            fields = FACTS | {"medium": "person"} if path in {"facts", "medium"} else {}
            assert reference(press(screen, token, f"/intake/{path}", **fields)) == said, path
        for path in ("", "/present", "/basis", "/told", "/permit", "/camera", "/facts", "/view"):
            assert reference(screen.get(f"/intake{path}")) == said, path
    assert [one.reference for one in waiting(unit)] == [said]


def test_page_of_the_intake_before_is_sent_with_the_picture_of_this_one(unit: Unit) -> None:
    with signed_in(unit) as screen:
        stale = ready_to_send(screen)
        ready_to_send(screen)
        assert press(screen, stale, "/intake/facts", given_name="of somebody else").status_code == 403
        assert waiting(unit) == []
        assert screen.submit("/intake/facts", given_name="Mina").url.path == "/intake/done"
    (taken,) = waiting(unit)
    assert taken.circumstances.given_name == "Mina"


def test_open_intake_is_lost_at_the_first_page(unit: Unit) -> None:
    with signed_in(unit) as screen:
        screen.submit("/intake")
        steps = [
            ("/intake/language", {"language": "hi"}, "present"),
            ("/intake/basis", {"kind": "court-order"}, "told"),
        ]
        for path, fields, step in steps:
            screen.submit(path, **fields)
            assert 'href="/intake"' in screen.get("/").text
            assert screen.get("/intake").url.path == f"/intake/{step}"
        screen.submit("/intake/permit", authority="Court of Jashore", reference="C-7")
        assert screen.get("/intake").url.path == "/intake/camera"
        assert photograph(screen) == "/intake/facts"
        screen.get("/")
        assert screen.get("/intake").url.path == "/intake/facts"


@pytest.mark.parametrize("path", ["/intake/told", "/intake/permit"])
def test_way_back_or_an_error_loses_what_was_entered_of_the_basis(unit: Unit, path: str) -> None:
    with signed_in(unit) as screen:
        begin(screen)
        answer = screen.submit(path, official="", other_reason="নদী পার হয়ে একা এসেছে")
        assert answer.url.path == path
        page = screen.get("/intake/permit").text
        assert 'value="নদী পার হয়ে একা এসেছে"' in page
        assert 'name="official" type="text" maxlength="80" autocomplete="off" value=""' in page


def test_age_that_does_not_fit_a_corrected_basis_bars_the_way(unit: Unit) -> None:
    consent = {"guardian": "mother", "childs_word": "agrees"}
    with signed_in(unit) as screen:
        begin(screen, "guardian-consent")
        screen.submit("/intake/permit", **consent)
        photograph(screen)
        screen.submit("/intake/again", age="9-12", given_name="Mina")
        screen.submit("/intake/correct")
        assert screen.submit("/intake/permit", **consent | {"childs_word": "too-young"}).url.path == "/intake/camera"
        photograph(screen)
        page = screen.get("/intake/facts").text
        assert 'value="0-3" checked' in page
        assert 'value="Mina"' in page


def test_somebody_whose_role_was_taken_away_goes_on_with_the_intake(unit: Unit) -> None:
    with signed_in(unit) as screen:
        token = ready_to_send(screen)
        give_staff(unit, serial=2, roles=[StaffRole.FOUND])
        assert press(screen, token, "/intake/facts", **FACTS).status_code == 403
    assert waiting(unit) == []


def test_closed_screen_keeps_its_recogniser_in_memory(unit: Unit) -> None:
    def recognisers() -> int:
        gc.collect()
        return sum(type(one) is Recogniser for one in gc.get_objects())

    before = recognisers()
    with screen_of(unit) as screen:
        screen.sign_in()
    del screen
    assert recognisers() <= before  # Those of earlier tests may have gone meanwhile.
