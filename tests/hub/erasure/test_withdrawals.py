"""A withdrawal is lost, forged or obeyed by halves: at the hub, on both databases, with the real rooms."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from hub.audit.service import AuditAction
from hub.clock import DAY, MINUTE
from hub.erasure.model import (
    BACKUPS,
    DATABASE,
    HUB,
    LEDGER,
    Hold,
    IntakeErasure,
    Progress,
    RequestReason,
    Taker,
    unit_place,
)
from hub.erasure.own_part import LONGEST_HOLD
from hub.erasure.requests import ErasureRequestError
from hub.ingest.service import UnknownReferenceError
from hub.review.service import Answer
from hub.sites import EVERY_SITE
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType
from protocol.erasure import ErasureRecord, open_erasure, sign_erasure
from protocol.keys import SigningKey
from protocol.moment import Moment
from protocol.receipt import Verdict
from protocol.sighting import LegalBasis, Sighting
from protocol.staff import StaffId
from protocol.topics import UnitChannel, unit_topic
from protocol.withdrawal import Withdrawal
from tests.hub.erasure.bench import CONSENT, TOKEN, Bench, on_sqlite
from tests.support.databases import stored_bytes
from tests.support.hub_site import OTHER_UNIT, SITE, UNIT


def test_intake_that_found_nobody_stays_after_its_receipt_was_shown(bench: Bench) -> None:
    sighting, other = bench.intake(), bench.intake(token=bytes(16))
    erasure = bench.withdraw()
    assert (erasure.hold, erasure.reference, erasure.site) == (None, sighting.reference, sighting.site)
    assert not bench.holds(sighting)
    assert bench.holds(other)
    assert bench.outstanding() == {DATABASE, BACKUPS, LEDGER, unit_place(UNIT), unit_place(OTHER_UNIT)}
    assert {unit for unit, _ in bench.orders()} == {UNIT, OTHER_UNIT}


def test_nobody_has_taken_a_receipt_or_the_audit_names_who_did(bench: Bench) -> None:
    bench.intake()
    staff = [StaffId(digit * 16) for digit in "ba"]
    for number, person in enumerate(staff):
        bench.site.clock.now += MINUTE
        bench.receive(bench.says(bench.unit, token=TOKEN, staff=person, messages=number), MessageType.WITHDRAWAL)
    bench.receive(bench.says(bench.other), MessageType.WITHDRAWAL, bench.other)
    with bench.hub.database.read() as connection:
        erasure = bench.state().id
        assert bench.hub.intakes.withdrawals.takers(connection, [erasure]) == {
            erasure: [Taker(one, SITE) for one in staff]
        }
        stored = connection.exec_driver_sql("SELECT entry FROM audit_entries").scalars().all()
    assert [entry for entry in stored for person in staff if person.encode() in bytes(entry)] == []


def test_any_place_is_forgotten_until_it_has_answered(bench: Bench) -> None:
    bench.intake()
    bench.withdraw()
    assert [order.withdrawal for _, order in bench.orders()] == [withdrawal_of(TOKEN)] * 2
    bench.receive(bench.says(bench.unit, messages=1), MessageType.WITHDRAWAL)
    bench.receive(bench.says(bench.other), MessageType.WITHDRAWAL, bench.other)
    bench.hub.intakes.ledger.follow_up()
    assert bench.follow().completed_at is None
    assert bench.outstanding() == {BACKUPS}
    bench.site.clock.now += bench.hub.settings.backup_days * DAY
    assert bench.follow().completed_at == bench.site.clock.now
    assert bench.actions()[-1] is AuditAction.ERASURE_COMPLETED
    with bench.hub.database.read() as connection:
        signed = bench.hub.intakes.withdrawals.records(connection, bench.state().id)
    keys = {one.name: one for one in (bench.site.hub, bench.unit.identity.public, bench.other.identity.public)}
    words = [open_erasure(record, keys.get) for record in signed]
    assert [word.removed for word in words if word.place != "bd"] == [{"messages": 1}, {}]
    assert {thing for word in words if word.place == "bd" for thing in word.removed} == {
        "consent records",
        "intakes",
        DATABASE,
        BACKUPS,
    }


def test_revoked_unit_is_waited_for_or_called_clean(bench: Bench) -> None:
    bench.intake()
    bench.withdraw()
    bench.receive(bench.says(bench.unit), MessageType.WITHDRAWAL)
    bench.hub.intakes.ledger.follow_up()
    bench.site.withdraw_unit(OTHER_UNIT)
    bench.hub.fleet.refresh()
    revoked_at = bench.site.clock.now
    assert bench.follow().progress is Progress.OUTSTANDING
    bench.site.clock.now += bench.hub.settings.backup_days * DAY
    bench.orders()
    state = bench.follow()
    assert (state.progress, state.completed_at) == (Progress.CANNOT_ANSWER, None)
    assert [(one.place, one.silent_since) for one in state.places if one.done_at is None] == [
        (unit_place(OTHER_UNIT), revoked_at)
    ]
    assert bench.hub.intakes.withdrawals.follow_up() == 0
    assert bench.orders() == []
    bench.intake(token=bytes(16))
    bench.site.clock.now += MINUTE
    bench.withdraw(bytes(16))
    with bench.hub.database.read() as connection:
        listed = bench.hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
    assert [one.progress for one in listed] == [Progress.OUTSTANDING, Progress.CANNOT_ANSWER]


@on_sqlite
def test_unit_that_has_not_answered_is_asked_once_and_never_again(bench: Bench) -> None:
    bench.withdraw()
    bench.receive(bench.says(bench.unit), MessageType.WITHDRAWAL)
    bench.orders()
    bench.follow()
    assert bench.orders() == []
    bench.site.clock.now += DAY
    bench.follow()
    assert [unit for unit, _ in bench.orders()] == [OTHER_UNIT]


def test_intake_that_comes_after_its_withdrawal_is_stored_or_sent_for_ever(bench: Bench) -> None:
    bench.receive(bench.says(bench.other, token=TOKEN), MessageType.WITHDRAWAL, bench.other)
    assert unit_place(OTHER_UNIT) not in bench.outstanding()
    for candidate in (False, True):
        sighting = bench.intake(candidate=candidate)
        assert not bench.holds(sighting)
    assert bench.verdicts() == [Verdict.COMMITTED] * 3
    assert bench.actions().count(AuditAction.SIGHTING_WITHHELD) == 2
    assert AuditAction.REVIEW_OPENED not in bench.actions()
    with bench.hub.database.read() as connection:
        assert bench.hub.sightings.counts(connection).sightings == 2
    places = {place.place: place.count for place in bench.state().places}
    assert places[HUB] == 2


@on_sqlite
def test_withdrawal_that_comes_twice_or_by_two_ways_is_counted_twice(bench: Bench) -> None:
    bench.intake()
    first = bench.says(bench.other, token=TOKEN)
    for _ in range(2):
        bench.receive(first, MessageType.WITHDRAWAL, bench.other, sequence=1)
    bench.receive(first, MessageType.WITHDRAWAL, bench.other, sequence=2)
    before = bench.state()
    assert bench.withdraw() == before
    assert bench.actions().count(AuditAction.CONSENT_WITHDRAWN) == 1
    assert {place.place: place.count for place in before.places}[HUB] == 1


@on_sqlite
def test_withdrawal_is_forged(bench: Bench) -> None:
    sighting = bench.intake()
    record = ErasureRecord(withdrawal_of(TOKEN), OTHER_UNIT, Moment(5, 4, None))
    own = bench.other.identity.signing_key
    forged = [
        Withdrawal(sign_erasure(record, SigningKey(b"\1" * 32)), TOKEN),
        Withdrawal(sign_erasure(replace(record, place=UNIT), own), TOKEN),
        Withdrawal(sign_erasure(record, own), bytes(16)),
        Withdrawal(sign_erasure(replace(record, numbers=(5,)), own), TOKEN),
        Withdrawal(b"", TOKEN),
    ]
    for number, one in enumerate(forged, 1):
        bench.receive(one.to_bytes(), MessageType.WITHDRAWAL, bench.other, sequence=number)
    bench.withdraw(bytes(15) + b"\1")
    assert bench.holds(sighting)
    assert bench.verdicts()[1:] == [Verdict.REFUSED] * len(forged)


def test_number_that_a_unit_erased_is_called_missing_or_keeps_a_copy_out(bench: Bench) -> None:
    sighting = bench.unit.sighting(token=TOKEN, legal_basis=CONSENT)
    late = bench.unit.envelope(sighting.to_bytes())
    bench.receive(bench.says(bench.unit, token=TOKEN, numbers=(1,)), MessageType.WITHDRAWAL)
    with bench.hub.database.read() as connection:
        state = next(one for one in bench.hub.fleet.states(connection) if one.unit.id == UNIT)
        assert (state.delivery.missing_count, state.delivery.lost) == (0, 0)
        assert bench.hub.fleet.lost_intakes(connection) == []
    # A copy was on its way at the broker.
    bench.room.receive(unit_topic(UNIT, UnitChannel.SIGHTINGS), late)
    assert bench.verdicts() == [Verdict.COMMITTED] * 2
    assert not bench.holds(sighting)


@on_sqlite
@pytest.mark.parametrize("basis", [LegalBasis.BEST_INTERESTS, LegalBasis.COURT_ORDER])
def test_receipt_ends_what_an_order_permitted(bench: Bench, basis: LegalBasis) -> None:
    sighting = bench.intake(legal_basis=basis)
    assert bench.withdraw().hold is Hold.BASIS
    assert bench.follow().hold is Hold.BASIS
    assert bench.holds(sighting)
    assert HUB in bench.outstanding()
    assert bench.intake(legal_basis=basis).sighting_id != sighting.sighting_id
    assert AuditAction.SIGHTING_WITHHELD not in bench.actions()


@on_sqlite
def test_intake_that_is_kept_after_its_receipt_was_shown_is_called_erased(bench: Bench) -> None:
    assert bench.withdraw().done_at(HUB) is not None
    sighting = bench.intake(legal_basis=LegalBasis.BEST_INTERESTS)
    assert HUB in bench.outstanding()
    state = bench.follow()
    assert (state.hold, state.reference, state.progress) == (Hold.BASIS, sighting.reference, Progress.OUTSTANDING)
    assert bench.holds(sighting)


@on_sqlite
def test_receipt_in_the_wrong_hands_ends_a_review_before_people_have_looked(bench: Bench) -> None:
    sighting = bench.intake(candidate=True)
    assert bench.withdraw().hold is Hold.UNDECIDED
    assert AuditAction.ERASURE_HELD in bench.actions()
    assert bench.holds(sighting)
    bench.answer(bench.review_of(sighting), Answer.EXCLUSION, "a scar on the left cheek")
    assert bench.follow().hold is None
    assert not bench.holds(sighting)


@on_sqlite
def test_candidate_that_nobody_decides_is_kept_for_ever(bench: Bench) -> None:
    sighting = bench.intake(candidate=True)
    bench.withdraw()
    bench.site.clock.now += LONGEST_HOLD - MINUTE
    assert bench.follow().hold is Hold.UNDECIDED
    bench.site.clock.now += MINUTE
    # A clock that has leapt ends nothing, and showing the receipt once more is no way around that.
    bench.hub.intakes.withdrawals.follow_up(by_clock=False)
    assert bench.withdraw().hold is Hold.UNDECIDED
    assert bench.follow().hold is None
    assert not bench.holds(sighting)
    assert AuditAction.REVIEW_ENDED in bench.actions()
    with bench.hub.database.read() as connection:
        assert bench.hub.review.queue(connection, bench.people[0], bench.hub.clock()).to_answer == ()


def secrets_of(bench: Bench, sighting: Sighting) -> list[bytes]:
    """Every encrypted thing of an intake as it lies in the database."""
    found: list[bytes] = []
    with bench.hub.database.read() as connection:
        for query in (
            f"SELECT sealed_crop, sealed_portrait FROM sighting_faces WHERE sighting_id = '{sighting.sighting_id}'",
            "SELECT sealed_comment, sealed_checklist FROM answers",
            f"SELECT sealed_consent, sealed_basis_reference FROM sightings WHERE id = '{sighting.sighting_id}'",
        ):
            rows = connection.exec_driver_sql(query).all()
            found += [bytes(value) for row in rows for value in row]
    return [one[-48:] for one in found]


def test_bytes_of_what_was_taken_back_stay_in_the_database(bench: Bench) -> None:
    sighting = bench.intake(candidate=True)
    bench.answer(bench.review_of(sighting), Answer.EXCLUSION, "a scar on the left cheek")
    secrets = secrets_of(bench, sighting)
    assert len(secrets) == 8
    url = bench.hub.settings.database_url
    before = stored_bytes(url)
    assert all(secret in before for secret in secrets)
    bench.withdraw()
    bench.follow()
    assert DATABASE not in bench.outstanding()
    after = stored_bytes(url)
    assert [secret for secret in secrets if secret in after] == []
    with bench.hub.database.read() as connection:
        review = bench.review_of(sighting)
        seen = bench.hub.review.comparison(connection, review, bench.people[0], bench.hub.clock())
        (decided,) = bench.hub.review.decided(connection, EVERY_SITE)
    assert [(given.answer, given.comment) for given in seen.answers] == [(Answer.EXCLUSION, "")] * 2
    assert (seen.subject.reference, seen.subject.pictured, seen.machine) == ("erased", False, None)
    assert decided.review.site == sighting.site


@on_sqlite
def test_confirmed_child_is_taken_from_those_who_look_for_it(bench: Bench) -> None:
    sighting = bench.intake(candidate=True)
    review = bench.review_of(sighting)
    bench.answer(review, Answer.IDENTIFICATION)
    assert bench.withdraw().hold is Hold.CONFIRMED
    bench.site.clock.now += LONGEST_HOLD
    assert bench.follow().hold is Hold.CONFIRMED
    assert bench.holds(sighting)
    assert AuditAction.ALERT_RECALLED not in bench.actions()


def ask(bench: Bench, sighting: Sighting, person: int = 0) -> str:
    with bench.hub.database.begin() as connection:
        request = bench.hub.intakes.requests.ask(
            connection, sighting.reference.lower(), RequestReason.RECEIPT_LOST, bench.people[person], bench.hub.clock()
        )
    return request.id


def decide(bench: Bench, request: str, person: int = 1, *, approve: bool = True) -> IntakeErasure | None:
    with bench.hub.database.begin() as connection:
        return bench.hub.intakes.requests.decide(
            connection, request, bench.people[person], bench.hub.clock(), approve=approve
        )


def test_one_person_erases_a_confirmed_child_alone_and_alerts_stay_out(bench: Bench) -> None:
    sighting = bench.intake(candidate=True, legal_basis=LegalBasis.COURT_ORDER)
    bench.answer(bench.review_of(sighting), Answer.IDENTIFICATION)
    bench.withdraw()
    request = ask(bench, sighting)
    with pytest.raises(ErasureRequestError, match="another person"):
        decide(bench, request, 0)
    bench.orders()
    erasure = decide(bench, request)
    assert erasure is not None
    assert (erasure.hold, erasure.every_basis) == (None, True)
    assert not bench.holds(sighting)
    assert [order.every_basis for _, order in bench.orders()] == [True, True]
    assert AuditAction.ALERT_RECALLED in bench.actions()
    assert any(place.startswith("recipients of the alert") for place in bench.outstanding())
    # Nobody had got it yet, so nobody has to be told.
    bench.follow()
    assert not any(place.startswith("recipients of the alert") for place in bench.outstanding())
    with pytest.raises(ErasureRequestError, match="somebody was faster"):
        decide(bench, request)


@on_sqlite
def test_answer_to_the_order_before_ends_what_two_people_have_decided(bench: Bench) -> None:
    sighting = bench.intake(legal_basis=LegalBasis.COURT_ORDER)
    bench.withdraw()
    decide(bench, ask(bench, sighting))
    bench.receive(bench.says(bench.unit, kept=True), MessageType.WITHDRAWAL)
    assert unit_place(UNIT) in bench.outstanding()
    bench.receive(bench.says(bench.unit, messages=1), MessageType.WITHDRAWAL)
    assert unit_place(UNIT) not in bench.outstanding()


@on_sqlite
def test_request_that_was_refused_or_names_nothing_erases_something(bench: Bench) -> None:
    sighting = bench.intake()
    assert decide(bench, ask(bench, sighting), approve=False) is None
    assert bench.holds(sighting)
    bench.withdraw()
    with pytest.raises(UnknownReferenceError):
        ask(bench, sighting)


def test_database_lets_the_person_who_asked_decide(bench: Bench) -> None:
    request, asked_by = ask(bench, bench.intake()), bench.people[0].id
    statement = (
        f"UPDATE erasure_requests SET decided_by = {asked_by}, decided_at = 1, approved = {{}} WHERE id = '{request}'"
    )
    with pytest.raises(IntegrityError), bench.hub.database.begin() as connection:
        connection.exec_driver_sql(statement.format("true"))


@on_sqlite
def test_unit_s_answer_to_an_order_from_before_a_restore_is_not_believed(bench: Bench) -> None:
    sighting = bench.intake()
    bench.receive(bench.says(bench.other), MessageType.WITHDRAWAL, bench.other)
    assert not bench.holds(sighting)
    assert unit_place(UNIT) in bench.outstanding()


def test_destroyed_backups_stay_outstanding(bench: Bench) -> None:
    bench.intake()
    bench.withdraw()
    now = bench.hub.clock()
    with bench.hub.database.begin() as connection:
        assert bench.hub.intakes.withdrawals.end_backups(connection, now, actor="root", at=now) == 0
        assert bench.hub.intakes.withdrawals.end_backups(connection, now + 1, actor="root", at=now) == 1
    assert BACKUPS not in bench.outstanding()
