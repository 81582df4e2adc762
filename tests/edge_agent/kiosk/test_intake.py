"""Intakes at the screen: what opens no camera, what leaves nothing, what is corrected, and what is sent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.bootstrap import Unit
from edge_agent.intakes.taken import Taken
from edge_agent.panel.shutter import press_shutter
from models.images import decode_image, encode_png
from protocol import cbor
from protocol.basis import Assent, Language
from protocol.circumstances import Circumstances, Medium, Override, Present
from protocol.consent import open_record
from protocol.fields import Fields
from protocol.person import AgeBand, Sex
from tests.edge_agent.kiosk.screen import AMINA, Clock, Screen, screen_of
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import Site, synchronise
from tests.edge_agent.test_nothing_on_disk import every_file
from tests.support.full_disk import files_of_at_most
from tests.support.hub_simulator import wait_until

DECISION = {"official": "A. Rahman", "reason": "alone"}
CONSENT = {"guardian": "mother", "childs_word": "agrees", "reference": "form 12"}
FACTS = {"sex": "male", "age": "18+", "speaks": "bn", "given_name": " মিনা "}


@contextmanager
def signed_in(unit: Unit, **changes: object) -> Iterator[Screen]:
    with screen_of(unit, **changes) as screen:  # type: ignore[arg-type]
        screen.sign_in()
        yield screen


def begin(screen: Screen, kind: str = "best-interests", present: str = "child") -> None:
    screen.submit("/intake")
    screen.submit("/intake/language", language="bn")
    screen.submit("/intake/present", present=present)
    screen.submit("/intake/basis", kind=kind)


def photograph(screen: Screen) -> str:
    """Where the screen is when the pictures were taken, or refused."""
    screen.submit("/intake/shoot")
    wait_until(lambda: screen.get("/intake/view").headers["View-Turn"] != "0")
    return screen.get("/intake/camera").url.path


def waiting(unit: Unit) -> list[Taken]:
    numbers = unit.intakes.numbers("waiting", 10)
    contents = [unit.intakes.content("waiting", number) for number in numbers]
    return [Taken.read(Fields(cbor.decode(one, limit=1 << 20), kind="intake")) for one in contents if one is not None]


def rewritten(folder: Path, name: str, *, blur: bool) -> Path:
    """A sample photograph out of focus, or a picture of nothing."""
    image = decode_image((SAMPLES / name).read_bytes())
    changed = cv2.GaussianBlur(image, (0, 0), 12) if blur else np.zeros_like(image)
    path = folder / "changed.png"
    path.write_bytes(encode_png(changed.astype("uint8")))
    return path


def test_intake_reaches_the_disk_with_all_that_was_recorded_before_anybody_is_searched_for(
    unit: Unit, site: Site
) -> None:
    queued: list[int] = []

    def count() -> None:
        with site.open() as other:
            queued.append(other.intakes.counts().waiting)

    with signed_in(unit, queued=count) as screen:
        begin(screen, "guardian-consent", "child-with-adult")
        assert "30" in screen.get("/intake/told").text
        screen.submit("/intake/permit", **CONSENT)
        screen.submit("/intake/medium", medium="paper")
        assert photograph(screen) == "/intake/facts"
        done = screen.submit("/intake/facts", **FACTS)
    assert done.url.path == "/intake/done"
    assert '<html lang="bn">' in done.text
    (taken,) = waiting(unit)
    assert f'<p class="reference">{taken.reference}</p>' in done.text
    assert taken.circumstances == Circumstances(
        Present.WITH_ADULT, Medium.PAPER, None, speaks="bn", given_name="মিনা", staff=AMINA
    )
    assert (taken.sex, taken.age_band, taken.template is not None) == (Sex.MALE, AgeBand.ADULT, True)
    record = open_record(taken.consent, lambda _name: unit.identity.public)
    assert (record.notice.language, record.basis.assent) == (Language.BANGLA, Assent.GIVEN)
    # It was on the disk when whoever searches was told of it, and nobody had searched.
    assert queued == [1]
    assert unit.outbox.counts().pending == 0


def test_no_picture_is_seen_or_taken_before_a_complete_basis_is_recorded(unit: Unit) -> None:
    with signed_in(unit, camera="/nowhere/it-would-fail-if-it-were-opened") as screen:
        screen.submit("/intake")
        for path in ("/intake/camera", "/intake/view", "/intake/permit", "/intake/facts", "/intake/done"):
            assert screen.get(path).url.path == "/intake/present"
        screen.submit("/intake/present", present="child")
        screen.submit("/intake/basis", kind="court-order")
        refused = screen.submit("/intake/permit", authority="Court of Jashore", reference="")
        assert (refused.status_code, "not complete" in refused.text) == (400, True)
        for path in ("shoot", "camera", "again", "override", "facts"):
            assert screen.submit(f"/intake/{path}").url.path == "/intake/told"
        lost = screen.submit("/intake/permit", authority="Court of Jashore", reference="C-7")
        assert lost.url.path == "/intake/camera"
    assert waiting(unit) == []


@pytest.mark.parametrize("end", ["refused", "locked", "another begun", "unit stopped"])
def test_broken_off_intake_leaves_no_byte(unit: Unit, site: Site, end: str) -> None:
    clock = Clock()
    with signed_in(unit, monotonic=clock) as screen:
        before = dict(every_file(site.data))
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        assert photograph(screen) == "/intake/facts"
        if end == "refused":
            assert "Nothing was kept" in screen.submit("/intake/cancel").text
        elif end == "locked":
            clock.now += 121
            assert screen.get("/intake/facts").url.path == "/sign-in"
        elif end == "another begun":
            screen.submit("/intake")
        if end != "unit stopped":
            assert screen.get("/intake/view").status_code in {200, 400}
            assert screen.get("/intake/facts").url.path != "/intake/done"
        assert dict(every_file(site.data)) == before
    assert waiting(unit) == []
    assert unit.intakes.numbers("consents", 10) == []


def test_basis_that_is_corrected_takes_the_picture_with_it(unit: Unit) -> None:
    with signed_in(unit) as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        assert photograph(screen) == "/intake/facts"
        assert screen.submit("/intake/correct").url.path == "/intake/permit"
        assert screen.get("/intake/facts").url.path == "/intake/told"
        for path, field in (("language", {"language": "hi"}), ("basis", {"kind": "best-interests"})):
            screen.submit("/intake/permit", **DECISION)
            assert photograph(screen) == "/intake/facts"
            screen.submit(f"/intake/{path}", **field)
            assert screen.get("/intake/facts").url.path == "/intake/told"
        screen.submit("/intake/permit", **DECISION)
        assert photograph(screen) == "/intake/facts"
        assert screen.submit("/intake/again", **FACTS).url.path == "/intake/camera"
        assert photograph(screen) == "/intake/facts"
        assert 'value="মিনা"' in screen.get("/intake/facts").text
        # Everything but the basis may be left out.
        assert screen.submit("/intake/facts").url.path == "/intake/done"
        assert screen.submit("/intake/facts").status_code == 400
    (taken,) = waiting(unit)
    assert (taken.sex, taken.age_band, taken.circumstances.given_name) == (Sex.UNKNOWN, AgeBand.UNKNOWN, "")


def test_child_too_young_to_be_asked_is_not_recorded_as_older(unit: Unit) -> None:
    with signed_in(unit) as screen:
        begin(screen, "guardian-consent")
        # The band from 4 to 8 is asked as a whole where children are asked from 6 on.
        assert "(4 ব" in screen.get("/intake/permit").text
        screen.submit("/intake/permit", guardian="father", childs_word="too-young")
        assert photograph(screen) == "/intake/facts"
        assert re.findall(r'name="age" value="([^"]+)"', screen.get("/intake/facts").text) == ["0-3"]
        assert screen.submit("/intake/facts", age="9-12").status_code == 400
        assert screen.submit("/intake/facts", age="0-3").url.path == "/intake/done"


def test_poor_picture_is_used_with_a_reason_only_and_marked(unit: Unit, tmp_path: Path) -> None:
    with signed_in(unit, camera=rewritten(tmp_path, "obama2.jpg", blur=True)) as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        assert photograph(screen) == "/intake/camera"
        assert screen.get("/intake/facts").url.path == "/intake/camera"
        assert screen.submit("/intake/override").status_code == 400
        assert screen.submit("/intake/override", override="distressed").url.path == "/intake/facts"
        screen.submit("/intake/facts", **FACTS)
    (taken,) = waiting(unit)
    assert taken.circumstances.override is Override.DISTRESSED


def test_fault_of_the_camera_is_said_in_the_language_of_the_screen(unit: Unit, tmp_path: Path) -> None:
    for camera, said in (
        (rewritten(tmp_path, "obama2.jpg", blur=False), "মুখ দেখা যায়নি"),
        ("7", "ক্যামেরা নেই"),
        (None, "ক্যামেরা নেই"),
    ):
        with signed_in(unit, camera=camera) as screen:
            begin(screen)
            screen.submit("/intake/permit", **DECISION)
            assert photograph(screen) == "/intake/camera"
            assert said in screen.get("/intake/camera").text


def test_full_disk_is_said_and_the_intake_can_be_sent_afterwards(unit: Unit, site: Site) -> None:
    with signed_in(unit) as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        assert photograph(screen) == "/intake/facts"
        with files_of_at_most(4096):
            refused = screen.submit("/intake/facts", **FACTS)
        assert (refused.status_code, "ডিস্ক" in refused.text) == (400, True)
        assert waiting(unit) == []
        assert screen.submit("/intake/facts", **FACTS).url.path == "/intake/done"
    assert len(waiting(unit)) == 1


def test_shutter_of_the_panel_takes_the_picture(unit: Unit, site: Site) -> None:
    with signed_in(unit) as screen:
        begin(screen)
        press_shutter(site.data)
        screen.submit("/intake/permit", **DECISION)
        assert screen.get("/intake/facts").url.path == "/intake/camera"
        press_shutter(site.data)
        wait_until(lambda: screen.get("/intake/camera").url.path == "/intake/facts")


def test_preview_is_a_picture_that_nobody_keeps_with_advice_in_the_language_of_the_screen(
    unit: Unit, tmp_path: Path
) -> None:
    with signed_in(unit, camera=rewritten(tmp_path, "obama2.jpg", blur=True)) as screen:
        begin(screen)
        screen.submit("/intake/permit", **DECISION)
        wait_until(lambda: screen.get("/intake/view").status_code == 200)
        seen = screen.get("/intake/view")
        assert decode_image(seen.content).shape[1] <= 480
        assert seen.headers["cache-control"] == "no-store"
        assert seen.headers["view-guidance"].startswith("%E0%A6")


def test_recording_of_the_notice_is_offered_where_there_is_one(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "bn.ogg").write_bytes(b"OggS")
    with signed_in(unit, consent_audio=tmp_path) as screen:
        begin(screen)
        assert "/spoken/bn" in screen.get("/intake/told").text
        assert screen.get("/spoken/bn").headers["content-type"] == "audio/ogg"
        screen.submit("/intake/language", language="hi")
        assert "/spoken/" not in screen.get("/intake/told").text
        assert screen.get("/spoken/hi").status_code == 404


def test_old_list_is_not_told_or_stops_an_intake(listed: Site, unit: Unit) -> None:
    with signed_in(unit) as screen:
        assert "no watchlist yet" in screen.get("/").text
    synchronise(unit)
    old = {"warn_after_hours": 1e-9}
    for settings, said in (
        ({}, "confirmed within the last hour"),
        (old, "connect this unit to the network today"),
        ({**old, "stop_matching_after_hours": 1e-9}, "wait until this unit has been connected"),
    ):
        with signed_in(unit, **settings) as screen:
            assert said in screen.get("/").text
            begin(screen)
            assert screen.submit("/intake/permit", **DECISION).url.path == "/intake/camera"
