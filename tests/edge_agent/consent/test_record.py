"""The consent record of an intake: what it says, who signed it, and where it is afterwards."""

import secrets
from contextlib import nullcontext

import pytest

from credentials.endorsement import AuthorityKey, NotEndorsedError
from edge_agent.bootstrap import Unit, build_pipeline
from edge_agent.camera.files import FileCamera
from edge_agent.consent.recorder import TakeAway
from edge_agent.consent.texts import notice_digest
from edge_agent.consent.wiring import build_recorder
from edge_agent.sightings.request import BasisFacts, record_request
from models.recogniser import Recogniser
from protocol.basis import Assent, Guardian, Language
from protocol.consent import MAX_SIGNED, Purpose, open_record, record_digest, sign_record
from protocol.consent_receipt import read_receipt, withdrawal_of, write_receipt
from protocol.errors import BadSignatureError, MalformedError, UnknownSenderError
from protocol.keys import SigningKey
from protocol.padding import unpad
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis
from tests.edge_agent.intakes.desk import age_all, desk_of, sightings
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import Site, synchronise, take

MOTHER = record_request(
    legal_basis=LegalBasis.GUARDIAN_CONSENT,
    basis_reference="form 12",
    age_band=AgeBand.ADULT,
    sex=Sex.MALE,
    facts=BasisFacts(guardian=Guardian.MOTHER, child_agrees=True),
    language=Language.NEPALI,
)


def take_away(unit: Unit) -> TakeAway:
    """A receipt without an intake."""
    return (
        build_recorder(unit.settings, unit.identity.signing_key, unit.clock.moment)
        .record(MOTHER, "7Q2M-FX4K")
        .take_away
    )


def authority(unit: Unit) -> AuthorityKey:
    return AuthorityKey.read(unit.settings.tls / "ca.crt")


def test_sighting_carries_the_signed_record_of_what_permitted_it(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    synchronise(unit)
    pipeline = build_pipeline(unit, recogniser)
    received = pipeline.take(MOTHER, lambda: nullcontext(FileCamera(SAMPLES / "obama2.jpg", unit.clock.now)))
    (sighting,) = sightings(listed, unit)
    card = unit.identity.public
    record = open_record(sighting.consent, lambda name: card if name == card.name else None)
    assert (record.reference, record.unit, record.site) == (received.reference, unit.settings.unit, unit.settings.site)
    assert (record.basis.kind, record.basis.guardian, record.basis.assent) == (
        LegalBasis.GUARDIAN_CONSENT,
        Guardian.MOTHER,
        Assent.GIVEN,
    )
    assert (record.notice.language, record.notice.digest) == (Language.NEPALI, notice_digest(Language.NEPALI))
    assert record.purposes == (Purpose.COMPARE,)
    assert (record.periods.intake, record.periods.template, record.periods.record) == (30, 0, 365)
    assert record.recorded.earliest <= record.recorded.at <= sighting.captured.at
    receipt = received.receipt.receipt
    assert (receipt.record, receipt.withdrawal) == (record_digest(sighting.consent), record.withdrawal)
    assert receipt.token not in sighting.consent


def test_record_that_somebody_else_signed_or_changed_is_refused(unit: Unit, recogniser: Recogniser) -> None:
    recorder = build_recorder(unit.settings, unit.identity.signing_key, unit.clock.moment)
    signed = recorder.record(MOTHER, "7Q2M-FX4K").signed
    card = unit.identity.public
    record = open_record(signed, lambda _name: card)
    forged = sign_record(record, SigningKey(secrets.token_bytes(32)))
    with pytest.raises(BadSignatureError):
        open_record(forged, lambda _name: card)
    with pytest.raises(UnknownSenderError):
        open_record(signed, lambda _name: None)
    for place in range(0, len(signed), 7):
        changed = bytearray(signed)
        changed[place] ^= 1
        with pytest.raises((BadSignatureError, MalformedError, UnknownSenderError)):
            open_record(bytes(changed), lambda name: card if name == card.name else None)


def test_longest_record_fits_where_it_is_carried(unit: Unit) -> None:
    request = record_request(
        legal_basis=LegalBasis.BEST_INTERESTS,
        basis_reference="আ" * 80,
        age_band=AgeBand.ADULT,
        sex=Sex.MALE,
        facts=BasisFacts(official="আ" * 80, reason="আ" * 200),
    )
    settings = unit.settings.model_copy(update={"controller_contact": "আ" * 120})
    signed = build_recorder(settings, unit.identity.signing_key, unit.clock.moment).record(request, "7Q2M-FX4K").signed
    assert len(signed) <= MAX_SIGNED


def test_record_is_kept_encrypted_in_one_length_and_goes_when_its_time_ends(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    take(unit, recogniser, "biden.jpg")
    take(unit, recogniser, "obama2.jpg")
    with unit.database.reading() as tables:
        lengths = {length for (length,) in tables.execute("SELECT length(sealed) FROM consents")}
        stored = b"".join(bytes(sealed) for (sealed,) in tables.execute("SELECT sealed FROM consents"))
    assert len(lengths) == 1
    assert b"A. Rahman" not in stored
    content = unit.intakes.content("consents", 1)
    assert content is not None
    assert b"A. Rahman" in unpad(content)
    age_all(unit, "consents")
    desk_of(unit).settle(None)
    assert unit.intakes.numbers("consents", 10) == []


def test_receipt_of_another_authority_s_unit_or_with_a_changed_letter_is_not_genuine(unit: Unit) -> None:
    given = take_away(unit)
    trusted = authority(unit).require_endorsed
    assert read_receipt(given.text, trusted) == given.receipt
    pasted = " \n".join(given.text[start : start + 40] for start in range(0, len(given.text), 40))
    assert read_receipt(pasted, trusted) == given.receipt
    for place in range(5, len(given.text), 11):
        letter = "A" if given.text[place] != "A" else "B"
        with pytest.raises((BadSignatureError, MalformedError, NotEndorsedError)):
            read_receipt(given.text[:place] + letter + given.text[place + 1 :], trusted)
    stranger = SigningKey(secrets.token_bytes(32))
    endorsement = build_recorder(unit.settings, stranger, unit.clock.moment).endorsement
    with pytest.raises(NotEndorsedError, match="forged"):
        read_receipt(write_receipt(given.receipt, stranger, endorsement), trusted)


def test_token_is_unguessable_and_in_no_log_or_representation(unit: Unit) -> None:
    first, second = take_away(unit), take_away(unit)
    assert first.receipt.token != second.receipt.token
    assert len(first.receipt.token) == 16
    assert withdrawal_of(first.receipt.token) == first.receipt.withdrawal
    assert first.text not in repr(first)
    assert repr(first.receipt.token) not in repr(first)
