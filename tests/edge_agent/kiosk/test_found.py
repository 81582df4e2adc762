"""Registering a found child at the screen: what permits it, what reaches the disk, and who may do it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from edge_agent.bootstrap import Unit
from edge_agent.kiosk.days import local_day
from edge_agent.kiosk.found_entry import FoundWhen
from protocol.consent import Purpose, open_record
from protocol.envelope import MessageType
from protocol.found import BodyPart, FoundChild, FoundMark
from protocol.person import AgeBand, Sex
from protocol.topics import UnitChannel
from tests.edge_agent.intakes.desk import opened
from tests.edge_agent.kiosk.screen import AMINA, RAFIQ, Screen, screen_of
from tests.edge_agent.kiosk.test_intake import DECISION, photograph
from tests.edge_agent.site import Site


@pytest.fixture
def screen(unit: Unit) -> Iterator[Screen]:
    with screen_of(unit) as opened_screen:
        opened_screen.sign_in()
        yield opened_screen


def begin(screen: Screen, language: str = "en") -> None:
    screen.submit("/found")
    assert screen.submit("/intake/language", language=language).url.path == "/intake/basis"
    screen.submit("/intake/basis", kind="best-interests")
    screen.submit("/intake/permit", **DECISION)


def test_registration_reaches_the_disk_with_its_own_consent_and_who_made_it(
    screen: Screen, site: Site, unit: Unit
) -> None:
    begin(screen)
    assert "find the family" in screen.get("/intake/told").text
    assert photograph(screen) == "/intake/facts"
    screen.submit("/intake/facts", sex="female", age="4-8", speaks="bn", given_name=" মিনি ")
    done = screen.submit(
        "/found/more", where="left arm", what="scar", clothing="red frock", place="Petrapole", when="yesterday"
    )
    assert done.url.path == "/intake/done"
    assert unit.outbox.channel(1) is UnitChannel.FOUND
    found = FoundChild.from_bytes(opened(site, unit, 1, MessageType.FOUND).payload)
    assert f'<p class="reference">{found.reference}</p>' in done.text
    assert (found.staff, found.sex, found.age_band) == (AMINA, Sex.FEMALE, AgeBand.CHILD)
    assert (found.facts.names, found.facts.languages) == (("মিনি",), ("বাংলা",))
    assert found.facts.marks == (FoundMark(BodyPart.LEFT_ARM, "scar"),)
    assert found.facts.found_on is not None
    assert (local_day(unit.clock.now()) - found.facts.found_on).days == 1
    record = open_record(found.consent, lambda _name: unit.identity.public)
    assert record.purposes == (Purpose.FIND_FAMILY,)


def test_registration_sent_twice_is_one(screen: Screen, unit: Unit) -> None:
    begin(screen)
    photograph(screen)
    assert screen.submit("/found/more").url.path == "/intake/done"
    assert screen.submit("/found/more").status_code == 400
    assert unit.outbox.counts().pending == 1


def test_guardians_consent_is_not_offered_and_not_taken(screen: Screen, unit: Unit) -> None:
    screen.submit("/found")
    assert screen.get("/intake/present").url.path == "/intake/basis"
    assert "guardian-consent" not in screen.get("/intake/basis").text
    screen.submit("/intake/basis", kind="guardian-consent")
    refused = screen.submit("/intake/permit", guardian="mother", childs_word="agrees")
    assert refused.status_code == 400
    assert screen.get("/intake/camera").url.path == "/intake/told"


def test_broken_off_registration_leaves_nothing(screen: Screen, unit: Unit) -> None:
    begin(screen)
    photograph(screen)
    screen.submit("/intake/cancel")
    assert unit.outbox.counts().pending == 0
    assert unit.intakes.numbers("consents", 10) == []


def test_intake_cannot_be_sent_as_a_registration(screen: Screen, unit: Unit) -> None:
    screen.submit("/intake")
    screen.submit("/intake/present", present="child")
    screen.submit("/intake/basis", kind="best-interests")
    screen.submit("/intake/permit", **DECISION)
    photograph(screen)
    assert screen.submit("/found/more").url.path == "/intake/facts"
    assert unit.outbox.counts().pending == 0


ENTERED = {"clothing": "লাল ফ্রক", "place": "বেনাপোল", "when": "yesterday", "circumstances": "came with the night bus"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"clothing": "x" * 400}, "too long"),
        ({"where": "left arm", "what": ""}, "where it is and what it looks like"),
        ({"where": "", "what": "a burn"}, "where it is and what it looks like"),
    ],
)
def test_error_loses_what_was_typed_of_a_found_child(screen: Screen, wrong: dict[str, str], said: str) -> None:
    begin(screen)
    photograph(screen)
    screen.submit("/intake/facts", given_name="মিনি", sex="female", age="4-8", speaks="ne")
    refused = screen.submit("/found/more", **ENTERED | wrong)
    assert (refused.status_code, said in refused.text) == (400, True)
    for value in (value for value in (ENTERED | wrong).values() if value not in {"yesterday", "left arm", ""}):
        assert f'value="{value}"' in refused.text
    assert 'value="yesterday" checked' in refused.text
    assert screen.submit("/found/back", **ENTERED).url.path == "/intake/facts"
    before = screen.get("/intake/facts").text
    assert all(kept in before for kept in ('value="female" checked', 'value="ne" checked', 'value="মিনি"'))
    screen.submit("/intake/facts", given_name="মিনি", sex="female", age="4-8", speaks="ne")
    assert 'value="লাল ফ্রক"' in screen.get("/found/more").text
    assert screen.submit("/found/more", **ENTERED).url.path == "/intake/done"


def test_too_many_languages_are_told_where_they_are_chosen(screen: Screen) -> None:
    begin(screen)
    photograph(screen)
    languages = ["bn", "hi", "ne", "en", "ur", "mai", "bho"]
    fields = {"csrf": screen.token(), "speaks": languages}
    refused = screen.post("/intake/facts", data=fields, headers={"Origin": screen.origin})
    assert (refused.status_code, "too much" in refused.text) == (400, True)
    assert refused.text.count("checked") == len(languages) + 2


def test_child_found_before_dawn_was_found_today() -> None:
    # 23:30 of the 21st in UTC is the next morning in Kathmandu.
    night = int(datetime(2026, 11, 21, 23, 30, tzinfo=UTC).timestamp() * 1000)
    assert local_day(night, ZoneInfo("Asia/Kathmandu")) == date(2026, 11, 22)
    assert FoundWhen.YESTERDAY.day(local_day(night, ZoneInfo("Asia/Kathmandu"))) == date(2026, 11, 21)


def test_somebody_without_the_role_sees_and_does_nothing_of_it(unit: Unit) -> None:
    with screen_of(unit) as screen:
        screen.sign_in(RAFIQ)
        assert "/found" not in screen.get("/").text
        assert screen.submit("/found").status_code == 403
