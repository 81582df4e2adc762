"""Which list of staff a unit goes by, however lists reach it."""

import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.staff.errors import StaffListEndedError, StaffListMissingError
from edge_agent.trusted_time import BUILT_AT, DAY
from faults import RejectedError
from protocol.errors import FieldError, MalformedError, ReplayedError
from protocol.ids import SiteId
from tests.edge_agent.staff.lists import AMINA, BOTH, PIN, RUMA, UNTIL, WRONG, Unit, member, staff_list


def test_unit_without_a_list_says_what_to_do(unit: Unit) -> None:
    with unit.database.transaction() as tables:
        tables.table("staff").delete_where()
    assert unit.desk.members() == ()
    with pytest.raises(StaffListMissingError, match="mca edge staff"):
        unit.desk.sign_in(AMINA, PIN)


def test_older_list_that_comes_late_revives_nobody(unit: Unit) -> None:
    unit.store.take(staff_list(member(AMINA, "Amina"), serial=3))
    with pytest.raises(ReplayedError):
        unit.store.take(staff_list(*BOTH, serial=2))
    assert unit.names() == ["Amina"]


def test_list_that_comes_twice_changes_nothing(unit: Unit) -> None:
    unit.store.take(staff_list(member(RUMA, "another content under a serial that was used"), serial=1))
    assert unit.names() == ["Amina", "রুমা"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.permutations(range(2, 6)), st.integers(0, 2**32))
def test_whatever_the_order_the_newest_list_stays(unit: Unit, order: list[int], seed: int) -> None:
    with unit.database.transaction() as tables:
        tables.table("staff").delete_where()
    repeated = [*order, *random.Random(seed).sample(order, 2)]
    for serial in repeated:
        with suppress(ReplayedError):
            unit.store.take(staff_list(member(AMINA, f"list {serial}"), serial=serial))
    assert unit.names() == ["list 5"]


def test_list_of_another_site_is_refused(unit: Unit) -> None:
    with pytest.raises(FieldError, match="petrapole"):
        unit.store.take(staff_list(*BOTH, serial=9, site=SiteId("bd/petrapole")))
    with pytest.raises(MalformedError):
        unit.store.take(b"\xff")
    assert unit.names() == ["Amina", "রুমা"]


def test_list_survives_a_power_cut_and_is_not_readable_on_the_disk(unit: Unit) -> None:
    unit.off_and_on()
    assert unit.names() == ["Amina", "রুমা"]
    for path in unit.folder.glob("unit.sqlite*"):
        content = path.read_bytes()
        assert b"Amina" not in content
        assert "রুমা".encode() not in content


def test_nobody_signs_in_with_a_list_that_has_ended_and_sessions_end(unit: Unit) -> None:
    assert unit.desk.current(AMINA) is not None
    unit.wait(UNTIL - BUILT_AT)
    assert unit.desk.current(AMINA) is None
    with pytest.raises(StaffListEndedError, match="mca edge staff"):
        unit.desk.sign_in(AMINA, PIN)
    unit.store.take(staff_list(*BOTH, serial=2, until=UNTIL + DAY))
    assert unit.desk.sign_in(AMINA, PIN).name == "Amina"


def test_clock_that_is_set_back_does_not_revive_an_ended_list(unit: Unit) -> None:
    unit.wait(UNTIL - BUILT_AT)
    assert unit.desk.members() == ()
    unit.system = 0
    unit.off_and_on()
    assert unit.desk.members() == ()


def test_session_of_somebody_who_was_suspended_ends_with_the_next_list(unit: Unit) -> None:
    assert unit.desk.sign_in(RUMA, PIN).id == RUMA
    unit.store.take(staff_list(member(AMINA, "Amina"), serial=2))
    assert unit.desk.current(RUMA) is None


def test_new_pin_opens_and_the_old_one_does_not(unit: Unit) -> None:
    unit.store.take(staff_list(member(AMINA, "Amina", WRONG, salt=b"0123456789abcdef"), serial=2))
    assert unit.desk.sign_in(AMINA, WRONG).id == AMINA
    with pytest.raises(RejectedError):
        unit.desk.sign_in(AMINA, PIN)
