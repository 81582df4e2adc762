"""What axe-core says of a page that somebody sees."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_console_story import DESKTOP, TABLET

# The size of targets is off in axe unless it is asked for.
_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def violations(page: Page, sizes: Sequence[tuple[int, int]] = (TABLET, DESKTOP)) -> list[str]:
    """Each rule of WCAG 2.2 AA that the page breaks at one of the sizes, with the place."""
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for broken in Axe().run(page, options=_OPTIONS).response["violations"]:
            where = ", ".join(" ".join(node["target"]) for node in broken["nodes"])
            found.append(f"at {width} px: {broken['id']}: {broken['help']}: {where}")
    return found
