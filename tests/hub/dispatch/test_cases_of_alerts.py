"""A case and its alerts: under all of its identifiers, from one page to the other, and to its own recipients."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.access.service import Role
from hub.cases.service import Register
from hub.dispatch.broadcasts import Report, Verdict
from hub.dispatch.errors import BroadcastError
from hub.dispatch.recipient import Reach
from hub.sites import EVERY_SITE, Sites
from protocol.ids import CaseId, SiteId
from tests.support.cases import add_case, new_case
from tests.support.desk import CASE, SITE, Case, Desk, police_desk
from tests.support.gateway import Gateway

CASES = ((1, Register.MISSING), (2, Register.MISSING), (3, Register.FOUND))
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as serving:
        yield serving


def merge(desk: Desk, case: CaseId, into: CaseId) -> None:
    with desk.database.begin() as connection:
        merged = desk.registers.cases.duplicates
        merged.merge(connection, case, into, note="", actor="amina", at=desk.clock())


def work(desk: Desk) -> None:
    desk.dispatcher().look_at_the_clock()
    desk.dispatcher().deliver()


def three_merged(desk: Desk) -> tuple[CaseId, CaseId, CaseId]:
    first, second, last = (add_case(desk, new_case(f"GD {number}/2026")) for number in (1, 2, 3))
    merge(desk, first, second)
    merge(desk, second, last)
    return first, second, last


def test_recipients_of_a_merged_case_are_forgotten(desk: Desk, gateway: Gateway) -> None:
    cases = three_merged(desk)
    for number, case in enumerate([*cases, CaseId("bd/c-other")]):
        desk.add_recipient(police_desk(f"{gateway.url}/{number}", reach=Reach.CASE, of=case))
    desk.confirm(desk.open_review(case=Case(cases[2])))
    work(desk)
    assert len(gateway.taken) == 3
    # And so for an alert that was raised of the one that went into another.
    desk.confirm(desk.open_review(case=Case(cases[0])))
    work(desk)
    assert len(gateway.taken) == 6


def test_child_who_is_not_missing_any_more_or_of_another_site_is_announced(desk: Desk) -> None:
    case, waiting, found = (
        add_case(desk, new_case(f"GD {number}/2026", register=register)) for number, register in CASES
    )
    dispatch, here = desk.dispatch, desk.add_operator("dora", Role.DISPATCHER, sites=Sites(frozenset({SITE})))
    report = Report(waiting, SITE, frozenset(), "Called the mother back.", "The entry was seen.")
    with desk.database.begin() as connection:
        broadcast = dispatch.propose(connection, report, here, desk.clock())
        for number in (case, waiting):
            desk.registers.cases.mark_located(connection, number, "amina", desk.clock())
    for refused in (replace(report, case=case), replace(report, case=found), replace(report, case=CaseId("bd/c-none"))):
        with pytest.raises(BroadcastError, match="Nobody is missing"), desk.database.begin() as connection:
            dispatch.propose(connection, refused, desk.amina, desk.clock())
    with pytest.raises(BroadcastError, match="Nobody is missing"), desk.database.begin() as connection:
        dispatch.screen(connection, broadcast, Verdict.APPROVED, desk.bimal, desk.clock())
    elsewhere = replace(report, case=CASE, site=SiteId("bd/darshana"))
    with pytest.raises(BroadcastError, match="your own sites"), desk.database.begin() as connection:
        dispatch.propose(connection, elsewhere, here, desk.clock())


def test_alerts_of_a_merged_case_are_lost_from_its_page(desk: Desk) -> None:
    first, _, last = three_merged(desk)
    desk.confirm(desk.open_review(case=Case(first)))
    report = Report(last, SITE, frozenset(), "Called the mother back.", "The entry was seen.")
    with desk.database.begin() as connection:
        broadcast = desk.dispatch.broadcasts.propose(connection, report, desk.amina, desk.clock())
        assert desk.dispatch.reports_about(connection, first, EVERY_SITE) == 1
        desk.dispatch.screen(connection, broadcast, Verdict.APPROVED, desk.bimal, desk.clock() + 1)
    with desk.database.read() as connection:
        for case in (first, last):
            found = desk.dispatch.about(connection, case, EVERY_SITE)
            assert [one.alert.broadcast_id for one in found] == [broadcast, None]
        assert desk.dispatch.reports_about(connection, first, EVERY_SITE) == 0
        # Nor does a case show the alerts of another site.
        assert desk.dispatch.about(connection, last, Sites(frozenset({SiteId("bd/darshana")}))) == []
