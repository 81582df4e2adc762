"""Pages: what browsers are told, what is cached, and what people read when something goes wrong."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.review.conclusions import Answer
from hub.web import build_console
from protocol.circumstances import Circumstances, Medium, Override
from protocol.ids import CaseId
from tests.hub.web.conftest import MakePerson
from tests.support.console import ConsoleServer
from tests.support.desk import PHOTO, Case, Desk, Intake

PAGES = ["/sign-in", "/", "/decisions", "/alerts", "/units", "/feed.atom", "/static/console.css", "/nothing-here"]


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        self.found.append((tag, dict(attrs)))


def everything_filled(desk: Desk) -> str:
    """One review of every kind; the open one's identifier."""
    desk.confirm(desk.open_review())
    unresolved = desk.open_review(Intake(reference="BBBB-2222"))
    senior = desk.add_operator("elder", Role.SENIOR_REVIEWER)
    for operator, answer in ((desk.amina, Answer.IDENTIFICATION), (desk.bimal, Answer.EXCLUSION)):
        desk.answer(unresolved, operator, answer)
    desk.answer(unresolved, senior, Answer.INCONCLUSIVE)
    desk.dispatcher().publish()
    return desk.open_review(Intake(reference="CCCC-3333"))


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_frames_sniffing_and_foreign_scripts_or_sources(person: MakePerson, path: str) -> None:
    headers = person("amina").get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith("/static")])
def test_no_page_is_stored_by_a_browser(person: MakePerson, path: str) -> None:
    assert person("amina").get(path).headers["Cache-Control"] == "no-store"


def test_faces_are_not_stored_and_are_pictures(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)
    for path in ("faces/intake", "faces/case", "originals/intake", "originals/case"):
        face = person("amina").get(f"/reviews/{review}/{path}.jpg")
        assert face.headers["Cache-Control"] == "no-store"
        assert face.headers["Content-Type"] == "image/jpeg"
        assert face.content.startswith(b"\xff\xd8")
    assert desk.actions().count(AuditAction.FACES_VIEWED) == 1


