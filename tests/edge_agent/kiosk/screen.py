"""The screen of a real unit on a free port, and somebody's browser as an ordinary HTTP client."""

import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from credentials.pins import make_verifier
from edge_agent.bootstrap import Unit
from edge_agent.bootstrap.kiosk import serve_kiosk
from edge_agent.link.current_list import CurrentList
from protocol.health import Alarm
from protocol.staff import StaffId, StaffList, StaffMember, StaffRole, role_words
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import SITE
from tests.edge_agent.staff.lists import QUICK
from tests.support.broker import free_port

PIN = "482915"
AMINA, RAFIQ = StaffId("00000000000000a1"), StaffId("00000000000000a2")
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_YEAR = 366 * 24 * 3_600_000


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
        self.port = port
        super().__init__(base_url=self.origin, trust_env=False, timeout=60, follow_redirects=True)

    def token(self, path: str = "/") -> str:
        """Of the forms on a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found.group(1)

    def submit(self, path: str, **fields: str) -> httpx.Response:
        """A form of the page where the screen is."""
        return self.post(path, data={"csrf": self.token(), **fields}, headers={"Origin": self.origin})

    def sign_in(self, member: str = AMINA, pin: str = PIN) -> httpx.Response:
        """At the page that asks for it."""
        return self.submit("/sign-in", member=member, pin=pin)


def give_staff(
    unit: Unit, *, serial: int = 1, without: StaffId | None = None, roles: Collection[StaffRole] = tuple(StaffRole)
) -> None:
    """Amina may do all that a unit can do, or what these `roles` say; Rafiq nothing."""
    verifier = make_verifier(PIN, bytes(16), QUICK)
    members = [
        StaffMember(AMINA, "Amina Khatun", role_words(roles), verifier),
        StaffMember(RAFIQ, "Rafiq Islam", role_words([]), verifier),
    ]
    kept = tuple(member for member in members if member.id != without)
    unit.staff.take(StaffList(SITE, serial, unit.clock.now() + _YEAR, kept).to_bytes())


@contextmanager
def screen_of(
    unit: Unit,
    *,
    camera: Path | str | None = SAMPLES / "obama2.jpg",
    monotonic: Callable[[], float] = time.monotonic,
    queued: Callable[[], None] = lambda: None,
    faults: Collection[Alarm] = (),
    **settings: object,
) -> Iterator[Screen]:
    """The kiosk over this unit, whose camera shows a photograph, and a browser before it."""
    port = free_port()
    changes = {"kiosk_port": port, "camera": None if camera is None else str(camera), **settings}
    unit = replace(unit, settings=unit.settings.model_copy(update=changes))
    give_staff(unit)
    current = CurrentList(unit.store, unit.loader)
    current.load()
    serving = serve_kiosk(unit, current, queued, faults=lambda: faults, monotonic=monotonic)
    with serving, Screen(port) as screen:
        yield screen
