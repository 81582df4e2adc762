"""PINs of a site's staff: Argon2id at a price that a unit can pay and a guesser feels.

A PIN has few digits, so that a verifier alone protects it for hours at most: it is kept encrypted wherever it is kept.
docs/adr/0145-pins-behind-a-vault.md has the reasons and the measurements.
"""

import hmac
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from protocol.staff import DIGEST_BYTES, SALT_BYTES, PinVerifier

LONGEST: Final = 12
"""Digits of a PIN at most."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one check costs. `memory` in kibibytes."""

    memory: int
    passes: int
    lanes: int


PRICE: Final = Price(memory=64 * 1024, passes=3, lanes=1)
"""RFC 9106's second recommended choice, in one lane: a unit has other work beside."""

_NOBODY: Final = PinVerifier(PRICE.memory, PRICE.passes, PRICE.lanes, bytes(SALT_BYTES), bytes(DIGEST_BYTES))


def make_verifier(pin: str, salt: bytes, price: Price = PRICE) -> PinVerifier:
    """What a list holds in the place of a PIN. `salt`: SALT_BYTES random bytes."""
    plain = PinVerifier(price.memory, price.passes, price.lanes, salt, b"")
    return replace(plain, digest=_digest(plain, pin))


def matches(verifier: PinVerifier | None, pin: str) -> bool:
    """Whether it is the PIN; for None, the same work and False. Digits of any script are digits."""
    found = _digest(verifier or _NOBODY, pin[:LONGEST])
    return hmac.compare_digest(found, (verifier or _NOBODY).digest) and verifier is not None


def _digest(verifier: PinVerifier, pin: str) -> bytes:
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in pin)
    return hash_secret_raw(
        digits.encode(),
        verifier.salt,
        time_cost=verifier.passes,
        memory_cost=verifier.memory,
        parallelism=verifier.lanes,
        hash_len=DIGEST_BYTES,
        type=Type.ID,
    )
