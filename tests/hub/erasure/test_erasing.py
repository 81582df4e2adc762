"""A child's face, template or name stays somewhere after the case has ended, and nobody is told where."""

from datetime import date
from pathlib import Path

import pytest

from hub.audit.service import AuditAction, entries
from hub.cases.service import Basis, CaseState, GivenPhoto, Reason, Register, TransitionError, UnknownCaseError
from hub.clock import DAY, MINUTE
from hub.erasure.service import Erasure
from hub.exchange.service import Recipient
from protocol.health import Health
from protocol.ids import CaseId
from protocol.sighting import LegalBasis
from tests.support.cases import add_case, new_case
from tests.support.databases import stored_bytes
from tests.support.desk import Desk
from tests.support.hub_site import PHOTO, SLICE, UNIT, HubSite
from tests.support.hub_site import new_case as site_case
from tests.support.registers import retention_of


def erase(desk: Desk, case: CaseId, reason: Reason = Reason.FAMILY_ASKED, note: str = "") -> Erasure:
    with desk.database.begin() as connection:
        return desk.registers.erasure.erase(connection, case, reason, note=note, actor="amina")


def close(desk: Desk, case: CaseId, reason: Reason = Reason.REUNITED) -> Erasure:
    with desk.database.begin() as connection:
        return desk.registers.erasure.close(connection, case, reason, note="with the aunt", actor="amina")


def records(desk: Desk, case: CaseId) -> list[Erasure]:
    with desk.database.read() as connection:
        return desk.registers.erasure.of_case(connection, case)


def outstanding(record: Erasure) -> set[str]:
    return {place.place for place in record.places if place.done_at is None}


def sealed_columns(desk: Desk, case: CaseId) -> list[bytes]:
    """Every encrypted thing of a case as it lies in the database."""
    found: list[bytes] = []
    with desk.database.read() as connection:
        for query in (
            "SELECT sealed_reference, sealed_description, reference_index, number_index FROM cases WHERE id = :case",
            "SELECT sealed_original, sealed_portrait FROM case_photos WHERE case_id = :case",
            "SELECT sealed_vector FROM case_templates, case_photos WHERE id = photo_id AND case_id = :case",
            "SELECT term FROM case_names WHERE case_id = :case",
        ):
            rows = connection.exec_driver_sql(query.replace(":case", f"'{case}'")).all()
            found += [bytes(value) for row in rows for value in row]
    return found


def test_deleted_bytes_stay_in_the_files_of_the_database(desk: Desk) -> None:
    case = add_case(desk, new_case("GD 4711/2026", "Rahima Khatun"), "obama.jpg")
    # A column's first or last piece, for the other may lie across the end of a page of the file.
    secrets = [(column[:32], column[-32:]) for column in sealed_columns(desk, case)]
    assert len(secrets) > 8
    before = stored_bytes(desk.database_url)
    assert all(first in before or last in before for first, last in secrets)
    record = erase(desk, case, note="the family's letter of today")
    assert outstanding(record) == {"database files", "backups"}
    assert desk.registers.erasure.follow_up() == 1
    assert outstanding(records(desk, case)[0]) == {"backups"}
    after = stored_bytes(desk.database_url)
    assert [piece for pieces in secrets for piece in pieces if piece in after] == []


def test_backups_are_forgotten_or_outstanding_for_ever(desk: Desk) -> None:
    case = add_case(desk, new_case(), "obama.jpg")
    erase(desk, case)
    desk.clock.now += 89 * DAY
    assert desk.registers.erasure.follow_up() == 1
    desk.clock.now += 2 * DAY
    assert desk.registers.erasure.follow_up() == 0
    (record,) = records(desk, case)
    assert record.completed_at == desk.clock.now
    assert desk.actions()[-1] is AuditAction.CASE_ERASURE_COMPLETED
    assert desk.registers.erasure.follow_up() == 0


def test_tombstone_says_something_of_the_child(desk: Desk) -> None:
    case = add_case(desk, new_case("GD 1", "Rahima Khatun"), "obama.jpg")
    record = erase(desk, case)
    assert {place.place: place.count for place in record.places}["photographs"] == 1
    with desk.database.read() as connection:
        file = desk.registers.cases.reader.file(connection, case)
        trail = entries(connection, case)
    assert (file.summary.state, file.summary.reference, file.description.names) == (CaseState.ERASED, "erased", ())
    assert file.photos == ()
    assert (file.summary.birth.earliest.month, file.summary.birth.latest.month) == (1, 12)
    assert [event.note for event in file.events] == ["", ""]
    assert trail[-1].action is AuditAction.CASE_ERASED
    assert "Rahima" not in str(trail)


