"""Taking consent back at the screen: open to nobody else, the same answer whatever there was, nothing left."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import cv2
import httpx
import numpy as np
import pytest
import segno

from edge_agent.bootstrap import Unit
from models.images import encode_png
from models.recogniser import Recogniser
from protocol.envelope import MessageType
from protocol.topics import UnitChannel
from protocol.withdrawal import Withdrawal, withdrawal_code
from tests.edge_agent.consent.test_withdrawing import take
from tests.edge_agent.intakes.desk import opened, sightings
from tests.edge_agent.kiosk.screen import AMINA, RAFIQ, Clock, Screen, screen_of
from tests.edge_agent.site import Site, synchronise
from tests.edge_agent.test_nothing_on_disk import every_file
from tests.support.consents import TOKEN
from tests.support.full_disk import files_of_at_most
from tests.support.hub_simulator import wait_until


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


def press(screen: Screen, path: str, **fields: str) -> httpx.Response:
    """A button of the page where receipts are taken."""
    token = screen.token("/withdrawal")
    return screen.post(path, data={"csrf": token, **fields}, headers={"Origin": screen.origin})


def test_mistyped_code_is_not_told_or_has_to_be_typed_anew(screen: Screen, woken: list[str]) -> None:
    screen.sign_in(AMINA)
    code = withdrawal_code(TOKEN)
    wrong = code[:-2] + ("AA" if code[-2:] != "AA" else "BB")
    said = screen.submit("/withdrawal", receipt=wrong)
    assert (said.status_code, "This is not the code of a receipt" in said.text) == (400, True)
    assert f'value="{wrong}"' in said.text
    assert woken == []


def test_code_has_to_be_typed_anew_when_the_disk_is_full(screen: Screen) -> None:
    screen.sign_in(AMINA)
    with files_of_at_most(4096):
        said = screen.submit("/withdrawal", receipt=withdrawal_code(TOKEN))
    assert (said.status_code, f'value="{withdrawal_code(TOKEN)}"' in said.text) == (400, True)
    assert screen.submit("/withdrawal", receipt=withdrawal_code(TOKEN)).url.path == "/"


def held(folder: Path, text: str) -> Path:
    """A receipt's square as a camera of 1280x960 sees it: half as high as the frame, a little turned and soft."""
    code = np.array([[not dark for dark in row] for row in segno.make_qr(text, error="m").matrix], np.uint8) * 190 + 40
    paper = np.pad(np.kron(code, np.ones((6, 6), np.uint8)), 40, constant_values=230)
    turn = cv2.getRotationMatrix2D((paper.shape[1] / 2, paper.shape[0] / 2), 7, 0.8)
    turn[:, 2] += (300, 160)
    frame = cv2.GaussianBlur(cv2.warpAffine(paper, turn, (1280, 960), borderValue=(110,)), (3, 3), 0)
    path = folder / "frame.png"
    path.write_bytes(encode_png(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB).astype(np.uint8)))
    return path


def test_receipt_before_the_camera_is_not_read_or_leaves_a_picture(
    listed: Site, unit: Unit, recogniser: Recogniser, tmp_path: Path, woken: list[str]
) -> None:
    synchronise(unit)
    receipt = take(unit, recogniser, "obama2.jpg")
    with screen_of(unit, camera=held(tmp_path, receipt), queued=lambda: woken.append("queued")) as screen:
        screen.sign_in(AMINA)
        before = dict(every_file(listed.data))
        press(screen, "/withdrawal/camera")
        wait_until(lambda: "The receipt was read." in screen.get("/withdrawal").text)
        seen = screen.get("/withdrawal/view")
        assert (seen.status_code, seen.content, seen.headers["View-Guidance"]) == (204, b"", "")
        assert dict(every_file(listed.data)) == before
        assert len(sightings(listed, unit)) == 1
        assert woken == []  # Read, and not taken back: that somebody has to touch.
        assert press(screen, "/withdrawal", receipt=receipt).url.path == "/"
        assert "The receipt was read." not in screen.get("/withdrawal").text
    assert sightings(listed, unit) == []
    assert woken == ["queued"]


@pytest.mark.parametrize("end", ["/lock", "/language", "/withdrawal/type", "/found", "idle"])
def test_camera_without_a_legal_basis_shows_somebody_or_stays_open(unit: Unit, end: str) -> None:
    clock = Clock()
    with screen_of(unit, monotonic=clock) as screen:
        screen.sign_in(AMINA)
        press(screen, "/withdrawal/camera")
        # Somebody's face is before it: no square, and not a byte of a picture.
        for _ in range(2):
            seen = screen.get("/withdrawal/view")
            assert (seen.status_code, seen.content) == (204, b"")
            assert unquote(seen.headers["View-Guidance"]).startswith("Hold the square of the receipt")
        for path in ("/intake/view", "/intake/camera", "/intake/shoot"):
            assert screen.get(path).headers["content-type"].startswith("text/html")
        if end == "idle":
            clock.now += 121
        else:
            press(screen, end, language="en")
        assert screen.get("/withdrawal/view").headers["content-type"].startswith("text/html")
        wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "lens"])


def test_camera_of_an_open_intake_is_taken_for_a_receipt(unit: Unit) -> None:
    with screen_of(unit) as screen:
        screen.sign_in(AMINA)
        screen.submit("/intake")
        assert "/withdrawal/camera" not in screen.get("/withdrawal").text
        assert press(screen, "/withdrawal/camera").url.path == "/intake/present"


def test_lost_camera_is_not_said_where_a_receipt_is_held(unit: Unit) -> None:
    with screen_of(unit, camera=None) as screen:
        screen.sign_in(AMINA)
        press(screen, "/withdrawal/camera")
        wait_until(lambda: "The camera is not there" in screen.get("/withdrawal").text)
        assert "/withdrawal/camera" in screen.get("/withdrawal").text
