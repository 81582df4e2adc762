"""A unit's screen as staff touch it: the real agent as a process of its own, and Chromium at both sizes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Browser, Page, expect

from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from tests.edge_agent.kiosk.screen import PIN, give_staff
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import EdgeProcess, Site, provisioned_site, publish_adults, synchronise

SMALL, LARGE = (800, 480), (1280, 800)

_OVERFLOW = """() => {
  const all = document.documentElement, inner = [...document.querySelectorAll("main, .told, .side")];
  const hidden = inner.map((part) => part.scrollHeight - part.clientHeight);
  return Math.max(all.scrollHeight - innerHeight, all.scrollWidth - innerWidth, ...hidden);
}"""
_TOO_SMALL = """() => [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
  .map((control) => [control.outerHTML, (control.closest(".choice") ?? control).getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.width, box.height) < 47.5)
  .map(([html]) => html)"""


@contextmanager
def new_site(folder: Path) -> Iterator[Site]:
    """A unit with a list of two adults and with staff; nothing runs yet."""
    with provisioned_site(folder) as site:
        publish_adults(site, Recogniser(load_pack(default_pack_path()), threads=1))
        with site.open() as unit:
            synchronise(unit)
            give_staff(unit)
        yield site


@contextmanager
def agent(
    site: Site, port: int, *, camera: str = str(SAMPLES / "obama2.jpg"), more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[EdgeProcess]:
    """The agent with its screen on this port."""
    changes = {"MCA_EDGE_KIOSK_PORT": str(port), "MCA_EDGE_CAMERA": camera, **more}
    with site.start("run", changes=changes) as process:
        process.wait_for("kiosk.ready")
        yield process


class Kiosk:
    """Somebody at the screen. Whatever the browser asks for, it asks of the unit itself."""

    def __init__(self, browser: Browser, port: int, size: tuple[int, int] = SMALL) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.context = browser.new_context(
            base_url=self.origin, viewport={"width": size[0], "height": size[1]}, has_touch=True
        )
        self.page: Page = self.context.new_page()
        self.asked: set[str] = set()
        self.touches = 0  # of the screen, keys of a keyboard not counted
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.asked.add(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)

    def at(self, path: str) -> None:
        """Wait for a page whose script has taken over, and see that all of it can be seen and touched."""
        expect(self.page).to_have_url(self.origin + path)
        expect(self.page.locator("html")).to_have_attribute("data-ready", "yes")
        self.fits()

    def fits(self) -> None:
        """All of the page can be seen without scrolling, and touched."""
        path = self.page.url.removeprefix(self.origin)
        for width, height in (LARGE, SMALL):
            self.page.set_viewport_size({"width": width, "height": height})
            assert self.page.evaluate(_OVERFLOW) <= 0, f"{path} scrolls at {width}"
            assert self.page.evaluate(_TOO_SMALL) == [], f"{path} at {width}"

    def sign_in(self, pin: str = PIN) -> None:
        """By touching one's name and the keys."""
        self.page.goto("/")
        self.at("/sign-in")
        self.page.locator(".choice", has_text="Amina Khatun").click()
        for key in pin:
            self.page.locator(f'[data-key="{key}"]').click()
        self.page.locator(".pad .go").click()

    def begin(self, language: str, present: str, kind: str) -> None:
        """From the first page to the facts of the legal basis."""
        self.at("/")
        self.touches += 1
        # A hasty finger touches twice: the second touch chooses nothing on the page that comes.
        self.page.locator('form[action="/intake"] button').dblclick()
        self.at("/intake/present")
        self.press(f'[name="language"][value="{language}"]')
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        self.at("/intake/present")
        self.press(f'[value="{present}"]')
        self.at("/intake/basis")
        self.press(f'[value="{kind}"]')
        self.at("/intake/told")
        self.press("a.go")
        self.at("/intake/permit")

    def choose(self, **values: str) -> None:
        """Touch one choice of each group."""
        for name, value in values.items():
            self.touches += 1
            self.page.locator(f'.choice:has([name="{name}"][value="{value}"])').click()

    def fill(self, **values: str) -> None:
        """Write into fields."""
        for name, value in values.items():
            self.page.locator(f'[name="{name}"]').fill(value)

    def go(self) -> None:
        """The one button that leads on."""
        self.press("main .actions .go")

    def press(self, selector: str) -> None:
        """Touch something."""
        self.touches += 1
        self.page.locator(selector).click()

    def photograph(self) -> None:
        """Wait for the live picture, and press."""
        self.at("/intake/camera")
        expect(self.page.locator("canvas[data-drawn]")).to_be_visible()
        expect(self.page.locator("[data-guidance]")).not_to_be_empty()
        self.press(".shutter")
        self.at("/intake/facts")

    def reference(self) -> str:
        """What the last page tells, which is all that it tells."""
        self.at("/intake/done")
        return self.page.locator(".reference").inner_text()

    def close(self) -> None:
        """Nothing was asked of any other place, and the browser refused nothing."""
        self.context.close()
        assert {url for url in self.asked if not url.startswith(self.origin + "/")} == set()
        assert self.faults == []


@contextmanager
def staffed(browser: Browser, port: int) -> Iterator[Kiosk]:
    """Somebody who has signed in."""
    kiosk = Kiosk(browser, port)
    kiosk.sign_in()
    kiosk.at("/")
    yield kiosk
    kiosk.close()


def said(kiosk: Kiosk, text: str) -> None:
    """A problem is told in the language of the screen, and the page still fits."""
    expect(kiosk.page.locator(".problem")).to_contain_text(text)
    expect(kiosk.page.locator("html")).to_have_attribute("data-ready", "yes")
    kiosk.fits()