def test_closed_case_keeps_a_face_or_loses_its_record_too_early(desk: Desk) -> None:
    case = add_case(desk, new_case("GD 1", "Rahima Khatun"), "obama.jpg")
    with desk.database.read() as connection:
        (photo,) = desk.registers.cases.summary(connection, case).photos
    close(desk, case)
    with pytest.raises(UnknownCaseError):
        desk.registers.cases.portrait(case, photo)
    worker = retention_of(desk)
    desk.clock.now += 364 * DAY
    worker.work()
    with desk.database.read() as connection:
        file = desk.registers.cases.reader.file(connection, case)
    assert (file.summary.state, file.description.names) == (CaseState.CLOSED, ("Rahima Khatun",))
    assert [(event.actor, event.reason, event.note) for event in file.events][-1] == (
        "amina",
        Reason.REUNITED,
        "with the aunt",
    )
    desk.clock.now += 2 * DAY
    worker.work()
    with desk.database.read() as connection:
        assert desk.registers.cases.summary(connection, case).state is CaseState.ERASED
    assert [record.reason for record in records(desk, case)] == [Reason.REUNITED, Reason.RECORD_EXPIRED]


def test_case_that_nobody_renews_is_kept_for_ever(desk: Desk) -> None:
    missing = add_case(desk, new_case("GD 1"), "obama.jpg")
    found = add_case(desk, new_case("S 1", register=Register.FOUND), "collins.png")
    worker = retention_of(desk)
    desk.clock.now += 729 * DAY
    worker.work()
    assert records(desk, found) == []
    desk.clock.now += 2 * DAY
    worker.work()
    (record,) = records(desk, found)
    assert (record.state, record.reason, record.actor) == (CaseState.EXPIRED, Reason.NOT_RENEWED, "bd")
    assert records(desk, missing) == []


def test_face_outlives_the_consent_to_it(desk: Desk) -> None:
    basis = Basis(LegalBasis.GUARDIAN_CONSENT, "C-1", until=date(2026, 12, 1))
    case = add_case(desk, new_case("GD 1", basis=basis), "obama.jpg")
    desk.clock.now += 9 * DAY  # 1 December: the consent's last day
    retention_of(desk).work()
    assert records(desk, case) == []
    desk.clock.now += DAY
    retention_of(desk).work()
    (record,) = records(desk, case)
    assert record.reason is Reason.CONSENT_ENDED


def test_case_that_was_merged_into_an_erased_one_goes_on(desk: Desk) -> None:
    first, second = add_case(desk, new_case("GD 1", "Rahima"), "obama.jpg"), add_case(desk, new_case("GD 2", "Rohima"))
    with desk.database.begin() as connection:
        desk.registers.cases.duplicates.merge(connection, second, first, note="", actor="amina", at=desk.clock())
    erase(desk, first)
    with desk.database.read() as connection:
        for case in (first, second):
            assert desk.registers.cases.summary(connection, case).state is CaseState.ERASED
            assert desk.registers.cases.reader.file(connection, case).description.names == ()


def test_erased_case_comes_back(desk: Desk) -> None:
    case = add_case(desk, new_case(), "obama.jpg")
    erase(desk, case)
    with desk.database.begin() as connection, pytest.raises(TransitionError):
        desk.registers.cases.changes.search_again(connection, case, "", "amina", desk.clock())
    with pytest.raises(TransitionError):
        close(desk, case)


def test_copies_that_were_handed_out_are_forgotten(desk: Desk) -> None:
    case = add_case(desk, new_case(), "obama.jpg")
    exchange = desk.registers.exchange
    with desk.database.begin() as connection:
        file = desk.registers.cases.reader.file(connection, case)
        exchange.dossier(connection, file, Recipient.FAMILY, exchange.new_passphrase(), "amina")
    assert {place.place: place.count for place in erase(desk, case).places}["copies handed out"] == 1


def test_case_leaves_a_list_or_a_unit_unnoticed(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    with site.services() as hub:
        case = hub.cases.register(site_case(), [GivenPhoto(PHOTO.read_bytes())], "tester")
        hub.watchlist.publish("test")
        with hub.database.begin() as connection:
            hub.erasure.erase(connection, case, Reason.COURT_ORDER, note="", actor="tester")
        hub.erasure.follow_up()
        with hub.database.read() as connection:
            (record,) = hub.erasure.of_case(connection, case)
        assert {"watchlist", f"unit {UNIT}"} <= outstanding(record)
        published = hub.watchlist.publish("test")
        site.clock.now += 11 * MINUTE
        hub.watchlist.renew()
        hub.erasure.follow_up()
        with hub.database.read() as connection:
            (record,) = hub.erasure.of_case(connection, case)
            assert hub.cases.listed_entries(connection, SLICE) == []
        assert "watchlist" not in outstanding(record)
        assert f"unit {UNIT}" in outstanding(record)
        assert record.list_version is not None
        assert record.list_version <= published.list_version
        health = Health(hub.clock(), published.list_version, hub.clock(), 0, 0, b"\1" * 32, "0.1.0")
        with hub.database.begin() as connection:
            hub.fleet.take_health(connection, UNIT, 1, health)
        hub.erasure.follow_up()
        with hub.database.read() as connection:
            assert f"unit {UNIT}" not in outstanding(hub.erasure.of_case(connection, case)[0])
