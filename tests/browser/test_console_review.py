"""Reviews in a real browser: two people and a senior, a live queue, pictures in step, drafts that outlive a session."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.access.service import Role
from hub.review.conclusions import Answer
from hub.web import build_console
from tests.browser.test_console_story import (
    CONTRAST,
    DESKTOP,
    TABLET,
    OpenWindow,
    adults,
    fill_in,
    record,
    sign_in,
    take,
    window,
)
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, Desk, Intake

__all__ = ["window"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path)
    rooms.add_operator("chandra", Role.SENIOR_REVIEWER)
    yield rooms
    rooms.database.close()


@pytest.fixture
def server(desk: Desk, tmp_path: Path) -> Iterator[ConsoleServer]:
    with ConsoleServer(build_console(desk.services), tmp_path) as serving:
        yield serving


def test_two_who_do_not_agree_leave_it_to_a_senior_who_sees_neither_before(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    for name, answer, comment in (
        ("amina", "Identification", "The same ears."),
        ("bimal", "Exclusion", "Another nose."),
    ):
        page = window(name)
        take(page)
        fill_in(page, answer, comment)
        record(page)
    expect(page.get_by_text("a senior decides")).to_be_visible()
    assert "The same ears" not in page.content()

    senior = window("chandra")
    expect(senior.get_by_role("heading", name="for a senior")).to_be_visible()
    take(senior)
    for said in ("The same ears", "Another nose", "0.71", "amina", "bimal"):
        assert said not in senior.content()
    fill_in(senior, "Support for the same person")
    record(senior)
    for said in ("Confirmed.", "The same ears.", "Another nose.", "chandra (senior)"):
        expect(senior.get_by_text(said)).to_be_visible()
    senior.get_by_label("Add a remark").fill("Ask for the school's photograph.")
    senior.get_by_role("button", name="Add it").click()
    page.reload()
    expect(page.get_by_text("Ask for the school's photograph.")).to_be_visible()


def test_queue_stays_as_it_was_while_colleagues_work(desk: Desk, window: OpenWindow) -> None:
    page = window("amina")
    expect(page.get_by_text("Nothing waits for your answer.")).to_be_visible()
    review = desk.open_review(Intake(reference="LIVE-0001"))
    expect(page.get_by_role("button", name="Compare LIVE-0001")).to_be_visible()
    for name in ("bimal", "chandra"):
        desk.answer(review, desk.operators[name], Answer.EXCLUSION)
    expect(page.get_by_text("Nothing waits for your answer.")).to_be_visible()


def test_queue_stays_old_after_the_hub_was_busy_or_the_session_over(desk: Desk, window: OpenWindow) -> None:
    page = window("amina")
    page.route("**/queue/events", lambda route: route.fulfill(status=503), times=1)
    page.reload()
    desk.open_review(Intake(reference="LIVE-0002"))
    expect(page.get_by_role("button", name="Compare LIVE-0002")).to_be_visible()
    page.route("**/queue/events", lambda route: route.fulfill(status=401), times=1)
    page.reload()
    page.context.clear_cookies()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_pictures_zoom_move_and_brighten_apart_from_each_other(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window("amina")
    take(page)
    expect(page.locator(".ready")).to_have_count(1)  # our script has taken the viewer over
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Larger").click()
    page.get_by_label("Brightness").fill("150")
    frame = page.get_by_role("group", name="Picture: plus and minus").first
    frame.focus()
    page.keyboard.press("ArrowLeft")
    looks = page.eval_on_selector_all("img.face", "all => all.map(one => one.style.transform + one.style.filter)")
    assert looks[0] == looks[1]
    assert "scale(1.96)" in looks[0]
    assert "translate(10%" in looks[0]
    assert "brightness(150%)" in looks[0]
    page.get_by_role("button", name="Photographs").click()
    sources = page.eval_on_selector_all("img.face", "all => all.map(one => new URL(one.src).pathname.split('/')[3])")
    assert sources == ["originals", "originals"]
    page.reload()
    expect(page.get_by_label("Brightness")).to_have_value("100")


def test_what_was_typed_is_lost_with_a_page_that_is_closed(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window("amina")
    take(page)
    fill_in(page, "Inconclusive", "The chin is hidden.")
    expect(page.locator("#form-status")).to_contain_text("Kept, not recorded yet.")
    desk.clock.now += 31 * MINUTE
    page.reload()
    sign_in(page, "amina")

    page.get_by_role("button", name="Take this review").click()
    expect(page.get_by_label("Comment")).to_have_value("The chin is hidden.")
    expect(page.get_by_label("Inconclusive")).to_be_checked()


def test_what_was_typed_is_lost_when_the_hub_does_not_answer_at_once(desk: Desk, window: OpenWindow) -> None:
    review = adults(desk)
    page = window("amina")
    take(page)
    page.route("**/draft", lambda route: route.fulfill(status=503), times=1)
    page.get_by_label("Comment").fill("The chin is hidden.")
    expect(page.locator("#form-status")).to_contain_text("Kept, not recorded yet.")
    assert desk.seen(review, desk.operators["amina"]).draft.comment == "The chin is hidden."


def test_review_left_for_now_is_a_colleague_s_with_nothing_of_what_was_entered(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    desk.answer(desk.queue(desk.bimal).to_answer[0].review.id, desk.bimal, Answer.EXCLUSION)
    amina, senior = window("amina"), window("chandra")
    take(amina)
    expect(senior.get_by_role("button", name="Compare 7Q2M-FX4K")).to_have_count(0)
    fill_in(amina, "Exclusion", "Another chin.")
    amina.get_by_role("button", name="Leave it for now").click()
    expect(amina.get_by_role("heading", name="To review")).to_be_visible()
    take(senior)
    assert "Another chin" not in senior.content()


@pytest.mark.parametrize("size", [DESKTOP, TABLET], ids=["desktop", "tablet"])
def test_page_of_a_review_is_wider_than_its_screen_or_too_pale_to_read(
    desk: Desk, window: OpenWindow, size: tuple[int, int]
) -> None:
    adults(desk)
    page = window("chandra", size)
    expect(page.get_by_role("heading", name="To review")).to_be_visible()
    _look(page)
    take(page)
    fill_in(page, "Exclusion")
    _look(page)
    record(page)
    expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    page.get_by_text("What was seen").click()
    _look(page)
    page.goto("/accuracy")
    expect(page.get_by_role("heading", name="Everyone")).to_be_visible()
    _look(page)


def _look(page: Page) -> None:
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main .pick')].filter(one => one.offsetParent
            && one.getBoundingClientRect().height < 24).map(one => one.textContent)"""
    )
    assert small == []
