"""Makes the signed record of what permits an intake, and the receipt, before the camera opens. Both in memory alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge_agent.consent.texts import notice_digest
from edge_agent.sightings.request import IntakeRequest
from protocol.consent import (
    RECORD_ID_BYTES,
    TOKEN_BYTES,
    ConsentRecord,
    Controller,
    Notice,
    Purpose,
    StoragePeriods,
    record_digest,
    sign_record,
)
from protocol.consent_receipt import ConsentReceipt, withdrawal_of, write_receipt
from protocol.ids import SiteId, UnitId
from protocol.keys import SigningKey
from protocol.moment import Moment
from protocol.sighting import LegalBasis


@dataclass(frozen=True, slots=True)
class StorageDays:
    """What the unit's settings permit, in days by legal basis. `template`: missing where none is kept."""

    intake: Mapping[LegalBasis, int]
    template: Mapping[LegalBasis, int]
    record: int

    def of(self, kind: LegalBasis, *, keep_template: bool) -> StoragePeriods:
        """For one intake."""
        return StoragePeriods(self.intake[kind], self.template.get(kind, 0) if keep_template else 0, self.record)


@dataclass(frozen=True, slots=True)
class TakeAway:
    """For the person and nobody else: who has it can withdraw. `text`: what the QR code says."""

    receipt: ConsentReceipt
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A signed consent record, and its receipt."""

    signed: bytes
    take_away: TakeAway


@dataclass(frozen=True, slots=True, eq=False)
class ConsentRecorder:
    """Records for one unit. `endorsement`: the authority's word on its key; `entropy(n)` gives n random bytes."""

    unit: UnitId
    site: SiteId
    controller: Controller
    days: StorageDays
    key: SigningKey
    endorsement: bytes
    moment: Callable[[], Moment]
    entropy: Callable[[int], bytes]

    def record(self, request: IntakeRequest, reference: str) -> Recorded:
        """The record and receipt of an intake whose desk has permitted it."""
        token = self.entropy(TOKEN_BYTES)
        periods = self.days.of(request.basis.kind, keep_template=request.keep_template)
        record = ConsentRecord(
            record_id=self.entropy(RECORD_ID_BYTES),
            reference=reference,
            unit=self.unit,
            site=self.site,
            controller=self.controller,
            notice=Notice(request.language, notice_digest(request.language, found=request.found)),
            basis=request.basis,
            purposes=_purposes(request, periods),
            periods=periods,
            recorded=self.moment(),
            withdrawal=withdrawal_of(token),
        )
        signed = sign_record(record, self.key)
        return Recorded(signed, self._take_away(record, record_digest(signed), token))

    def _take_away(self, record: ConsentRecord, digest: bytes, token: bytes) -> TakeAway:
        receipt = ConsentReceipt(
            record_id=record.record_id,
            reference=record.reference,
            unit=record.unit,
            site=record.site,
            basis=record.basis.kind,
            language=record.notice.language,
            periods=record.periods,
            recorded=record.recorded,
            record=digest,
            token=token,
            found=record.of_found_child,
        )
        return TakeAway(receipt, write_receipt(receipt, self.key, self.endorsement))


def _purposes(request: IntakeRequest, periods: StoragePeriods) -> tuple[Purpose, ...]:
    if request.found:
        return (Purpose.FIND_FAMILY,)
    return (Purpose.COMPARE, Purpose.SEARCH_AGAIN) if periods.template else (Purpose.COMPARE,)
