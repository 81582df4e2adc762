"""The console in a real browser: two people's story, by mouse and by keyboard, with our script and without."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.languages import language
from hub.review.checklist import Feature
from hub.review.conclusions import Answer
from hub.review.model import ReviewId
from hub.web import build_console
from hub.wording import Wording
from protocol.ids import CaseId
from protocol.person import AgeBand, BirthBand, Month, Sex
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, PASSWORD, START, Case, Desk, Intake, sample_face

DESKTOP, TABLET = (1366, 768), (820, 1180)
OpenWindow = Callable[..., Page]

# The luminance and contrast of WCAG 2.2 for every text that is drawn; returns the texts that fail.
ENGLISH = Wording(language("en"))
CONTRAST = """() => {
  const curve = value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const channel = value => curve(value / 255);
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const failing = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim()) continue;
    const style = getComputedStyle(node.parentElement);
    const [a, b] = [light(parse(style.color)), light(ground(node.parentElement))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) failing.push([node.textContent.trim(), contrast]);
  }
  return failing;
}"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path)
    yield rooms
    rooms.database.close()


@pytest.fixture
def server(desk: Desk, tmp_path: Path) -> Iterator[ConsoleServer]:
    with ConsoleServer(build_console(desk.services), tmp_path) as serving:
        yield serving


