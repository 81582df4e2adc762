"""What the desk asks of a site: for signed-in staff alone, and looking alike whatever it says."""

import re
from collections.abc import Iterator

import pytest

from edge_agent.bootstrap import Unit
from edge_agent.trusted_time import BUILT_AT, DAY
from protocol.ids import SightingId
from protocol.notice import Notice, NoticeKind
from tests.edge_agent.kiosk.screen import AMINA, RAFIQ, Screen, screen_of

REFERENCES = {NoticeKind.CALL_DESK: "7Q2M-FX4K", NoticeKind.NO_ACTION: "0RST-VWXY", NoticeKind.WITHDRAWN: "3TUV-0000"}


def keep(unit: Unit, kind: NoticeKind, number: int, *, intake: int | None = None, at: int = BUILT_AT) -> None:
    sighting = SightingId(f"{number if intake is None else intake:032x}")
    unit.notices.keep(bytes([number]) * 32, Notice(sighting, REFERENCES[kind], kind, at))


@pytest.fixture
def screen(unit: Unit) -> Iterator[Screen]:
    with screen_of(unit) as opened:
        yield opened


def rows(screen: Screen) -> list[str]:
    return re.findall(r"<li>.*?</li>", screen.get("/inbox").text, re.DOTALL)


def test_nobody_reads_a_message_without_signing_in_or_without_the_role(screen: Screen, unit: Unit) -> None:
    keep(unit, NoticeKind.CALL_DESK, 1)
    assert "7Q2M" not in screen.get("/inbox").text
    screen.sign_in(RAFIQ)
    assert screen.get("/inbox").status_code == 403
    assert "/inbox" not in screen.get("/").text


def test_rows_look_alike_whatever_the_desk_says(screen: Screen, unit: Unit) -> None:
    for number, kind in enumerate(NoticeKind):
        keep(unit, kind, number)
    screen.sign_in(AMINA)
    masked = {re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{64}", "…", row) for row in rows(screen)}
    assert len(rows(screen)) == 3
    assert len(masked) == 1


def test_message_asks_to_call_and_says_nothing_of_a_result(screen: Screen, unit: Unit) -> None:
    keep(unit, NoticeKind.CALL_DESK, 1)
    screen.sign_in(AMINA)
    assert "(1)" in screen.get("/").text
    page = screen.get(f"/inbox/{(bytes([1]) * 32).hex()}").text
    assert "Please call the desk about reference 7Q2M-FX4K." in page
    assert not re.search(r"match|found|recognis|candidate|missing", page.split("<main>")[1])
    assert "(1)" not in screen.get("/").text


def test_what_one_person_has_read_is_new_to_another(unit: Unit) -> None:
    keep(unit, NoticeKind.CALL_DESK, 1)
    (shown,) = unit.notices.shown_to(AMINA)
    unit.notices.mark_read(AMINA, shown.key)
    unit.notices.mark_read(AMINA, shown.key)
    assert [one.read for one in unit.notices.shown_to(AMINA)] == [True]
    assert [one.read for one in unit.notices.shown_to(RAFIQ)] == [False]


def test_newest_message_of_an_intake_takes_the_earlier_ones_place(unit: Unit) -> None:
    keep(unit, NoticeKind.NO_ACTION, 2, intake=7, at=BUILT_AT + 5)
    keep(unit, NoticeKind.CALL_DESK, 1, intake=7, at=BUILT_AT)
    assert [one.notice.kind for one in unit.notices.shown_to(AMINA)] == [NoticeKind.NO_ACTION]


def test_old_message_goes_by_itself_and_does_not_come_back(unit: Unit) -> None:
    keep(unit, NoticeKind.CALL_DESK, 1)
    unit.notices.mark_read(AMINA, (bytes([1]) * 32).hex())
    unit.notices.erase_expired(BUILT_AT + 90 * DAY)
    assert len(unit.notices.shown_to(AMINA)) == 1
    unit.notices.erase_expired(BUILT_AT + 90 * DAY + 1)
    assert unit.notices.shown_to(AMINA) == []
    keep(unit, NoticeKind.CALL_DESK, 1)
    assert unit.notices.shown_to(AMINA) == []


def test_message_that_is_gone_leads_back_to_the_list(screen: Screen) -> None:
    screen.sign_in(AMINA)
    for key in ("ff" * 32, "nothing"):
        assert screen.get(f"/inbox/{key}").url.path == "/inbox"
