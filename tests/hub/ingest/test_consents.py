"""The consent record that a sighting carries: checked before it is taken in, and kept unreadable."""

import secrets
from dataclasses import replace

import pytest

from hub.ingest.service import UnknownSightingError
from protocol.consent import open_record, sign_record
from protocol.ids import SightingId
from protocol.keys import SigningKey
from protocol.moment import Moment
from protocol.receipt import Verdict
from protocol.sighting import LegalBasis, Sighting
from tests.hub.ingest.intake import Intake
from tests.support.consents import consent_record
from tests.support.databases import stored_bytes
from tests.support.hub_site import SITE


def test_record_is_kept_encrypted_and_opens_with_the_unit_s_signature(intake: Intake) -> None:
    sighting = intake.unit.sighting(legal_basis=LegalBasis.BEST_INTERESTS)
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    with intake.hub.database.read() as connection:
        kept = intake.hub.sightings.consent(connection, sighting.sighting_id)
        with pytest.raises(UnknownSightingError):
            intake.hub.sightings.consent(connection, SightingId("0" * 32))
    record = open_record(kept, lambda _name: intake.unit.identity.public)
    assert (record.reference, record.basis.official) == (sighting.reference, "A. Rahman")
    stored = stored_bytes(intake.site.settings.database_url)
    assert b"A. Rahman" not in stored
    assert record.withdrawal not in stored


def with_record_of(intake: Intake, sighting: Sighting, key: SigningKey, reference: str, kind: LegalBasis) -> Sighting:
    record = consent_record(intake.unit.id, SITE, reference, kind, Moment(1, 1, 1))
    return replace(sighting, consent=sign_record(record, key))


def test_sighting_without_its_own_record_signed_by_its_unit_is_refused_for_good(intake: Intake) -> None:
    own = intake.unit.identity.signing_key
    sighting = intake.unit.sighting()
    wrong = [
        with_record_of(intake, sighting, SigningKey(secrets.token_bytes(32)), sighting.reference, sighting.legal_basis),
        with_record_of(intake, sighting, own, "0000-0000", sighting.legal_basis),
        with_record_of(intake, sighting, own, sighting.reference, LegalBasis.COURT_ORDER),
        replace(sighting, consent=b""),
    ]
    for one in wrong:
        intake.receive(intake.unit.envelope(one.to_bytes()))
        assert intake.receipts()[-1].verdict is Verdict.REFUSED
    intake.receive(intake.unit.envelope(sighting.to_bytes()))
    assert intake.receipts()[-1].verdict is Verdict.COMMITTED