def test_opening_the_page_alone_audits_no_look_at_faces(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    person("amina").take(review)
    assert AuditAction.FACES_VIEWED not in desk.actions()


def test_no_page_has_an_inline_script_or_style_or_a_foreign_address(desk: Desk, person: MakePerson) -> None:
    review = everything_filled(desk)
    amina = person("amina")
    alert = re.findall(r'href="(/alerts/[0-9a-f]{16})"', amina.get("/alerts").text)[0]
    for path in ("/", "/decisions", "/alerts", "/units", alert, f"/reviews/{review}"):
        for tag, attributes in Elements(amina.get(path).text).found:
            assert tag not in {"style", "iframe", "object"}
            assert tag != "script" or set(attributes) == {"src", "defer"}
            assert not any(name.startswith("on") or name == "style" for name in attributes)
            for name in ("href", "src", "action"):
                assert (attributes.get(name) or "/").startswith(("/", "#")), (path, tag, attributes)


def test_every_field_has_a_label_and_every_picture_a_text(desk: Desk, person: MakePerson) -> None:
    review = everything_filled(desk)
    amina = person("amina")
    amina.take(review)
    for path in ("/sign-in", "/", f"/reviews/{review}"):
        found = Elements(amina.get(path).text).found
        labelled = {attributes.get("for") for tag, attributes in found if tag == "label"}
        for tag, attributes in found:
            if tag in {"input", "textarea"} and attributes.get("type") != "hidden":
                assert attributes.get("id") in labelled
            if tag == "img":
                assert "alt" in attributes


@pytest.mark.usefixtures("hub_database")
def test_lists_show_references_outcomes_and_the_feed(desk: Desk, person: MakePerson) -> None:
    everything_filled(desk)
    amina = person("amina")
    assert "CCCC-3333" in amina.get("/").text
    decided = amina.get("/decisions").text
    assert "Confirmed" in decided
    assert "Unresolved" in decided
    alerts = amina.get("/alerts").text
    assert "In the feed" in alerts
    assert "No recipients" in alerts
    assert "7Q2M-FX4K" in amina.get("/feed.atom").text


def test_alert_nobody_was_told_of_says_so_loudly(desk: Desk, person: MakePerson) -> None:
    desk.confirm(desk.open_review())
    amina = person("amina")
    (link,) = re.findall(r'href="(/alerts/[0-9a-f]{16})"', amina.get("/alerts").text)
    page = amina.get(link).text
    assert "Nobody got a message" in page
    assert "Exercise" in page
    (document,) = re.findall(r'href="(/alert-messages/[0-9a-f]{16}/cap.xml)"', page)
    assert amina.get(document).headers["Content-Type"] == "application/cap+xml"


def test_page_and_feed_folder_give_the_same_document(desk: Desk, person: MakePerson) -> None:
    desk.confirm(desk.open_review())
    desk.dispatcher().publish()
    (path,) = desk.feed.glob("*.xml")
    amina, address = person("amina"), f"/alert-messages/{path.stem}/cap.xml"
    assert amina.get(address).content == path.read_bytes()
    assert amina.get(f"{address}.sig").content == path.with_suffix(".xml.sig").read_bytes()


def test_found_child_is_said_on_the_page_only_after_the_own_answer(desk: Desk, person: MakePerson) -> None:
    desk.confirm(desk.open_review())
    review = desk.open_review(Intake(), Case(birth=Case().birth))
    amina = person("amina")
    assert "confirmed in another review" not in amina.take(review).text
    page = amina.answer(review, "exclusion").text
    assert "confirmed in another review" in page
    assert "contradict" not in page


def test_reviewer_takes_a_photograph_of_a_photograph_for_one_of_a_child(desk: Desk, person: MakePerson) -> None:
    amina = person("amina")
    plain = amina.take(desk.open_review(Intake(reference="AAAA-1111"))).text
    how = Circumstances(medium=Medium.PAPER, override=Override.LIGHT, given_name="Secret Name")
    page = amina.take(desk.open_review(Intake(circumstances=how), Case(id=CaseId("bd/c-other")))).text
    assert ("a photograph on paper" in plain, "a photograph on paper" in page) == (False, True)
    assert ("no better picture" in plain, "no better picture" in page) == (False, True)
    assert "Secret Name" not in page


def test_unit_that_was_never_heard_of_is_shown_as_such(person: MakePerson) -> None:
    page = person("amina").get("/units").text
    assert "bd/benapole-1" in page
    assert "Never seen" in page


@pytest.mark.parametrize("path", ["/nothing-here", "/reviews/0000000000000000", "/alerts/0000000000000000"])
def test_what_does_not_exist_is_answered_in_words(person: MakePerson, path: str) -> None:
    answer = person("amina").get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_page_that_does_not_exist_tells_a_stranger_nothing_more(person: MakePerson) -> None:
    answer = person().get("/nothing-here")
    assert answer.status_code == 404
    assert "To the sign-in" in answer.text


def test_wrong_method_is_answered_in_words(person: MakePerson) -> None:
    amina = person("amina")
    answer = amina.session.put(amina.url + "/alerts", timeout=60)
    assert answer.status_code == 405
    assert "<h1>" in answer.text


def test_failing_program_shows_neither_its_inside_nor_an_unprotected_page(desk: Desk, tmp_path: Path) -> None:
    review = desk.open_review()
    desk.intakes.known.clear()  # The register has lost the sighting: a plain KeyError.
    with ConsoleServer(build_console(desk.services), tmp_path) as server, server.person() as amina:
        amina.sign_in("amina")
        answer = amina.get(f"/reviews/{review}")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "KeyError" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_database_that_does_not_answer_is_said_to_be_tried_again(
    desk: Desk, person: MakePerson, tmp_path: Path
) -> None:
    amina = person("amina")
    desk.database.close()
    file = tmp_path / "hub.sqlite3"
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    answer = amina.get("/")
    assert answer.status_code == 503
    assert "Try again" in answer.text


def test_reviewer_does_not_learn_that_the_case_s_photograph_is_poor(desk: Desk, person: MakePerson) -> None:
    marked = Case(despite={PHOTO: "the face is blurred. Reason given: <the only one>"})
    page = person("amina").get(f"/reviews/{desk.open_review(case=marked)}").text
    assert "Registered despite: the face is blurred. Reason given: &lt;the only one&gt;" in page
    assert "Registered despite" not in person("bimal").get(f"/reviews/{desk.open_review()}").text


def test_host_that_a_request_names_leads_people_elsewhere(person: MakePerson) -> None:
    visitor = person("amina")
    for path in ("/units/", "/sign-in/", "/nothing-here", "/accuracy"):
        answer = visitor.session.get(
            visitor.url + path, headers={"Host": "evil.example"}, allow_redirects=False, timeout=60
        )
        assert "evil.example" not in answer.text + str(answer.headers)
