"""A consent record and a receipt as a unit makes them, for sightings that no camera took."""

from dataclasses import replace

from protocol.basis import Assent, Basis, Guardian, Language
from protocol.consent import ConsentRecord, Controller, Notice, Purpose, StoragePeriods, record_digest
from protocol.consent_receipt import ConsentReceipt, withdrawal_of
from protocol.ids import HubId, SiteId, UnitId
from protocol.moment import Moment
from protocol.sighting import LegalBasis

TOKEN = bytes(range(16))
OF_A_KIND = {
    LegalBasis.GUARDIAN_CONSENT: Basis(
        LegalBasis.GUARDIAN_CONSENT, guardian=Guardian.MOTHER, assent=Assent.GIVEN, reference="form 12"
    ),
    LegalBasis.BEST_INTERESTS: Basis(LegalBasis.BEST_INTERESTS, official="A. Rahman", reason="alone at the border"),
    LegalBasis.COURT_ORDER: Basis(LegalBasis.COURT_ORDER, reference="C-7/2026", authority="Court of Jashore"),
    LegalBasis.POLICE_ORDER: Basis(LegalBasis.POLICE_ORDER, reference="P-7/2026", authority="Benapole"),
}


def consent_record(
    unit: UnitId, site: SiteId, reference: str, kind: LegalBasis, recorded: Moment, *, record_id: bytes = bytes(16)
) -> ConsentRecord:
    """The record of an intake in Bangla that keeps no template."""
    return ConsentRecord(
        record_id=record_id,
        reference=reference,
        unit=unit,
        site=site,
        controller=Controller(HubId(unit.partition("/")[0]), "BD", "Desk, telephone 1098"),
        notice=Notice(Language.BANGLA, bytes(32)),
        basis=OF_A_KIND[kind],
        purposes=(Purpose.COMPARE,),
        periods=StoragePeriods(30, 0, 365),
        recorded=recorded,
        withdrawal=withdrawal_of(TOKEN),
    )


def found_record(
    unit: UnitId,
    site: SiteId,
    reference: str,
    recorded: Moment,
    *,
    record_id: bytes = bytes(16),
) -> ConsentRecord:
    """The record of a found child, by an official's decision."""
    record = consent_record(unit, site, reference, LegalBasis.BEST_INTERESTS, recorded, record_id=record_id)
    return replace(record, purposes=(Purpose.FIND_FAMILY,))


def receipt_of(record: ConsentRecord, signed: bytes) -> ConsentReceipt:
    """What the person took away."""
    return ConsentReceipt(
        record_id=record.record_id,
        reference=record.reference,
        unit=record.unit,
        site=record.site,
        basis=record.basis.kind,
        language=record.notice.language,
        periods=record.periods,
        recorded=record.recorded,
        record=record_digest(signed),
        token=TOKEN,
        found=record.of_found_child,
    )
