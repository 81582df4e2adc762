"""A hub and a unit whose keys are made from fixed seeds: nothing real was ever sealed to them."""

import hashlib

from protocol.keys import Identity, OpeningKey, PrivateIdentity, SigningKey


def identity(name: str) -> PrivateIdentity:
    """The same keys for the same name, always."""

    def secret(purpose: str, size: int) -> bytes:
        return hashlib.shake_256(f"test {purpose} of {name}".encode()).digest(size)

    return PrivateIdentity(name, SigningKey(secret("signing", 32)), OpeningKey(secret("opening", 96)))


HUB = identity("bd")
UNIT = identity("bd/benapole-1")
STRANGER = identity("bd/stranger")


def find_sender(name: str) -> Identity | None:
    """What the hub's or the unit's register answers."""
    return {person.name: person.public for person in (HUB, UNIT)}.get(name)
