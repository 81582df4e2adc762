"""Found children from a unit's message to a case of the register that an officer has checked."""

import secrets
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from hub.access.service import Role
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services
from hub.cases.service import CaseError, CaseFile, CaseState, Reason, Register
from hub.clock import DAY, HOUR
from hub.erasure.model import HUB, Hold
from hub.found.service import FoundRow, FoundStageError, Rejection, UnknownFoundChildError
from hub.sites import EVERY_SITE, Sites
from hub.staff.service import Doubt
from models.images import encode_jpeg
from protocol.circumstances import Circumstances
from protocol.consent import ConsentRecord, sign_record
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType
from protocol.erasure import open_erasure
from protocol.found import BodyPart, FoundChild, FoundFacts, FoundMark
from protocol.ids import FoundId, SiteId, intake_reference
from protocol.moment import Moment
from protocol.person import AgeBand, Sex
from protocol.receipt import Verdict
from protocol.sighting import LegalBasis
from protocol.staff import StaffId, StaffRole
from protocol.topics import UnitChannel, unit_topic
from tests.hub.ingest.intake import Intake
from tests.support.consents import consent_record, found_record
from tests.support.databases import stored_bytes
from tests.support.desk import PASSWORD
from tests.support.hub_site import FACES, SITE, UNIT

TOPIC = unit_topic(UNIT, UnitChannel.FOUND)
STAFF = StaffId("ab" * 8)
FACTS = FoundFacts(
    names=("Mini", "মিনি"),
    languages=("Bangla",),
    marks=(FoundMark(BodyPart.LEFT_ARM, "scar"),),
    clothing="red frock",
    place="Petrapole",
    found_on=date(2026, 11, 21),
    circumstances="came alone",
)


def record_of(intake: Intake, reference: str, **changes: Any) -> ConsentRecord:
    now = intake.hub.clock()
    record = found_record(UNIT, SITE, reference, Moment(now, now, now), record_id=secrets.token_bytes(16))
    return replace(record, **{"withdrawal": secrets.token_bytes(32), **changes})


def child(intake: Intake, *, record: ConsentRecord | None = None, **changes: Any) -> FoundChild:
    """A found child as a unit registers one, with a public photograph of an adult."""
    now, reference = intake.hub.clock(), intake_reference(secrets.token_bytes(5))
    signed = sign_record(record or record_of(intake, reference), intake.unit.identity.signing_key)
    plain = FoundChild(
        found_id=FoundId(secrets.token_hex(16)),
        reference=reference if record is None else record.reference,
        unit=UNIT,
        site=SITE,
        captured=Moment(now, now, now),
        consent=signed,
        staff=STAFF,
        age_band=AgeBand.CHILD,
        sex=Sex.MALE,
        facts=FACTS,
        photograph=FACES.face.portrait,
    )
    return replace(plain, **changes)


def send(intake: Intake, found: FoundChild, *, times: int = 1) -> None:
    envelope = intake.unit.envelope(found.to_bytes(), MessageType.FOUND)
    for _ in range(times):
        intake.receive(envelope, TOPIC)


def waiting(hub: Services) -> list[FoundRow]:
    with hub.database.read() as connection:
        return hub.found.unchecked(connection, EVERY_SITE)


def registered(hub: Services) -> CaseFile:
    """The one case that came from a unit."""
    assert hub.found.register_next()
    assert not hub.found.register_next()
    (row,) = waiting(hub)
    assert row.case_id is not None
    with hub.database.read() as connection:
        return hub.cases.reader.file(connection, row.case_id)


def test_registration_is_on_disk_before_its_receipt_and_becomes_an_open_case_of_the_register(intake: Intake) -> None:
    found = child(intake)
    send(intake, found)
    assert intake.verdicts() == [Verdict.COMMITTED]
    case = registered(intake.hub)
    summary, told = case.summary, case.description
    assert (summary.register, summary.state, summary.site) == (Register.FOUND, CaseState.OPEN, SITE)
    assert (summary.reference, summary.sex, summary.last_seen) == (found.reference, Sex.MALE, FACTS.found_on)
    assert (told.names, told.clothing, told.place) == (FACTS.names, "red frock", "Petrapole")
    assert [(mark.where, mark.what) for mark in told.marks] == [(BodyPart.LEFT_ARM, "scar")]
    assert case.basis.ground is LegalBasis.BEST_INTERESTS
    assert len(case.photos) == 1
    assert case.events[0].actor == UNIT


