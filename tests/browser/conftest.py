"""The system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process; each test opens windows of its own."""
    program = next((found for found in map(shutil.which, _NAMES) if found), None)
    assert program, "Chromium is missing: scripts/test installs it (Debian: apt-get install chromium)."
    # Chromium's sandbox does not run as root, as in containers.
    # The suite shares two noisy cores with Chromium: what is awaited comes, but not always within the usual 5 s.
    expect.set_options(timeout=30_000)
    unconfined = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *unconfined])
        yield launched
        launched.close()
