"""A person's phone: an authenticator app that has read a secret, with a clock that can be moved."""

import base64
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP


class Authenticator:
    """Shows codes for a secret as it is printed: base 32, in groups."""

    def __init__(self, secret: str, clock: Callable[[], int]) -> None:
        """`clock` in milliseconds since 1970 UTC."""
        self._totp = TOTP(base64.b32decode(secret.replace(" ", "")), 6, SHA1(), 30)
        self._clock = clock

    def code(self, seconds: int = 0) -> str:
        """The code of now, or of that many seconds later."""
        return self._totp.generate(self._clock() // 1000 + seconds).decode("ascii")
