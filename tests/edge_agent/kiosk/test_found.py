"""Registering a found child at the screen: what permits it, what reaches the disk, and who may do it."""

from collections.abc import Iterator

import pytest

from edge_agent.bootstrap import Unit
from edge_agent.trusted_time import as_day
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


def begin(screen: Screen) -> None:
    screen.submit("/found")
    screen.submit("/intake/basis", kind="best-interests")
    screen.submit("/intake/permit", **DECISION)


def test_registration_reaches_the_disk_with_its_own_consent_and_who_made_it(
    screen: Screen, site: Site, unit: Unit
) -> None:
    begin(screen)
    assert "find the family" in screen.get("/intake/told").text
    assert photograph(screen) == "/found/facts"
    screen.submit("/found/facts", sex="female", age="4-8", speaks="bn", given_name=" মিনি ")
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
    assert (as_day(unit.clock.now()) - found.facts.found_on).days == 1
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
    assert "guardian-consent" not in screen.get("/intake/basis").text
    screen.submit("/intake/basis", kind="guardian-consent")
    refused = screen.submit("/intake/permit", guardian="mother", childs_word="agrees")
    assert refused.status_code == 400
    assert screen.get("/intake/camera").status_code == 400


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
    assert screen.submit("/found/more").status_code == 400
    assert unit.outbox.counts().pending == 0


def test_facts_that_are_too_long_are_refused_in_words_and_nothing_is_lost(screen: Screen) -> None:
    begin(screen)
    photograph(screen)
    refused = screen.submit("/found/facts", given_name="x" * 200)
    assert (refused.status_code, "too long" in refused.text) == (400, True)
    assert screen.submit("/found/facts", given_name="Mini").url.path == "/found/more"
    assert screen.submit("/found/more", clothing="x" * 400).status_code == 400
    assert screen.submit("/found/more", clothing="red").url.path == "/intake/done"


def test_somebody_without_the_role_sees_and_does_nothing_of_it(unit: Unit) -> None:
    with screen_of(unit) as screen:
        screen.sign_in(RAFIQ)
        assert "/found" not in screen.get("/").text
        assert screen.submit("/found").status_code == 403