def test_message_that_comes_again_makes_no_second_case(intake: Intake) -> None:
    send(intake, child(intake), times=3)
    registered(intake.hub)
    assert intake.verdicts() == [Verdict.COMMITTED] * 3
    assert intake.count("found_children") == 1


def test_same_child_under_another_number_is_refused_for_good(intake: Intake) -> None:
    found = child(intake)
    send(intake, found)
    send(intake, found)
    assert intake.verdicts() == [Verdict.COMMITTED, Verdict.REFUSED]
    assert intake.count("found_children") == 1


def test_registration_without_the_right_record_is_refused(intake: Intake) -> None:
    now = intake.hub.clock()
    of_intake = consent_record(UNIT, SITE, "7Q2M-FX4K", LegalBasis.BEST_INTERESTS, Moment(now, now, now))
    for wrong in (
        child(intake, record=of_intake),
        child(intake, reference="0000-0000"),
        child(intake, site=SiteId("bd/elsewhere")),
        child(intake, photograph=b"no picture"),
        replace(child(intake), consent=sign_record(record_of(intake, "A"), intake.hub.identity.signing_key)),
    ):
        send(intake, wrong)
    assert intake.verdicts() == [Verdict.REFUSED] * 5
    assert intake.count("found_children") == 0


def test_record_of_a_found_child_permits_no_intake(intake: Intake) -> None:
    sighting = intake.match()
    record = record_of(intake, sighting.reference)
    signed = sign_record(record, intake.unit.identity.signing_key)
    intake.receive(intake.unit.envelope(replace(sighting, consent=signed).to_bytes()))
    assert intake.verdicts() == [Verdict.REFUSED]
    assert intake.count("sightings") == 0


def test_photograph_without_a_face_makes_a_case_that_says_so(intake: Intake) -> None:
    blank = encode_jpeg(np.full((200, 200, 3), 127, np.uint8), 80)
    send(intake, child(intake, photograph=blank))
    case = registered(intake.hub)
    assert case.photos == ()
    assert waiting(intake.hub)[0].problem == "PhotographError"


def test_units_clock_that_is_ahead_or_an_unknown_age_keeps_no_child_off_the_register(intake: Intake) -> None:
    late = replace(FACTS, found_on=date(2099, 1, 1))
    now = intake.hub.clock()
    ahead = Moment(now + 10**12, now + 10**12, None)
    send(intake, child(intake, facts=late, captured=ahead, age_band=AgeBand.UNKNOWN))
    summary = registered(intake.hub).summary
    assert summary.last_seen is not None
    assert summary.last_seen < date(2099, 1, 1)


def stuck(intake: Intake, **changes: Any) -> FoundChild:
    """A registration that cannot become a case: its number on paper is that of one that has."""
    first = child(intake)
    send(intake, first)
    registered(intake.hub)
    again = child(intake, record=record_of(intake, first.reference, **changes))
    send(intake, again)
    assert intake.hub.found.register_next()
    assert not intake.hub.found.register_next()
    return again


def row_of(hub: Services, found: FoundChild) -> FoundRow | None:
    return next((row for row in waiting(hub) if row.id == found.found_id), None)


def test_registration_that_cannot_become_a_case_is_lost_or_called_checked(intake: Intake) -> None:
    again, hub = stuck(intake), intake.hub
    row = row_of(hub, again)
    assert row is not None
    assert (row.case_id, row.problem) == (None, "CaseError")
    with hub.database.begin() as connection, pytest.raises(FoundStageError, match="mend"):
        hub.found.check(connection, again.found_id, EVERY_SITE, actor="farida")
    assert row_of(hub, again) == row


def test_registration_that_is_mended_under_a_taken_number_is_lost_and_under_a_free_one_twice_a_case(
    intake: Intake,
) -> None:
    again, hub = stuck(intake), intake.hub
    with pytest.raises(UnknownFoundChildError):
        hub.found.mend(again.found_id, Sites(frozenset({SiteId("bd/petrapole")})), "GD 7", "", actor="gopal")
    for wrong in (again.reference, " "):
        with pytest.raises(CaseError):
            hub.found.mend(again.found_id, EVERY_SITE, wrong, "", actor="farida")
    assert row_of(hub, again) is not None
    case = hub.found.mend(again.found_id, EVERY_SITE, again.reference, "Sharsha", actor="farida")
    with hub.database.read() as connection:
        file = hub.cases.reader.file(connection, case)
        of_case = hub.found.of_case(connection, case)
        trail = [(one.actor, one.subject) for one in entries(connection) if one.action is AuditAction.FOUND_MENDED]
    assert (file.summary.reference, file.description.station) == (again.reference, "Sharsha")
    assert (file.description.names, len(file.photos), file.summary.site) == (FACTS.names, 1, SITE)
    assert of_case is not None
    assert (of_case.id, of_case.problem) == (again.found_id, None)
    assert trail == [("farida", again.found_id)]
    with pytest.raises(FoundStageError, match="faster"):
        hub.found.mend(again.found_id, EVERY_SITE, "GD 8", "", actor="gopal")


