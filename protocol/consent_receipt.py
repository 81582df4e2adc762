"""What a person takes away: a small signed receipt of the consent record, as the text of a QR code.

    text        = "MCA1:" ‖ base 32 (RFC 4648, no padding) of CBOR [ receipt: bytes, signature, key, endorsement ]
    signature   = Ed25519(unit, "mca/consent-receipt/1\\0" ‖ receipt)
    key         = the unit's public signing key (32 bytes)
    endorsement = ECDSA-P256-SHA256(authority, "mca/unit-key/1\\0" ‖ CBOR [ unit, key ]), as DER

So whoever has the certificate of the unit's authority can verify it without any network. Its token is the only proof
that a withdrawal needs, and is kept nowhere else.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from protocol import cbor
from protocol.basis import Language
from protocol.consent import RECORD_ID_BYTES, TOKEN_BYTES, StoragePeriods
from protocol.errors import FieldError, MalformedError
from protocol.fields import Fields
from protocol.ids import SiteId, UnitId, parse_site_id, parse_unit_id
from protocol.keys import SIGNATURE_BYTES, SigningKey, VerifyKey
from protocol.moment import Moment
from protocol.sighting import LegalBasis

VERSION: Final = 1
MAX_TEXT: Final = 2048
MAX_ENDORSEMENT: Final = 80

_PREFIX = "MCA1:"
_CONTEXT = b"mca/consent-receipt/1\0"


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """The facts that a person needs later. `record`: SHA-256 of the signed consent record."""

    record_id: bytes
    reference: str
    unit: UnitId
    site: SiteId
    basis: LegalBasis
    language: Language
    periods: StoragePeriods
    recorded: Moment
    record: bytes
    token: bytes = field(repr=False)
    found: bool = False  # the child was registered as found, to look for the family

    @property
    def withdrawal(self) -> bytes:
        """What the consent record says of the token."""
        return withdrawal_of(self.token)

    def to_bytes(self) -> bytes:
        """Deterministic CBOR with short names: it has to fit into a QR code that a telephone reads."""
        return cbor.encode(
            {
                "v": VERSION,
                "id": self.record_id,
                "ref": self.reference,
                "unit": self.unit,
                "site": self.site,
                "basis": str(self.basis),
                "lang": str(self.language),
                "days": self.periods.to_value(),
                "at": self.recorded.to_value(),
                "record": self.record,
                "token": self.token,
                "found": self.found,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConsentReceipt":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_TEXT), kind="consent receipt", version=VERSION)
        return cls(
            record_id=fields.octets("id", size=RECORD_ID_BYTES),
            reference=fields.text("ref", limit=16),
            unit=fields.identifier("unit", parse_unit_id),
            site=fields.identifier("site", parse_site_id),
            basis=fields.choice("basis", LegalBasis),
            language=fields.choice("lang", Language),
            periods=StoragePeriods.read(fields.child("days")),
            recorded=Moment.read(fields.child("at")),
            record=fields.octets("record", size=32),
            token=fields.octets("token", size=TOKEN_BYTES),
            found=fields.boolean("found"),
        )


def withdrawal_of(token: bytes) -> bytes:
    """SHA-256 of a receipt's token: what its record may hold without being able to withdraw."""
    return hashlib.sha256(b"mca/withdrawal/1\0" + token).digest()


def endorsed_bytes(unit: UnitId, key: bytes) -> bytes:
    """What an authority signs, to say that a key is this unit's."""
    return b"mca/unit-key/1\0" + cbor.encode([unit, key])


def write_receipt(receipt: ConsentReceipt, key: SigningKey, endorsement: bytes) -> str:
    """The text of the QR code: upper-case letters and digits, which a QR code holds most closely."""
    data = receipt.to_bytes()
    content = cbor.encode([data, key.sign(_CONTEXT + data), key.public.raw, endorsement])
    return _PREFIX + base64.b32encode(content).decode().rstrip("=")


def read_receipt(text: str, require_endorsed: Callable[[UnitId, bytes, bytes], None]) -> ConsentReceipt:
    """The receipt of a text that its unit has signed. White space in it does not matter.

    `require_endorsed(unit, key, endorsement)` raises where the authority never said that the key is the unit's.
    Raises MalformedError, FieldError, UnknownVersionError, BadSignatureError, or what `require_endorsed` raises.
    """
    data, signature, key, endorsement = _split(_decode(text))
    receipt = ConsentReceipt.from_bytes(data)
    require_endorsed(receipt.unit, key, endorsement)
    VerifyKey(key).verify(_CONTEXT + data, signature)
    return receipt


def _decode(text: str) -> bytes:
    joined = "".join(text.split()).upper()
    if not joined.startswith(_PREFIX):
        raise MalformedError(f"This is not the text of a consent receipt: it begins with {_PREFIX}.")
    if len(joined) > MAX_TEXT:
        raise MalformedError("This is not the text of a consent receipt: it is too long.")
    body = joined.removeprefix(_PREFIX)
    try:
        data = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError as error:
        raise MalformedError(
            "The text of the receipt is not complete: a letter is missing or was read wrongly."
        ) from error
    if base64.b32encode(data).decode().rstrip("=") != body:
        raise MalformedError("The text of the receipt has a last letter that it cannot have.")
    return data


def _split(content: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    match cbor.decode(content, limit=MAX_TEXT):
        case [bytes() as data, bytes() as signature, bytes() as key, bytes() as endorsement]:
            if len(signature) != SIGNATURE_BYTES or len(endorsement) > MAX_ENDORSEMENT:
                raise FieldError("A receipt's signatures have lengths of their own.")
            return data, signature, key, endorsement
        case _:
            raise MalformedError("A consent receipt has four parts.")
