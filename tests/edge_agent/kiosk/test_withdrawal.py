"""Taking consent back at the screen: open to nobody else, the same answer whatever there was, nothing left."""

from collections.abc import Iterator

import pytest

from edge_agent.bootstrap import Unit
from models.recogniser import Recogniser
from protocol.envelope import MessageType
from protocol.topics import UnitChannel
from protocol.withdrawal import Withdrawal, withdrawal_code
from tests.edge_agent.consent.test_withdrawing import take
from tests.edge_agent.intakes.desk import opened, sightings
from tests.edge_agent.kiosk.screen import AMINA, RAFIQ, Screen, screen_of
from tests.edge_agent.site import Site, synchronise
from tests.support.consents import TOKEN


@pytest.fixture
def woken() -> list[str]:
    """How often the agent was told that there is something to send."""
    return []


@pytest.fixture
def screen(unit: Unit, woken: list[str]) -> Iterator[Screen]:
    with screen_of(unit, queued=lambda: woken.append("queued")) as opened:
        yield opened


def test_nobody_takes_consent_back_without_signing_in_or_without_the_role(screen: Screen) -> None:
    assert screen.get("/withdrawal").url.path == "/sign-in"
    screen.sign_in(RAFIQ)
    assert screen.get("/withdrawal").status_code == 403
    assert "/withdrawal" not in screen.get("/").text


def test_answer_tells_what_there_was(
    listed: Site, unit: Unit, recogniser: Recogniser, screen: Screen, woken: list[str]
) -> None:
    synchronise(unit)
    receipts = [take(unit, recogniser, photo) for photo in ("obama2.jpg", "biden.jpg")]
    screen.sign_in(AMINA)
    given = [*receipts, receipts[0], withdrawal_code(TOKEN)]
    pages = [screen.submit("/withdrawal", receipt=text) for text in given]
    assert {(page.status_code, page.url.path, page.text) for page in pages} == {(200, "/", pages[0].text)}
    assert "Received." in pages[0].text
    assert sightings(listed, unit) == []
    channels = [unit.outbox.channel(number) for number in unit.outbox.pending(10)]
    assert channels == [UnitChannel.WITHDRAWALS] * 4
    assert len(woken) == 4
    payloads = [opened(listed, unit, number, MessageType.WITHDRAWAL).payload for number in unit.outbox.pending(10)]
    assert {Withdrawal.from_bytes(payload).staff for payload in payloads} == {AMINA}


def test_mistyped_code_is_not_told(screen: Screen, woken: list[str]) -> None:
    screen.sign_in(AMINA)
    code = withdrawal_code(TOKEN)
    said = screen.submit("/withdrawal", receipt=code[:-2] + ("AA" if code[-2:] != "AA" else "BB"))
    assert "This is not the code of a receipt" in said.text
    assert said.status_code >= 400
    assert code[:9] not in said.text
    assert woken == []
