"""Passwords: what makes one acceptable, and Argon2id that does the same work whether a name exists or not."""

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hub.access.errors import PasswordRuleError

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256
# Each computation takes 64 MiB: a flood of sign-ins must not take all the memory of a small server.
_AT_ONCE: Final = 2


class Passwords:
    """Hashes and checks passwords. Safe to share between threads."""

    def __init__(self, hasher: PasswordHasher, unknown: str) -> None:
        """`unknown`: any random text; its hash stands in for that of a name that does not exist."""
        self._hasher = hasher
        self._nobody = hasher.hash(unknown)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """The hash with its parameters and salt."""
        return self._hasher.hash(_normal(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; for None, the same work and False."""
        with self._turns:
            try:
                self._hasher.verify(stored or self._nobody, _normal(password))
            except VerificationError:
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def check_rules(name: str, password: str) -> None:
    """Raises PasswordRuleError."""
    if len(password) < MIN_LENGTH:
        raise PasswordRuleError(
            "A password needs at least {fewest} characters. Four or five words that do not belong together are easy"
            " to remember and hard to guess.",
            fewest=MIN_LENGTH,
        )
    if len(password) > MAX_LENGTH:
        raise PasswordRuleError("A password has at most {most} characters.", most=MAX_LENGTH)
    if name in password.lower():
        raise PasswordRuleError("A password must not contain the name that it belongs to.")
    if len(set(password)) < 5:
        raise PasswordRuleError("A password needs at least five different characters.")


def _normal(password: str) -> str:
    # The same word typed on two keyboards can differ in its code points.
    return unicodedata.normalize("NFKC", password)
