"""The kiosk on a free port, and somebody's browser as an ordinary HTTP client."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from edge_agent.kiosk.app import build_kiosk
from edge_agent.kiosk.server import KioskServer
from edge_agent.kiosk.services import KioskServices, Worker
from edge_agent.kiosk.sessions import Session, Sessions
from protocol.basis import Language
from tests.edge_agent.kiosk.staff import AMINA, PIN, KnownStaff
from tests.support.broker import free_port

_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


class Clock:
    """Monotonic seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Screen(httpx.Client):
    """A browser that stays at the screen."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        super().__init__(base_url=self.origin, trust_env=False, timeout=60, follow_redirects=True)

    def token(self, path: str = "/") -> str:
        """Of the forms on a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found.group(1)

    def submit(self, path: str, **fields: str) -> httpx.Response:
        """A form of the page where the screen is."""
        return self.post(path, data={"csrf": self.token(), **fields}, headers={"Origin": self.origin})

    def sign_in(self, member: str = AMINA.id, pin: str = PIN) -> httpx.Response:
        """At the page that asks for it."""
        return self.submit("/sign-in", member=member, pin=pin)


@contextmanager
def bare_kiosk(clock: Clock, ended: list[Session]) -> Iterator[int]:
    """A kiosk without camera and disk, for what does not need them; its port."""
    port = free_port()
    with ThreadPoolExecutor(1) as executor:
        sessions = Sessions(clock, lock_after=120, ended=ended.append, language=Language.ENGLISH)
        services = KioskServices(sessions=sessions, worker=Worker(executor), staff=KnownStaff())
        with KioskServer(build_kiosk(services, port=port), port):
            yield port
