"""Taking consent back: by the token on the receipt, which proves all that a withdrawal needs, and nothing else does.

    code = "MCAW-" ‖ base 32 of token(16) ‖ check(4), in eight groups of four
    check = the first 4 bytes of SHA-256("mca/withdrawal-code/1\\0" ‖ token)

Where a QR code cannot be read, the code of 32 letters can be typed; a slip of the finger is noticed.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from faults import RejectedError
from protocol import cbor
from protocol.consent import TOKEN_BYTES
from protocol.consent_receipt import read_receipt
from protocol.erasure import MAX_RECORD
from protocol.errors import FieldError, MalformedError
from protocol.fields import Fields
from protocol.padding import pad, unpad
from protocol.staff import StaffId, parse_staff_id

VERSION: Final = 1
PADDED_BYTES: Final = 2048

_PREFIX: Final = "MCAW"
_CHECK_BYTES: Final = 4
_LETTERS: Final = 32
_GROUP: Final = 4
_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015]+")
# Base 32 has no 0, 1 or 8: whoever reads them from paper means the letters that look like them.
_LOOKALIKES: Final = str.maketrans("018", "OIB")


class WithdrawalCodeError(MalformedError):
    """What was typed or scanned is neither a receipt nor its code."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a unit tells its hub. `token`: of a receipt that was shown here; None: it answers an order of the hub.

    `record`: the unit's own signed word on what it has removed. `staff`: who took the receipt; None where nobody was
    signed in, as for a technician's command, and in every answer to an order.
    """

    record: bytes
    token: bytes | None = field(default=None, repr=False)
    staff: StaffId | None = None

    def __post_init__(self) -> None:
        if self.staff is not None and self.token is None:
            raise FieldError("Nobody of a site's staff answers an order of the hub.")

    def to_bytes(self) -> bytes:
        """PADDED_BYTES bytes, whatever was removed."""
        value: cbor.Value = {"v": VERSION, "token": self.token, "staff": self.staff, "record": self.record}
        return pad(cbor.encode(value), PADDED_BYTES)

    @classmethod
    def from_bytes(cls, padded: bytes) -> "Withdrawal":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        if len(padded) != PADDED_BYTES:
            raise FieldError(f"A withdrawal is padded to {PADDED_BYTES} bytes.")
        fields = Fields(cbor.decode(unpad(padded), limit=PADDED_BYTES), kind="withdrawal", version=VERSION)
        token = fields.octets("token", size=TOKEN_BYTES) if fields.has("token") else None
        staff = fields.identifier("staff", parse_staff_id) if fields.has("staff") else None
        return cls(fields.octets("record", limit=MAX_RECORD), token, staff)


def withdrawal_code(token: bytes) -> str:
    """The token as people read and type it."""
    letters = base64.b32encode(token + _check(token)).decode()
    groups = [letters[start : start + _GROUP] for start in range(0, _LETTERS, _GROUP)]
    return "-".join([_PREFIX, *groups])


def read_token(text: str) -> bytes:
    """The token of a whole receipt or of its code, as scanned or typed.

    Who made the receipt does not matter here: nobody can guess a token, and a false one fits no record.
    Raises WithdrawalCodeError.
    """
    if "".join(text.split()).upper().startswith("MCA1:"):
        try:
            return read_receipt(text, lambda _unit, _key, _endorsement: None).token
        except RejectedError as error:
            raise WithdrawalCodeError(f"The receipt cannot be read. {error} Scan it again.") from error
    letters = _SEPARATORS.sub("", text).upper()
    letters = letters.removeprefix(_PREFIX).translate(_LOOKALIKES)
    try:
        data = base64.b32decode(letters)
    except ValueError:  # Not only binascii's own: letters of another script too.
        data = b""
    token, check = data[:TOKEN_BYTES], data[TOKEN_BYTES:]
    if len(data) != TOKEN_BYTES + _CHECK_BYTES or check != _check(token):
        raise WithdrawalCodeError(
            "This is not the code of a receipt: it begins with MCAW and has eight groups of four. Compare each group "
            "with the paper."
        )
    return token


def _check(token: bytes) -> bytes:
    return hashlib.sha256(b"mca/withdrawal-code/1\0" + token).digest()[:_CHECK_BYTES]
