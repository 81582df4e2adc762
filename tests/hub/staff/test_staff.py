"""Who may sign in at a site's units: what the hub keeps of them, and what units are told."""

import pytest

from credentials.pins import matches
from hub.audit.service import AuditAction
from hub.clock import DAY
from hub.sites import EVERY_SITE, Sites
from hub.staff.drawing import draw_pin
from hub.staff.service import GivenPin, Signer, StaffError, StaffState, UnknownStaffError
from protocol.ids import SiteId
from protocol.staff import MAX_MEMBERS, StaffList, StaffRole
from tests.support.desk import SITE, Desk

OTHER = SiteId("bd/petrapole")
INTAKE = {StaffRole.INTAKE}


def add(desk: Desk, name: str = "Ruma Begum", site: SiteId = SITE) -> GivenPin:
    with desk.database.begin() as connection:
        return desk.sites.staff.add(connection, site, name, INTAKE, actor="farida")


def answer(desk: Desk, serial: int | None = None, site: SiteId = SITE) -> StaffList | None:
    """What a unit is told that has the list `serial`."""
    with desk.database.begin() as connection:
        told = desk.sites.staff.answer(connection, site, serial)
    return None if told is None else StaffList.from_bytes(told)


def newest(desk: Desk) -> StaffList:
    told = answer(desk)
    assert told is not None
    return told


def test_pin_is_said_once_and_the_list_verifies_it(desk: Desk) -> None:
    given = add(desk)
    (member,) = newest(desk).members
    assert (member.id, member.name, member.roles) == (given.person, "Ruma Begum", ("intake",))
    assert matches(member.verifier, given.pin)
    assert given.pin not in repr(given)


def test_neither_name_nor_pin_stands_in_the_trail_or_in_plain_in_the_database(desk: Desk) -> None:
    given = add(desk)
    with desk.database.begin() as connection:
        again = desk.sites.staff.reset_pin(connection, given.person, EVERY_SITE, actor="farida")
    trail = repr(desk.audited())
    stolen = desk.stolen()
    for secret in (given.pin, again.pin, "Ruma", "Begum"):
        assert secret not in trail
        assert secret.encode() not in stolen


def test_unit_that_has_the_newest_list_is_told_nothing_and_any_other_unit_everything(desk: Desk) -> None:
    add(desk)
    told = newest(desk)
    assert answer(desk, told.serial) is None
    assert answer(desk, told.serial - 1) == told
    assert answer(desk, told.serial + 10**9) == told  # The hub was restored from a backup.
    assert answer(desk, None) == told


def test_unit_of_another_site_learns_of_nobody(desk: Desk) -> None:
    add(desk)
    assert answer(desk, None, OTHER) is None


@pytest.mark.parametrize("act", ["change_roles", "reset_pin", "suspend", "end"])
def test_every_change_raises_the_serial_in_one_millisecond_too(desk: Desk, act: str) -> None:
    given = add(desk)
    before = newest(desk).serial
    with desk.database.begin() as connection:
        more = ({StaffRole.FOUND},) if act == "change_roles" else ()
        getattr(desk.sites.staff, act)(connection, given.person, EVERY_SITE, *more, actor="farida")
    assert newest(desk).serial > before


def test_serial_rises_although_the_hubs_clock_is_set_back(desk: Desk) -> None:
    add(desk)
    before = newest(desk).serial
    desk.clock.now -= 400 * DAY
    add(desk, "Amina")
    after = newest(desk)
    assert after.serial > before
    assert after.until == desk.clock.now + 14 * DAY


def test_suspended_person_is_on_no_list_and_comes_back_with_the_same_pin(desk: Desk) -> None:
    given = add(desk)
    with desk.database.begin() as connection:
        desk.sites.staff.suspend(connection, given.person, EVERY_SITE, actor="farida")
    assert newest(desk).members == ()
    with desk.database.begin() as connection:
        desk.sites.staff.resume(connection, given.person, EVERY_SITE, actor="farida")
    (member,) = newest(desk).members
    assert matches(member.verifier, given.pin)


def test_person_who_has_left_stays_known_by_name_and_comes_back_never(desk: Desk) -> None:
    given = add(desk)
    with desk.database.begin() as connection:
        desk.sites.staff.end(connection, given.person, EVERY_SITE, actor="farida")
    assert newest(desk).members == ()
    for act in ("suspend", "resume", "end", "reset_pin"):
        with desk.database.begin() as connection, pytest.raises(StaffError, match="has left"):
            getattr(desk.sites.staff, act)(connection, given.person, EVERY_SITE, actor="farida")
    with desk.database.read() as connection:
        assert desk.sites.staff.person(connection, given.person, EVERY_SITE).state is StaffState.ENDED
        assert desk.sites.staff.signers(connection, [(given.person, SITE)]) == {
            (given.person, SITE): Signer("Ruma Begum", None)
        }
    add(desk)  # The name is free again.


def test_units_in_touch_never_come_to_the_end_of_their_list(desk: Desk) -> None:
    add(desk)
    first = newest(desk)
    desk.clock.now += DAY - 1
    assert answer(desk, first.serial) is None
    desk.clock.now += 1
    renewed = answer(desk, first.serial)
    assert renewed is not None
    assert renewed.until == first.until + DAY
    assert answer(desk, renewed.serial) is None
    assert desk.actions().count(AuditAction.STAFF_LIST_RENEWED) == 1


def test_list_that_was_issued_by_a_clock_far_ahead_is_issued_anew(desk: Desk) -> None:
    desk.clock.now += 3650 * DAY
    add(desk)
    ahead = newest(desk)
    desk.clock.now -= 3650 * DAY
    renewed = answer(desk, ahead.serial)
    assert renewed is not None
    assert renewed.serial > ahead.serial
    assert renewed.until == desk.clock.now + 14 * DAY


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "two\x00lines", "a\u202eb"])
def test_name_that_no_screen_could_show_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(StaffError, match="name"):
        add(desk, name)


def test_two_people_of_one_name_are_refused_at_one_site_alone(desk: Desk) -> None:
    add(desk)
    with pytest.raises(StaffError, match="tells the two apart"):
        add(desk, " Ruma   Begum ")
    add(desk, site=OTHER)


def test_person_without_any_role_is_refused(desk: Desk) -> None:
    with desk.database.begin() as connection, pytest.raises(StaffError, match="at least one"):
        desk.sites.staff.add(connection, SITE, "Ruma", [], actor="farida")


def test_technician_of_one_site_reaches_nobody_of_another(desk: Desk) -> None:
    given = add(desk)
    elsewhere = Sites(frozenset({OTHER}))
    with desk.database.begin() as connection, pytest.raises(UnknownStaffError):
        desk.sites.staff.reset_pin(connection, given.person, elsewhere, actor="gopal")
    with desk.database.read() as connection:
        assert desk.sites.staff.people(connection, elsewhere) == []


def test_largest_list_fits_into_its_message(desk: Desk) -> None:
    for number in range(MAX_MEMBERS):
        add(desk, f"\U0001f9d2{number:59}".replace(" ", "\U0001f9d2"))
    with pytest.raises(StaffError, match="at most"):
        add(desk, "one more")
    assert len(newest(desk).members) == MAX_MEMBERS


def test_pins_are_drawn_evenly_and_never_those_that_everybody_tries() -> None:
    drawn = iter([123456, 654321, 111111, 121212, 7, 190274])
    assert draw_pin(lambda size: next(drawn).to_bytes(size)) == "190274"
