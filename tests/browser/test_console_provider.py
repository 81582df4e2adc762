"""Signing in at another site in a real browser: policy, cookies and pages that lead on work together."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.access.service import ProviderAccount, Role, SecondFactorPolicy
from hub.web import build_console
from tests.browser.judge import violations
from tests.support.console import ConsoleServer
from tests.support.desk import MINUTE, Desk, SetClock
from tests.support.late_app import LateApp
from tests.support.provider import Provider


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(tmp_path, SetClock()) as running:
        running.extra = {"amr": ["mfa"]}
        yield running


@pytest.fixture
def desk(tmp_path: Path, provider: Provider) -> Iterator[tuple[Desk, ConsoleServer]]:
    late = LateApp()
    with ConsoleServer(late, tmp_path) as server:
        settings = provider.settings(server.url, amr=frozenset({"mfa"}))
        rooms = Desk(tmp_path, clock=provider.clock, provider=settings, second_factor=SecondFactorPolicy.REQUIRED)
        for name in ("farida", "hasan"):
            rooms.add_operator(name, Role.ADMINISTRATOR)
        with rooms.database.begin() as connection:
            there = ProviderAccount(provider.issuer, provider.subject)
            rooms.access.operators.link(connection, "hasan", there, gives_roles=False, at=1, actor="farida")
        late.app = build_console(rooms.services)
        yield rooms, server
        rooms.database.close()


@pytest.fixture
def context(browser: Browser, desk: tuple[Desk, ConsoleServer]) -> Iterator[BrowserContext]:
    # Without scripts: nothing of it may need one.
    context = browser.new_context(base_url=desk[1].url, ignore_https_errors=True, java_script_enabled=False)
    yield context
    context.close()


def sign_in(page: Page, provider: Provider) -> None:
    page.goto("/")
    page.get_by_role("button", name="Sign in with Police ID").click()
    page.get_by_role("button", name=f"I am {provider.subject}").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_policy_or_cookies_keep_somebody_between_the_two_sites(
    context: BrowserContext, desk: tuple[Desk, ConsoleServer], provider: Provider
) -> None:
    page = context.new_page()
    sign_in(page, provider)
    expect(page).to_have_url(f"{desk[1].url}/recipients")
    desk[0].clock.now += 6 * MINUTE
    page.goto("/operators/bimal")
    page.get_by_role("button", name="Confirm it with Police ID").click()
    page.get_by_role("button", name=f"I am {provider.subject}").click()
    expect(page.get_by_label("Identifier of the person there")).to_be_visible()
    expect(page).to_have_url(f"{desk[1].url}/operators/bimal")


def test_provider_pages_shut_somebody_out(
    browser: Browser, context: BrowserContext, desk: tuple[Desk, ConsoleServer], provider: Provider
) -> None:
    judged = browser.new_context(base_url=desk[1].url, ignore_https_errors=True)
    page = judged.new_page()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in with Police ID")).to_be_visible()
    found = violations(page)
    sign_in(page, provider)
    for path, said in (("/operators/bimal", "Identifier of the person there"), ("/account", "changed there")):
        page.goto(path)
        expect(page.get_by_text(said).first).to_be_visible()
        found += violations(page)
    desk[0].clock.now += 6 * MINUTE
    page.goto("/operators/bimal")
    expect(page.get_by_role("button", name="Confirm it with Police ID")).to_be_visible()
    found += violations(page)
    judged.close()
    assert found == []
