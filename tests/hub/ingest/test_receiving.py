"""Taking in what units send: committed once, acknowledged when committed, refused without harm."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from faults import UnavailableError
from hub.audit.service import AuditAction, entries
from hub.clock import HOUR
from hub.ingest.service import UnknownSightingError
from models.images import decode_image
from protocol import cbor
from protocol.envelope import MessageType, digest
from protocol.health import Health
from protocol.ids import CaseId, PhotoId, SightingId, SiteId, UnitId
from protocol.losses import Losses, LossReason, LostMessage
from protocol.moment import Moment
from protocol.padding import pad
from protocol.receipt import Receipt, Verdict
from protocol.sighting import PADDED_BYTES, Face
from protocol.topics import UnitChannel, unit_topic
from tests.hub.ingest.intake import Intake
from tests.support.databases import stored_bytes
from tests.support.hub_site import FACES, OTHER_UNIT, UNIT

LOSS_TOPIC = unit_topic(UNIT, UnitChannel.LOSSES)
HEALTH_TOPIC = unit_topic(UNIT, UnitChannel.HEALTH)


# What makes the last insertion of a commit fail.
FULL = {
    "sqlite": ("CREATE TRIGGER full_reviews BEFORE INSERT ON reviews BEGIN SELECT RAISE(ABORT, 'no room'); END",),
    "postgresql": (
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$",
        "CREATE TRIGGER full_reviews BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION fill()",
    ),
}


def test_sighting_with_candidates_is_kept_and_opens_a_review(intake: Intake) -> None:
    sighting = intake.match()
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    reader = intake.hub.sightings
    with intake.hub.database.read() as connection:
        stored = reader.sighting(connection, sighting.sighting_id)
        audit = [entry.action for entry in entries(connection, sighting.sighting_id)]
        assert reader.basis_reference(connection, sighting.sighting_id) == "form 12"
        assert intake.hub.review.open_count(connection) == 1
    assert (stored.reference, stored.unit, stored.candidates) == (sighting.reference, UNIT, sighting.candidates)
    assert (stored.captured_at, stored.received_at) == (sighting.captured.at, intake.hub.clock())
    assert audit == [AuditAction.SIGHTING_RECEIVED]
    assert reader.crop(sighting.sighting_id) == FACES.face.crop
    assert reader.portrait(sighting.sighting_id) == FACES.face.portrait


def test_sighting_without_candidates_is_counted_and_holds_no_picture(intake: Intake) -> None:
    sighting = intake.unit.sighting()
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    with intake.hub.database.read() as connection:
        counts = intake.hub.sightings.counts(connection)
        audit = [entry.action for entry in entries(connection, sighting.sighting_id)]
    assert (counts.sightings, counts.with_candidates, counts.rejected_messages) == (1, 0, 0)
    assert audit == [AuditAction.SIGHTING_WITHOUT_CANDIDATES]
    assert (intake.count("sighting_faces"), intake.count("reviews")) == (0, 0)
    with pytest.raises(UnknownSightingError):
        intake.hub.sightings.portrait(sighting.sighting_id)


def test_receipt_names_the_envelope_and_when_it_was_committed(intake: Intake) -> None:
    sighting = intake.match()
    envelope = intake.unit.envelope(sighting.to_bytes())
    intake.receive(envelope)
    assert intake.receipts() == [Receipt(digest(envelope), intake.hub.clock())]


def test_duplicate_is_receipted_again_and_kept_once(intake: Intake) -> None:
    envelope = intake.unit.envelope(intake.match().to_bytes())
    intake.receive(envelope)
    intake.site.clock.now += HOUR
    intake.receive(envelope)
    first, second = intake.receipts()
    assert first == second
    assert (intake.count("sightings"), intake.count("reviews"), intake.rejections()) == (1, 1, [])


def test_receipt_is_never_sent_before_the_commit(intake: Intake) -> None:
    committed_when_sent: list[int] = []
    plain = intake.publish

    def look_and_publish(topic: str, payload: bytes) -> None:
        committed_when_sent.append(intake.count("sightings"))
        plain(topic, payload)

    intake.publish = look_and_publish  # type: ignore[method-assign]
    intake.__post_init__()
    intake.receive(intake.unit.envelope(intake.match().to_bytes()))
    assert committed_when_sent == [1]


def test_sighting_whose_receipt_could_not_be_sent_is_kept_and_receipted_at_the_next_try(intake: Intake) -> None:
    envelope = intake.unit.envelope(intake.match().to_bytes())
    intake.broker_is_away = True
    with pytest.raises(UnavailableError):
        intake.receive(envelope)
    assert intake.count("sightings") == 1
    intake.broker_is_away = False
    intake.receive(envelope)
    assert len(intake.receipts()) == 1
    assert intake.count("reviews") == 1


def test_same_sighting_in_another_envelope_is_a_replay(intake: Intake) -> None:
    sighting = intake.match()
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    assert intake.verdicts() == [Verdict.COMMITTED, Verdict.REFUSED]
    assert intake.rejections() == [(UNIT, "ReplayedError")]


def test_two_sightings_under_one_number_are_not_both_taken(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(intake.match().to_bytes(), sequence=7))
    intake.receive(intake.unit.envelope(intake.match().to_bytes(), sequence=7))
    assert intake.count("sightings") == 1
    assert intake.rejections() == [(UNIT, "ReplayedError")]


def test_envelope_that_takes_the_id_of_one_and_the_number_of_another_is_a_replay(intake: Intake) -> None:
    first, second = intake.match(), intake.match()
    intake.receive(intake.unit.envelope(first.to_bytes(), sequence=1))
    intake.receive(intake.unit.envelope(second.to_bytes(), sequence=2))
    intake.receive(intake.unit.envelope(first.to_bytes(), sequence=2))
    assert intake.count("sightings") == 2
    assert intake.rejections() == [(UNIT, "ReplayedError")]


def test_sighting_of_months_ago_is_taken_after_thousands_of_later_messages(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(intake.unit.sighting().to_bytes(), sequence=1_000_000))
    envelope = intake.unit.envelope(intake.match().to_bytes(), sequence=3)
    intake.receive(envelope)
    assert intake.receipts()[-1].envelope_digest == digest(envelope)
    assert intake.rejections() == []


def test_unit_that_speaks_in_anothers_name_is_refused(intake: Intake) -> None:
    other = intake.site.unit(OTHER_UNIT)
    intake.receive(other.envelope(intake.match(unit=OTHER_UNIT).to_bytes()))
    intake.receive(intake.unit.envelope(intake.match(unit=OTHER_UNIT).to_bytes()))
    assert intake.rejections() == [(UNIT, "WrongTopicError"), (UNIT, "FieldError")]
    assert intake.count("sightings") == 0


def test_withdrawn_unit_is_not_heard(intake: Intake) -> None:
    intake.site.withdraw_unit(UNIT)
    intake.hub.fleet.refresh()
    intake.receive(intake.unit.envelope(intake.match().to_bytes()))
    assert intake.rejections() == [(UNIT, "UnknownSenderError")]
    assert intake.sent == []


@pytest.mark.parametrize(
    "topic",
    ["", "mca/v1/bd/units/benapole-1", "mca/v1/bd/units/../health", "mca/v2/bd/units/benapole-1/sightings", "$SYS/x"],
)
def test_topic_that_is_none_of_ours_is_refused_without_naming_anybody(intake: Intake, topic: str) -> None:
    intake.receive(intake.unit.envelope(intake.match().to_bytes()), topic)
    assert intake.rejections() == [("unknown", "WrongTopicError")]


def test_downward_topic_is_refused(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(b"", MessageType.RECEIPT), unit_topic(UNIT, UnitChannel.RECEIPTS))
    assert intake.rejections() == [(UNIT, "WrongTopicError")]


def test_health_on_the_topic_of_sightings_is_refused(intake: Intake) -> None:
    report = Health(1, 7, 900, 2, 1, bytes(32), "0.1.0").to_bytes()
    intake.receive(intake.unit.envelope(report, MessageType.HEALTH))
    assert intake.rejections() == [(UNIT, "FieldError")]


def test_health_is_kept_and_its_duplicate_is_no_attack(intake: Intake) -> None:
    envelope = intake.unit.envelope(Health(1, 7, 900, 2, 1, bytes(32), "0.1.0").to_bytes(), MessageType.HEALTH)
    intake.receive(envelope, HEALTH_TOPIC)
    intake.receive(envelope, HEALTH_TOPIC)
    with intake.hub.database.read() as connection:
        assert [health.report.list_version for health in intake.hub.fleet.health(connection)] == [7]
    assert (intake.rejections(), intake.sent) == ([], [])


def test_candidate_of_a_case_that_the_hub_does_not_hold_is_left_out_and_the_others_are_reviewed(intake: Intake) -> None:
    sighting = intake.unit.sighting((CaseId("bd/c-none"), intake.photo), (intake.case, intake.photo))
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    with intake.hub.database.read() as connection:
        stored = intake.hub.sightings.sighting(connection, sighting.sighting_id)
        (entry,) = entries(connection, sighting.sighting_id)
    assert [(candidate.case, candidate.rank) for candidate in stored.candidates] == [(intake.case, 1)]
    assert (entry.detail["candidates"], entry.detail["dropped"]) == (1, 1)
    assert (intake.verdicts(), intake.rejections(), intake.count("reviews")) == ([Verdict.COMMITTED], [], 1)


def test_face_whose_only_candidate_is_unknown_is_not_kept(intake: Intake) -> None:
    sighting = intake.unit.sighting((intake.case, PhotoId("0" * 16)))
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    assert intake.verdicts() == [Verdict.COMMITTED]
    assert [intake.count(table) for table in ("sightings", "sighting_faces", "reviews")] == [1, 0, 0]


def test_message_that_can_never_be_taken_is_refused_once_for_all_and_its_unit_is_told_each_time(intake: Intake) -> None:
    pair = (intake.case, intake.photo)
    envelope = intake.unit.envelope(intake.unit.sighting(pair, pair).to_bytes())
    for _ in range(3):
        intake.receive(envelope)
    first, *others = intake.receipts()
    assert first == Receipt(digest(envelope), intake.hub.clock(), Verdict.REFUSED)
    assert others == [first, first]
    with intake.hub.database.read() as connection:
        refused = [entry for entry in entries(connection) if entry.action is AuditAction.MESSAGE_REFUSED]
        (state,) = [state for state in intake.hub.fleet.states(connection) if state.unit.id == UNIT]
    assert [(entry.actor, entry.detail) for entry in refused] == [(UNIT, {"number": 1, "reason": "FieldError"})]
    assert (state.delivery.refused, state.delivery.missing_count) == (1, 0)
    assert intake.count("sightings") == 0


def test_message_that_its_unit_did_not_sign_is_refused_without_a_receipt(intake: Intake) -> None:
    envelope = bytearray(intake.unit.envelope(intake.match().to_bytes()))
    envelope[-1] ^= 1
    intake.receive(bytes(envelope))
    assert (intake.sent, intake.count("unit_messages")) == ([], 0)


def test_message_of_a_later_version_stays_with_its_unit_until_the_hub_speaks_it(intake: Intake) -> None:
    later = cbor.encode({"v": 2})
    intake.receive(intake.unit.envelope(pad(later, PADDED_BYTES)))
    intake.receive(intake.unit.envelope(later, MessageType.LOSS), LOSS_TOPIC)
    assert intake.rejections() == [(UNIT, "UnknownVersionError")]
    assert (intake.sent, intake.count("unit_messages")) == ([], 0)


def test_sighting_that_was_erased_here_is_not_taken_in_again_when_it_comes_late(intake: Intake) -> None:
    envelope = intake.unit.envelope(intake.unit.sighting().to_bytes())
    intake.receive(envelope)
    with intake.hub.database.begin() as connection:
        connection.execute(text("DELETE FROM sightings"))
    intake.receive(envelope)
    assert (intake.verdicts(), intake.count("sightings")) == ([Verdict.COMMITTED] * 2, 0)


def loss(*numbers: int) -> bytes:
    moment = Moment(5, 4, 6)
    return Losses(
        tuple(
            LostMessage(number, SightingId(f"{number:032x}"), "7Q2M-FX4K", moment, LossReason.RETENTION)
            for number in numbers
        )
    ).to_bytes()


def test_loss_record_explains_the_numbers_that_never_came_and_is_receipted(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(intake.unit.sighting().to_bytes(), sequence=1))
    envelope = intake.unit.envelope(loss(1, 2, 3), MessageType.LOSS, sequence=5)
    for _ in range(2):
        intake.receive(envelope, LOSS_TOPIC)
    with intake.hub.database.read() as connection:
        lost = [entry for entry in entries(connection) if entry.action is AuditAction.MESSAGE_LOST]
        (state,) = [state for state in intake.hub.fleet.states(connection) if state.unit.id == UNIT]
    # 1 has come: only its receipt was lost. 4 is still on its way.
    assert [(entry.subject, entry.detail["number"]) for entry in lost] == [(f"{2:032x}", 2), (f"{3:032x}", 3)]
    assert (state.delivery.lost, state.delivery.missing) == (2, (range(4, 5),))
    assert intake.verdicts() == [Verdict.COMMITTED] * 3


def test_loss_record_cannot_write_off_messages_that_are_yet_to_come(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(loss(2, 9), MessageType.LOSS, sequence=4), LOSS_TOPIC)
    with intake.hub.database.read() as connection:
        (state,) = [state for state in intake.hub.fleet.states(connection) if state.unit.id == UNIT]
    assert (intake.verdicts(), state.delivery.lost, state.delivery.greatest) == ([Verdict.REFUSED], 0, 4)


def test_message_that_was_called_lost_and_comes_after_all_is_taken(intake: Intake) -> None:
    intake.receive(intake.unit.envelope(loss(1), MessageType.LOSS, sequence=2), LOSS_TOPIC)
    intake.receive(intake.unit.envelope(intake.match().to_bytes(), sequence=1))
    with intake.hub.database.read() as connection:
        (state,) = [state for state in intake.hub.fleet.states(connection) if state.unit.id == UNIT]
    assert (intake.count("reviews"), state.delivery.lost, state.delivery.missing_count) == (1, 0, 0)


def test_last_will_with_anything_in_it_is_refused(intake: Intake) -> None:
    intake.receive(b"offline", unit_topic(UNIT, UnitChannel.PRESENCE))
    assert intake.rejections() == [(UNIT, "FieldError")]


def test_older_health_report_that_is_played_again_is_refused_and_changes_nothing(intake: Intake) -> None:
    old, new = (
        intake.unit.envelope(Health(1, version, 900, 2, 1, bytes(32), "0.1.0").to_bytes(), MessageType.HEALTH)
        for version in (7, 8)
    )
    for envelope in (old, new, old):
        intake.receive(envelope, HEALTH_TOPIC)
    with intake.hub.database.read() as connection:
        assert [health.report.list_version for health in intake.hub.fleet.health(connection)] == [8]
    assert intake.rejections() == [(UNIT, "ReplayedError")]


def test_sighting_that_names_one_case_twice_is_refused(intake: Intake) -> None:
    pair = (intake.case, intake.photo)
    intake.receive(intake.unit.envelope(intake.unit.sighting(pair, pair).to_bytes()))
    assert intake.rejections() == [(UNIT, "FieldError")]


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (Face(FACES.face.crop, b"<script>alert(1)</script>"), "ImageRejectedError"),
        (Face(FACES.face.crop[:-40], FACES.face.portrait), "ImageRejectedError"),
        (Face(FACES.face.portrait, FACES.face.portrait), "FieldError"),
    ],
)
def test_face_that_is_no_picture_never_reaches_a_reviewer(intake: Intake, face: Face, reason: str) -> None:
    intake.receive(intake.unit.envelope(intake.match(face=face).to_bytes()))
    assert intake.count("sightings") == 0
    assert intake.rejections() == [(UNIT, reason)]


def test_refusals_are_all_counted_and_a_flood_of_them_leaves_few_entries(intake: Intake) -> None:
    for _ in range(40):
        intake.receive(b"rubbish")
        intake.receive(b"\x80")
    intake.site.clock.now += HOUR
    intake.receive(b"rubbish")
    with intake.hub.database.read() as connection:
        assert intake.hub.sightings.counts(connection).rejected_messages == 81
    assert len(intake.rejections()) <= 4
    assert intake.count("rejected_messages") <= 4


def test_failed_commit_leaves_nothing_and_the_next_try_succeeds(intake: Intake) -> None:
    envelope = intake.unit.envelope(intake.match().to_bytes())
    with intake.hub.database.begin() as connection:
        for statement in FULL[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    with pytest.raises(Exception, match="no room"):
        intake.receive(envelope)
    assert [intake.count(table) for table in ("sightings", "sighting_faces", "reviews")] == [0, 0, 0]
    assert intake.sent == []
    with intake.hub.database.begin() as connection:
        on_table = " ON reviews" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER full_reviews{on_table}")
    intake.receive(envelope)
    assert len(intake.receipts()) == 1


def test_nothing_of_the_face_or_the_consent_is_readable_on_the_disk(intake: Intake) -> None:
    sighting = intake.match(basis_reference="consent of the uncle")
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    intake.hub.database.close()
    disk = stored_bytes(intake.site.settings.database_url)
    assert sighting.sighting_id.encode() in disk
    for secret in (FACES.face.crop[200:264], FACES.face.portrait[200:264], b"consent of the uncle"):
        assert secret not in disk


def test_stored_face_is_a_picture_that_people_can_look_at(intake: Intake) -> None:
    sighting = intake.match()
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    assert decode_image(intake.hub.sightings.portrait(sighting.sighting_id)).shape == (240, 240, 3)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 2**20), bit=st.integers(0, 7), cut=st.booleans())
def test_no_flipped_bit_or_cut_end_stops_the_hub_or_gets_in(intake: Intake, place: int, bit: int, cut: bool) -> None:
    envelope = bytearray(intake.unit.envelope(intake.match().to_bytes()))
    place %= len(envelope)
    if cut:
        del envelope[place:]
    else:
        envelope[place] ^= 1 << bit
    intake.receive(bytes(envelope))
    assert intake.count("sightings") == 0
    assert intake.sent == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=300))
def test_enrolled_unit_that_sends_nonsense_does_not_stop_the_hub(intake: Intake, payload: bytes) -> None:
    intake.receive(intake.unit.envelope(pad(payload, PADDED_BYTES)))
    intake.receive(intake.unit.envelope(payload))
    intake.receive(intake.unit.envelope(payload, MessageType.HEALTH), HEALTH_TOPIC)
    assert intake.count("sightings") == 0


def test_unknown_sightings_are_told_apart_from_faults(intake: Intake) -> None:
    nobody = SightingId("0" * 32)
    with pytest.raises(UnknownSightingError), intake.hub.database.read() as connection:
        intake.hub.sightings.sighting(connection, nobody)
    for read in (intake.hub.sightings.portrait, intake.hub.sightings.crop):
        with pytest.raises(UnknownSightingError):
            read(nobody)


def test_site_in_a_sighting_is_kept_as_the_unit_says(intake: Intake) -> None:
    sighting = intake.match(site=SiteId("bd/shelter-3"))
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    with intake.hub.database.read() as connection:
        assert intake.hub.sightings.sighting(connection, sighting.sighting_id).site == "bd/shelter-3"


def test_unit_of_another_hub_is_a_stranger(intake: Intake) -> None:
    topic = unit_topic(UnitId("np/birgunj-1"), UnitChannel.SIGHTINGS)
    intake.receive(intake.unit.envelope(intake.match().to_bytes()), topic)
    assert intake.rejections() == [("np/birgunj-1", "WrongTopicError")]
