"""Persons of another service come in wrongly, bring an attack, or leave without anybody's permission."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cases.service import Basis, CaseFile, Description, NewCase, Purpose, Register
from hub.clock import DAY
from hub.exchange import pfif
from hub.exchange.pfif import NAMESPACE
from hub.exchange.service import FileRejectedError, ImportReport, SharingError
from protocol.ids import CaseId, SliceName
from protocol.person import BirthBand, Month, Sex
from protocol.sighting import LegalBasis
from tests.hub.exchange.made_up import VISIBLE, new_cases
from tests.support.cases import add_case, file_with, new_case
from tests.support.desk import Desk

BASIS = Basis(LegalBasis.POLICE_ORDER, "P-1")
NOW = 1_795_341_600_000  # in November 2026
PERSON = """
<pfif:person_record_id>example.org/person.12</pfif:person_record_id>
<pfif:entry_date>2026-09-01T10:00:00Z</pfif:entry_date>
<pfif:source_name>example.org</pfif:source_name>
<pfif:full_name>Rahima Khatun</pfif:full_name>
<pfif:alternate_names>রহিমা খাতুন</pfif:alternate_names>
<pfif:sex>female</pfif:sex>
<pfif:age>9-11</pfif:age>
<pfif:photo_url>https://example.org/photo.jpg</pfif:photo_url>
<pfif:note><pfif:note_record_id>example.org/note.1</pfif:note_record_id><pfif:status>believed_missing</pfif:status>
<pfif:last_known_location>Jashore</pfif:last_known_location><pfif:text>Red frock.</pfif:text></pfif:note>
"""


def document(*people: str, head: str = "") -> bytes:
    inside = "".join(f"<pfif:person>{person}</pfif:person>" for person in people)
    return f'{head}<pfif:pfif xmlns:pfif="{NAMESPACE}">{inside}</pfif:pfif>'.encode()


def take(desk: Desk, data: bytes, *, dry_run: bool = False) -> ImportReport:
    return desk.registers.exchange.import_pfif(data, BASIS, "amina", dry_run=dry_run)


def file_of(desk: Desk, case: CaseId) -> CaseFile:
    with desk.database.read() as connection:
        return desk.registers.cases.reader.file(connection, case)


def test_person_comes_in_wrongly_or_the_photograph_is_fetched(desk: Desk) -> None:
    # Sockets beyond this machine are closed in tests: fetching would fail.
    report = take(desk, document(PERSON))
    assert (report.lines, report.problems, report.photos_not_fetched) == (1, (), 1)
    file = file_of(desk, report.cases[0])
    assert file.summary.register is Register.MISSING
    assert file.summary.reference == "example.org/person.12"
    assert file.description.names == ("Rahima Khatun", "রহিমা খাতুন")
    assert (file.summary.sex, file.description.place) == (Sex.FEMALE, "Jashore")
    assert file.summary.birth == BirthBand(Month(2014, 11), Month(2017, 11))
    assert file.photos == ()


def test_found_person_is_taken_for_a_missing_one(desk: Desk) -> None:
    report = take(desk, document(PERSON.replace("believed_missing", "believed_alive")))
    assert file_of(desk, report.cases[0]).summary.register is Register.FOUND


def test_note_beside_its_person_or_a_later_one_counts_for_nothing(desk: Desk) -> None:
    inside = PERSON.replace("believed_missing", "believed_alive")
    later = """<pfif:note><pfif:person_record_id>example.org/person.12</pfif:person_record_id>
        <pfif:source_date>2026-09-03T10:00:00Z</pfif:source_date><pfif:status>believed_missing</pfif:status>
        <pfif:last_known_location>Bongaon</pfif:last_known_location><pfif:text>Seen there.</pfif:text></pfif:note>"""
    data = document(inside).replace(b"</pfif:pfif>", later.encode() + b"</pfif:pfif>")
    file = file_of(desk, take(desk, data).cases[0])
    assert (file.summary.register, file.description.place) == (Register.MISSING, "Bongaon")
    assert file.description.circumstances == "Red frock.\nSeen there."
    beside = document(PERSON.split("<pfif:note>", maxsplit=1)[0].replace("person.12", "person.13"))
    note = later.replace("person.12", "person.13").replace("believed_missing", "believed_alive")
    taken = take(desk, beside.replace(b"</pfif:pfif>", note.encode() + b"</pfif:pfif>"))
    assert file_of(desk, taken.cases[0]).summary.register is Register.FOUND


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("example.org/person.12", "person12", "person_record_id"),
        ("Rahima Khatun", "", "full_name"),
        (">female<", ">woman<", "sex"),
        (">9-11<", ">ten<", "Neither"),
        ("<pfif:age>9-11</pfif:age>", "<pfif:date_of_birth>2016-02-30</pfif:date_of_birth>", "calendar"),
        ("believed_missing", "lost", "status"),
        ("<pfif:sex>", "<pfif:expiry_date>2026-10-01T00:00:00Z</pfif:expiry_date><pfif:sex>", "expired"),
        ("<pfif:sex>", "<pfif:expiry_date>tomorrow</pfif:expiry_date><pfif:sex>", "expiry_date"),
    ],
)
def test_record_against_the_rules_is_taken_or_the_sound_one_beside_it(
    desk: Desk, old: str, new: str, reason: str
) -> None:
    bad = PERSON.replace(old, new)
    report = take(desk, document(PERSON.replace("person.12", "person.13"), bad))
    assert report.cases == ()
    (problem,) = report.problems
    assert problem.line == 2
    assert reason in problem.reason


@pytest.mark.parametrize(
    "data",
    [
        document(PERSON, head='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'),
        document(PERSON, head='<!DOCTYPE x SYSTEM "https://example.org/x.dtd">'),
        b"<pfif:pfif>",
        b"<persons/>",
        document(),
        b"\xff\xff",
        b'<?xml version="1.0" encoding="utf-99"?><pfif/>',
    ],
)
def test_document_that_attacks_or_is_none_is_read(desk: Desk, data: bytes) -> None:
    with pytest.raises(FileRejectedError):
        take(desk, data)


def test_case_leaves_that_may_not_be_shared(desk: Desk) -> None:
    case = add_case(desk, new_case("GD 1", "Rahima"))
    with desk.database.begin() as connection, pytest.raises(SharingError):
        desk.registers.exchange.export_pfif(connection, [file_of(desk, case)], "amina")


SHARED = frozenset({Purpose.SEARCH, Purpose.SHARING})


@settings(max_examples=80, deadline=None)
@given(new_cases(VISIBLE), st.integers(0, 9))
def test_field_is_lost_on_the_way_out_and_in(case: NewCase, years: int) -> None:
    # Registered years ago: an age is meant as of then.
    then = NOW - years * 365 * DAY
    file = file_with(replace(case, basis=replace(case.basis, purposes=SHARED, until=None)), registered_at=then)
    data = pfif.write([file], "desk.example", NOW)
    (draft,), problems, _ = pfif.read(data, BASIS, SliceName("bd/missing"), NOW)
    assert problems == []
    back, words = draft.case, case.description
    assert (back.register, back.sex, back.last_seen) == (case.register, case.sex, case.last_seen)
    assert back.birth.earliest <= case.birth.earliest
    assert case.birth.latest <= back.birth.latest or case.birth.latest > Month(2026 - years, 11)
    assert back.description.born_on == words.born_on
    assert back.description.names == tuple(" ".join(name.split()) for name in words.names)
    assert back.description.place == words.place
    said = (words.circumstances, words.clothing, *words.languages, *(mark.what for mark in words.marks))
    assert [text for text in said if text not in back.description.circumstances] == []
    for element in fromstring(data).iter():
        required = REQUIRED.get(element.tag.rpartition("}")[2], ())
        assert all(element.findtext(f"{{{NAMESPACE}}}{name}") for name in required)


def test_sign_that_xml_cannot_carry_spoils_the_document(desk: Desk) -> None:
    case = new_case("GD 1", description=Description(("Rah\x01ima\nKhatun", "a\x0bb")))
    file = file_with(replace(case, basis=replace(case.basis, purposes=SHARED)))
    (draft,), _, _ = pfif.read(pfif.write([file], "desk.example", NOW), BASIS, SliceName("bd/missing"), NOW)
    assert draft.case.description.names == ("Rahima Khatun", "a b")


# What the specification asks for.
REQUIRED = {
    "person": ("person_record_id", "source_date", "full_name"),
    "note": ("note_record_id", "author_name", "source_date", "text"),
}


def test_exported_case_does_not_come_back_as_it_was(desk: Desk) -> None:
    shared = Basis(LegalBasis.POLICE_ORDER, purposes=frozenset({Purpose.SEARCH, Purpose.SHARING}))
    case = add_case(desk, new_case("GD 1", "Rahima Khatun", "রহিমা", basis=shared))
    with desk.database.begin() as connection:
        data = desk.registers.exchange.export_pfif(connection, [file_of(desk, case)], "amina")
    person = fromstring(data).find(f"{{{NAMESPACE}}}person")
    assert person is not None
    assert (person.findtext(f"{{{NAMESPACE}}}person_record_id") or "").startswith("desk.example/c-")
    assert person.find(f"{{{NAMESPACE}}}photo_url") is None
    report = take(desk, data)
    assert report.problems == ()
    back = file_of(desk, report.cases[0])
    assert back.description.names == ("Rahima Khatun", "রহিমা")
    assert back.summary.birth.earliest.year == 2014
