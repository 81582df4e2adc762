"""A found child's registration at the unit: nothing without a basis, nothing in plain, nothing lost."""

from datetime import date

import pytest

from edge_agent.bootstrap import Unit, build_found_desk, build_maker
from edge_agent.camera.files import FileCamera
from edge_agent.consent.page import receipt_sentences
from edge_agent.faces.burst import collect_captures
from edge_agent.found.facts import FoundFactsError, record_found
from edge_agent.sightings.outbox import OutboxFullError
from edge_agent.sightings.request import ChildRefusedError, IntakeRequest, record_request
from models.recogniser import Recogniser
from protocol.basis import IncompleteBasisError, Language
from protocol.consent import ConsentRecord, Purpose, open_record
from protocol.consent_receipt import ConsentReceipt
from protocol.envelope import MessageType
from protocol.found import BodyPart, FoundChild, FoundFacts, FoundMark
from protocol.person import AgeBand, Sex
from protocol.sighting import PADDED_BYTES, LegalBasis
from protocol.staff import StaffId
from protocol.topics import UnitChannel
from tests.edge_agent.intakes.desk import opened
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import DECIDED, SITE, UNIT, Site

STAFF = StaffId("ab" * 8)
FACTS = record_found(
    names=[" Mini ", "", "মিনি"],
    languages=["Bangla"],
    marks=[FoundMark(BodyPart.LEFT_ARM, " a  scar ")],
    clothing="red\nfrock",
    place="Petrapole",
    found_on=date(2026, 11, 21),
)


def request() -> IntakeRequest:
    return record_request(
        legal_basis=LegalBasis.BEST_INTERESTS,
        basis_reference="",
        age_band=AgeBand.CHILD,
        sex=Sex.FEMALE,
        facts=DECIDED,
        language=Language.BANGLA,
        found=True,
    )


def register(unit: Unit, recogniser: Recogniser, facts: FoundFacts = FACTS) -> ConsentReceipt:
    consent = build_maker(unit).permit(request())
    capture = collect_captures(FileCamera(SAMPLES / "obama2.jpg", unit.clock.now).frames(), recogniser)[0]
    build_found_desk(unit).register(request(), consent, capture, facts, staff=STAFF)
    return consent.take_away.receipt


def test_registration_waits_sealed_to_the_hub_on_its_own_topic_and_as_long_as_an_intake(
    site: Site, unit: Unit, recogniser: Recogniser
) -> None:
    receipt = register(unit, recogniser)
    assert unit.outbox.channel(1) is UnitChannel.FOUND
    payload = opened(site, unit, 1, MessageType.FOUND).payload
    assert len(payload) == PADDED_BYTES
    found = FoundChild.from_bytes(payload)
    assert (found.reference, found.unit, found.site, found.staff) == (receipt.reference, UNIT, SITE, STAFF)
    assert found.facts == FoundFacts(
        names=("Mini", "মিনি"),
        languages=("Bangla",),
        marks=(FoundMark(BodyPart.LEFT_ARM, "a scar"),),
        clothing="red frock",
        place="Petrapole",
        found_on=date(2026, 11, 21),
    )
    record = open_record(found.consent, lambda _: unit.identity.public)
    assert record.purposes == (Purpose.FIND_FAMILY,)
    assert receipt.found


def test_nothing_of_the_child_is_readable_on_the_disk(site: Site, unit: Unit, recogniser: Recogniser) -> None:
    register(unit, recogniser)
    for path in site.data.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in (b"Mini", "মিনি".encode(), b"red frock", b"\xff\xd8\xff\xe0\x00\x10JFIF", STAFF.encode()):
            assert secret not in content, path


def test_consent_record_is_kept_beside_it(unit: Unit, recogniser: Recogniser) -> None:
    register(unit, recogniser)
    (number,) = unit.intakes.numbers("consents", 10)
    assert unit.intakes.content("consents", number) is not None


def test_receipt_says_what_was_told_of_a_found_child_and_not_of_an_intake(unit: Unit, recogniser: Recogniser) -> None:
    sentences = " ".join(receipt_sentences(register(unit, recogniser)))
    assert "পরিবারকে খুঁজে" in sentences
    assert "নিখোঁজ" not in sentences


def test_guardians_consent_is_no_basis_for_a_child_whose_family_nobody_knows() -> None:
    with pytest.raises(IncompleteBasisError, match="no guardian"):
        record_request(
            legal_basis=LegalBasis.GUARDIAN_CONSENT,
            basis_reference="",
            age_band=AgeBand.CHILD,
            sex=Sex.UNKNOWN,
            found=True,
        )
    with pytest.raises(ChildRefusedError):
        record_request(
            legal_basis=LegalBasis.BEST_INTERESTS,
            basis_reference="",
            age_band=AgeBand.CHILD,
            sex=Sex.UNKNOWN,
            facts=type(DECIDED)(official="A", reason="B", child_agrees=False),
            found=True,
        )


def test_full_outbox_refuses_before_the_camera_opens(site: Site) -> None:
    with site.open() as unit:
        desk = build_found_desk(unit)
        desk.outbox._limit = 1000
        with pytest.raises(OutboxFullError):
            desk.require_room()


@pytest.mark.parametrize(
    "entered",
    [
        {"names": ["x"] * 5},
        {"names": ["x" * 81]},
        {"languages": ["x"] * 7},
        {"marks": [FoundMark(BodyPart.FACE, "x")] * 9},
        {"clothing": "x" * 301},
        {"circumstances": "x" * 601},
        {"place": "a\u202eb"},
    ],
)
def test_facts_that_no_message_could_carry_are_refused(entered: dict[str, object]) -> None:
    with pytest.raises(FoundFactsError):
        record_found(**entered)  # type: ignore[arg-type]


def test_command_registers_and_says_the_reference_alone(site: Site) -> None:
    facts = ["--legal-basis", "best-interests", "--official", "A. Rahman", "--reason", "alone", "--age-band", "4-8"]
    done = site.run(
        "found", "--photo", str(SAMPLES / "obama2.jpg"), *facts, "--name", "Mini", "--found-on", "2026-11-21"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Received. Reference ")
    assert "Mini" not in done.stdout + done.stderr
    assert site.run("found", "--photo", "gone.jpg", "--age-band", "4-8").returncode == 1


def test_record_of_a_found_child_names_more_that_is_taken(unit: Unit) -> None:
    consent = build_maker(unit).permit(request())
    record = open_record(consent.signed, lambda _: unit.identity.public)
    assert b"name-as-the-child-says-it" in record.to_bytes()
    assert ConsentRecord.from_bytes(record.to_bytes()) == record