def test_rejected_registration_leaves_the_child_in_the_database_or_no_trace_of_who_did_it(intake: Intake) -> None:
    token = bytes(range(16))
    again, hub = stuck(intake, withdrawal=withdrawal_of(token)), intake.hub
    with hub.database.begin() as connection:
        withdrawn = hub.intakes.withdrawals.take(connection, token, actor="amina", at=hub.clock())
        officer = hub.access.operators.add(connection, "farida", PASSWORD, (Role.CASE_OFFICER,), EVERY_SITE, at=1)
    assert (withdrawn.hold, withdrawn.reference, withdrawn.site) == (Hold.BASIS, again.reference, SITE)
    with hub.database.read() as connection:
        (sealed,) = connection.execute(
            text("SELECT sealed_content FROM found_children WHERE case_id IS NULL")
        ).scalars()
    piece = bytes(sealed)[-48:]
    url = hub.settings.database_url
    assert piece in stored_bytes(url)
    with hub.database.begin() as connection:
        reason, at = Rejection.REGISTERED_TWICE, hub.clock()
        hub.intakes.rejections.reject(connection, again.found_id, officer, reason, at)
    hub.intakes.withdrawals.follow_up()
    assert piece not in stored_bytes(url)
    assert row_of(hub, again) is None
    with hub.database.read() as connection:
        assert hub.found.consent(connection, again.found_id) is None
        (done,) = hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
        (entry,) = [one for one in entries(connection) if one.action is AuditAction.FOUND_REJECTED]
        records = connection.execute(text("SELECT record FROM erasure_records ORDER BY at")).scalars().all()
    assert (done.hold, done.done_at(HUB)) == (None, hub.clock())
    assert (entry.actor, entry.subject, entry.detail["reason"]) == ("farida", again.found_id, "registered-twice")
    erased = [open_erasure(record, {hub.identity.name: hub.identity.public}.get).removed for record in records]
    assert {"found children": 1, "intakes": 1} in erased
    with hub.database.begin() as connection, pytest.raises(FoundStageError, match="faster"):
        hub.intakes.rejections.reject(connection, again.found_id, officer, reason, at)


def test_registration_that_cannot_become_a_case_stays_for_ever(intake: Intake) -> None:
    hub, again = intake.hub, stuck(intake)
    (first,) = [row.id for row in waiting(hub) if row.case_id is not None]
    days = hub.settings.found_search_days
    for waited, kept in ((days * DAY - HOUR, True), (HOUR, False)):
        intake.site.clock.now += waited
        assert hub.intakes.retention.expire_due() == int(not kept)
        with hub.database.read() as connection:
            assert (hub.found.consent(connection, again.found_id) is not None) is kept
            assert hub.found.consent(connection, first) is not None
    with hub.database.read() as connection:
        (ended,) = [one for one in entries(connection) if one.action is AuditAction.FOUND_EXPIRED]
        content = connection.execute(text("SELECT sealed_content FROM found_children WHERE case_id IS NULL")).scalars()
        (signed,) = connection.execute(text("SELECT record FROM erasure_records")).scalars()
        assert list(content) == [None]
    assert ended.subject == again.found_id
    erased = open_erasure(signed, {hub.identity.name: hub.identity.public}.get)
    assert erased.removed == {"found children": 1, "intakes": 1}


def test_officer_of_the_site_checks_it_once_and_nobody_elses(intake: Intake) -> None:
    found, hub = child(intake), intake.hub
    send(intake, found)
    with hub.database.begin() as connection, pytest.raises(FoundStageError):
        hub.found.check(connection, found.found_id, EVERY_SITE, actor="farida")
    registered(hub)
    elsewhere = Sites(frozenset({SiteId("bd/petrapole")}))
    with hub.database.begin() as connection:
        with pytest.raises(UnknownFoundChildError):
            hub.found.check(connection, found.found_id, elsewhere, actor="gopal")
        for _ in range(2):
            hub.found.check(connection, found.found_id, EVERY_SITE, actor="farida")
    assert waiting(hub) == []
    with hub.database.read() as connection:
        checked = [one for one in entries(connection) if one.action is AuditAction.FOUND_CHECKED]
    assert [(one.actor, one.subject) for one in checked] == [("farida", found.found_id)]