@pytest.fixture
def window(browser: Browser, server: ConsoleServer) -> Iterator[OpenWindow]:
    """A browser of someone's own: `window()` before sign-in, `window("amina")` after it."""
    contexts: list[BrowserContext] = []

    def opened(name: str | None = None, size: tuple[int, int] = DESKTOP, *, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=server.url,
            ignore_https_errors=True,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        if name is not None:
            sign_in(page, name)
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def adults(desk: Desk) -> ReviewId:
    """A review of two photographs of one adult, with records that fit."""
    intake = Intake(age_band=AgeBand.ADULT, captured_at=START - 5 * MINUTE)
    return desk.open_review(intake, Case(birth=BirthBand(Month(1961, 8), Month(1961, 8))), score=0.7139)


def take(page: Page, reference: str = "7Q2M-FX4K") -> None:
    """Begin with a review from the list."""
    page.get_by_role("button", name=f"Compare {reference}").click()
    expect(page.get_by_role("img", name="Face in question")).to_be_visible()


def fill_in(page: Page, answer: str, comment: str = "") -> None:
    """Go through the checklist and choose a conclusion."""
    for feature in Feature:
        page.get_by_role("group", name=ENGLISH.words(feature)).get_by_label("Similar").check()
    page.get_by_role("group", name="What do you conclude?").get_by_label(answer, exact=True).check()
    page.get_by_label("Comment").fill(comment)


def record(page: Page) -> None:
    page.get_by_role("button", name="Record my answer").click()


def test_two_people_confirm_and_neither_sees_the_score_before_answering(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    amina, bimal = window("amina"), window("bimal")
    for page in (amina, bimal):
        take(page)
        assert "0.71" not in page.content()

    fill_in(amina, "Identification", "The same ears.")
    record(amina)
    expect(amina.get_by_text("Your answer is recorded.")).to_be_visible()
    expect(amina.get_by_text("0.71")).to_be_visible()
    bimal.reload()
    assert "The same ears" not in bimal.content()
    assert "0.71" not in bimal.content()

    fill_in(bimal, "Support for the same person")
    record(bimal)
    expect(bimal.get_by_text("Confirmed.")).to_be_visible()
    expect(bimal.get_by_text("The same ears.")).to_be_visible()
    bimal.get_by_role("link", name="See the alert").click()
    expect(bimal.get_by_role("heading", name="Alert for intake")).to_be_visible()
    amina.get_by_role("link", name="Decided").click()
    expect(amina.get_by_role("row", name="7Q2M-FX4K")).to_contain_text("Confirmed")


def test_whole_review_can_be_done_with_the_keyboard_alone(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window()
    # A browser gives the first field its focus only with the first picture it paints.
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("amina")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="To review")).to_be_visible()
    _tab_to(page, "Take the next one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Face shape")).to_be_visible()
    # The numbers are the script's, which comes after the page.
    page.wait_for_load_state("load")
    _tab_to(page, "similar")
    for _ in range(len(Feature)):
        page.keyboard.press("1")
    page.keyboard.press("5")
    expect(page.get_by_label("Exclusion")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is recorded.")).to_be_visible()


def test_answer_cannot_be_sent_without_the_whole_checklist(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window("amina")
    take(page)
    fill_in(page, "Exclusion")
    page.evaluate("document.getElementById('ears-similar').checked = false")
    record(page)
    expect(page.get_by_role("button", name="Record my answer")).to_be_visible()
    assert not page.url.endswith("/answer")


def test_console_works_without_scripts_and_asks_nobody_else(
    desk: Desk, server: ConsoleServer, window: OpenWindow
) -> None:
    review = adults(desk)
    desk.answer(review, desk.bimal, Answer.IDENTIFICATION)
    page = window(scripts=False)
    asked: list[str] = []
    complaints: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.context.on("console", lambda message: complaints.append(message.text))
    sign_in(page, "amina")
    take(page)
    fill_in(page, "Identification")
    record(page)
    expect(page.get_by_text("Confirmed.")).to_be_visible()
    for path in ("/", "/decisions", "/accuracy", "/alerts", "/units"):
        page.goto(path)
    assert all(url.startswith(server.url) for url in asked)
    assert complaints == []


def test_session_that_ends_during_a_review_loses_no_answer(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window("amina", scripts=False)
    take(page)
    fill_in(page, "Inconclusive", "The light is too low.")
    desk.clock.now += 31 * MINUTE

    record(page)
    expect(page.get_by_role("alert")).to_contain_text("nothing has been recorded yet")
    assert "light is too low" not in page.content()
    sign_in(page, "amina")
    expect(page.get_by_label("Comment")).to_have_value("The light is too low.")
    expect(page.get_by_label("Inconclusive")).to_be_checked()
    expect(page.get_by_role("group", name="Ears").get_by_label("Similar")).to_be_checked()
    record(page)
    expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    expect(page.get_by_text("The light is too low.")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, TABLET], ids=["desktop", "tablet"])
def test_faces_stand_side_by_side_at_equal_scale_and_the_question_is_in_sight(
    desk: Desk, window: OpenWindow, size: tuple[int, int]
) -> None:
    adults(desk)
    page = window("amina", size)
    take(page)
    boxes = [page.get_by_role("img", name=name).bounding_box() for name in ("Face in question", "Face in the case")]
    button = page.get_by_role("button", name="Record my answer").bounding_box()
    left, right = boxes
    assert left is not None
    assert right is not None
    assert button is not None
    assert (left["width"], left["height"], left["y"]) == (right["width"], right["height"], right["y"])
    assert left["width"] >= 300
    assert left["x"] + left["width"] < right["x"]
    assert button["y"] + button["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_every_text_has_the_contrast_of_wcag_aa(desk: Desk, window: OpenWindow) -> None:
    review = adults(desk)
    contradicted = desk.open_candidate(
        desk.receive(Intake(reference="9KD2-PQ7T"), sample_face("biden.jpg")),
        Case(CaseId("bd/c-k3j8w2p1"), "GD 77/2026", Sex.FEMALE),
        face=sample_face("collins.png"),
    )
    page = window()
    assert page.evaluate(CONTRAST) == []
    sign_in(page, "amina")
    for one in (review, contradicted):
        desk.take(one, desk.amina)
    desk.answer(contradicted, desk.bimal, Answer.EXCLUSION)
    pages = ["/", f"/reviews/{review}", f"/reviews/{contradicted}", "/nothing-here"]
    for path in pages:
        page.goto(path)
        assert page.evaluate(CONTRAST) == [], path
    desk.confirm(review)
    desk.answer(contradicted, desk.amina, Answer.INCONCLUSIVE)
    desk.dispatcher().publish()
    for path in ("/decisions", "/accuracy", f"/reviews/{review}", f"/reviews/{contradicted}", "/alerts", "/units"):
        page.goto(path)
        assert page.evaluate(CONTRAST) == [], path


def test_whoever_uses_the_keyboard_sees_where_they_are(desk: Desk, window: OpenWindow) -> None:
    adults(desk)
    page = window("amina")
    take(page)
    for _ in range(16):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one === document.body) return 'body';
              const drawn = [one, one.nextElementSibling].filter(Boolean).map(each => getComputedStyle(each));
              return drawn.some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
            }"""
        )
        assert seen


def _tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on an element whose text or value is the wanted one."""
    for _ in range(30):
        page.keyboard.press("Tab")
        said = page.evaluate("[document.activeElement.textContent.trim(), document.activeElement.value]")
        if wanted in said:
            return
    raise AssertionError(f"The keyboard does not lead to {wanted}.")
