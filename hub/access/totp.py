"""Codes: those of an authenticator (RFC 6238, as every such app makes them) and those kept on paper for its loss."""

import base64
import hmac
import re
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hub.clock import SECOND

PERIOD: Final = 30  # seconds
RECOVERY_CODES: Final = 10
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
_RECOVERY_BYTES: Final = 10
# The code of the moment, the one before for who types slowly, the one after for a phone whose clock runs ahead.
_STEPS: Final = (0, -1, 1)
_NOT_A_LETTER: Final = re.compile(r"[^A-Z2-7]")


def new_secret(random: Callable[[int], bytes]) -> bytes:
    """160 bits, as RFC 4226 recommends for SHA-1."""
    return random(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret to type by hand: base 32 in groups of four."""
    return _grouped(base64.b32encode(secret).decode("ascii"), " ")


def provisioning_address(secret: bytes, name: str, issuer: str) -> str:
    """What the QR code says: an otpauth:// address that authenticators understand."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def matching_step(secret: bytes, digits: str, at: int) -> int | None:
    """The number of the 30-second step whose code this is, if it is valid at `at` (milliseconds)."""
    totp, now = _totp(secret), at // SECOND // PERIOD
    matching = [
        now + step
        for step in _STEPS
        if hmac.compare_digest(totp.generate((now + step) * PERIOD), digits.encode("ascii"))
    ]
    return matching[0] if matching else None


def parse_digits(text: str) -> str | None:
    """Six digits, of any script and however spaced; None for anything else."""
    typed = "".join(text.split()).replace("-", "")
    if len(typed) != _DIGITS or not typed.isdecimal():
        return None
    return "".join(str(int(digit)) for digit in typed)


def new_paper_code(random: Callable[[int], bytes]) -> str:
    """80 random bits for people to copy by hand: `abcd-efgh-ijkl-mnop`."""
    return _grouped(base64.b32encode(random(_RECOVERY_BYTES)).decode("ascii").lower(), "-")


def plain_paper_code(text: str) -> bytes:
    """What was meant, however it was spaced or capitalised."""
    return _NOT_A_LETTER.sub("", text.upper()).encode("ascii")


def _totp(secret: bytes) -> TOTP:
    # Authenticators know no hash but SHA-1 in common. HMAC does not rest on its resistance to collisions.
    return TOTP(secret, _DIGITS, SHA1(), PERIOD)  # noqa: S303


def _grouped(text: str, separator: str) -> str:
    return separator.join(text[start : start + 4] for start in range(0, len(text), 4))