def test_withdrawal_finds_the_registration_and_empties_it(intake: Intake) -> None:
    found, hub = child(intake), intake.hub
    send(intake, found)
    with hub.database.read() as connection:
        record = hub.found.consent(connection, found.found_id)
        assert record is not None
        assert hub.found.of_withdrawal(connection, record.withdrawal.hex()) != []
    with hub.database.begin() as connection:
        hub.found.forget(connection, found.found_id)
    assert not hub.found.register_next()
    assert waiting(hub) == []
    with hub.database.read() as connection:
        row = connection.execute(text("SELECT sealed_content, sealed_consent, staff_id FROM found_children")).one()
    assert tuple(row) == (None, None, None)


def test_staff_whom_a_message_names_is_believed_or_keeps_the_message_out(intake: Intake) -> None:
    hub, elsewhere = intake.hub, SiteId("bd/petrapole")
    with hub.database.begin() as connection:
        here = hub.staff.add(connection, SITE, "Ruma", {StaffRole.FOUND}, actor="tariq").person
        there = hub.staff.add(connection, elsewhere, "Gita", {StaffRole.FOUND}, actor="tariq").person
    for staff in (here, there, STAFF, None):
        send(intake, child(intake, staff=staff))
    intake.receive(intake.unit.envelope(replace(intake.match(), circumstances=Circumstances(staff=there)).to_bytes()))
    assert intake.verdicts() == [Verdict.COMMITTED] * 5
    with hub.database.read() as connection:
        doubted = [one for one in entries(connection) if one.action is AuditAction.STAFF_DOUBTED]
        trail = repr(entries(connection))
        signers = hub.staff.signers(connection, [(staff, SITE) for staff in (here, there, STAFF)])
    assert [(one.subject, one.detail) for one in doubted] == [
        (UNIT, {"number": 2, "reason": "staff-of-another-site"}),
        (UNIT, {"number": 3, "reason": "unknown-staff"}),
        (UNIT, {"number": 5, "reason": "staff-of-another-site"}),
    ]
    assert [(one.name, one.doubt) for one in signers.values()] == [
        ("Ruma", None),
        ("Gita", Doubt.ELSEWHERE),
        (None, Doubt.UNKNOWN),
    ]
    for staff in (here, there, STAFF):
        assert f"'{staff}'" not in trail.replace(f"subject='{staff}'", "")


def test_neither_child_nor_staff_stands_in_the_trail(intake: Intake) -> None:
    send(intake, child(intake))
    registered(intake.hub)
    with intake.hub.database.read() as connection:
        trail = repr(entries(connection))
    for secret in (*FACTS.names, "red frock", STAFF):
        assert secret not in trail


def test_receipt_ends_the_search_for_a_family_or_nothing_ever_does(intake: Intake) -> None:
    token, withdrawals = bytes(range(16)), intake.hub.intakes.withdrawals
    reference = intake_reference(secrets.token_bytes(5))
    record = replace(record_of(intake, reference), withdrawal=withdrawal_of(token))
    found = child(intake, record=record, reference=reference)
    intake.receive(intake.unit.envelope(found.to_bytes(), MessageType.FOUND), TOPIC)
    assert intake.hub.found.register_next()
    with intake.hub.database.begin() as connection:
        erasure = withdrawals.take(connection, token, actor="amina", at=intake.hub.clock())
        (case,) = [row.case_id for row in intake.hub.found.of_withdrawal(connection, erasure.withdrawal or "")]
    assert case is not None
    assert erasure.hold is Hold.BASIS
    with intake.hub.database.begin() as connection:
        assert not intake.hub.cases.has_ended(connection, case)
        intake.hub.erasure.erase(connection, case, Reason.FAMILY_ASKED, note="", actor="amina")
    withdrawals.follow_up()
    with intake.hub.database.read() as connection:
        (ended,) = withdrawals.of_people(connection, EVERY_SITE)
        assert intake.hub.found.consent(connection, found.found_id) is None
    assert (ended.hold, ended.done_at(HUB)) == (None, intake.hub.clock())
