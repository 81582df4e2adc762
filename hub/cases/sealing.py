"""Where each encrypted column of a case lies, for the vault, and the keyed hashes by which cases are found."""

import re
from collections.abc import Iterable
from typing import Final

from hub.atrest import Vault
from hub.names.folding import Sound, joined_sounds, sounds
from protocol.ids import CaseId

_TERM_BYTES: Final = 16


def photo_place(photo: str, column: str, pack_digest: bytes = b"") -> str:
    """Where a column of a photograph is."""
    return f"case_photos/{column}/{photo}/{pack_digest.hex()}"


def case_place(case: CaseId, column: str) -> str:
    """Where a column of a case is."""
    return f"cases/{column}/{case}"


def reference_key(reference: str, station: str) -> str:
    """What is one case's alone: the police give a number once at each station."""
    return _same(reference) if not station.strip() else f"{_same(reference)}\0{_same(station)}"


def reference_index(vault: Vault, reference: str, station: str) -> bytes:
    """The hash of a `reference_key`."""
    return vault.index(reference_key(reference, station).encode(), "cases/reference")


def number_index(vault: Vault, reference: str) -> bytes:
    """What two stations' reports of one child may have in common: the reference without spaces and signs."""
    return vault.index(re.sub(r"[\W_]", "", reference.casefold()).encode(), "cases/number")


def terms_of(vault: Vault, names: Iterable[str]) -> set[bytes]:
    """What a case is found by: each word of its names, as it sounds, and each two neighbours written as one."""
    given = list(names)
    found = {sound for name in given for sound in sounds(name)}
    far = {sound.far for sound in found} | {sound.far for name in given for sound in joined_sounds(name)}
    return {close_term(vault, sound) for sound in found} | {far_term(vault, one) for one in far}


def close_term(vault: Vault, sound: Sound) -> bytes:
    """The hash that the spellings of one name share, 16 bytes."""
    return vault.index(sound.close.encode(), "case_names/close")[:_TERM_BYTES]


def far_term(vault: Vault, far: str) -> bytes:
    """The hash that names of the same consonants share, 16 bytes; `far`: as a Sound has it."""
    return vault.index(far.encode(), "case_names/far")[:_TERM_BYTES]


def _same(text: str) -> str:
    return " ".join(text.casefold().split())
