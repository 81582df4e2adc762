"""The words of notices and receipts, from one catalogue for each language."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from protocol.basis import Language
from protocol.consent import StoragePeriods
from protocol.sighting import LegalBasis

NOTICE: Final = ("title", "purpose", "kept", "device", "again", "seen", "refusal", "withdrawal")
FOUND: Final = ("title", "purpose", "kept", "device", "seen", "refusal", "withdrawal")
"""The sentences before a found child is registered."""

RECEIPT: Final = ("title", "reference", "site", "unit", "recorded", "uncertain", "basis", "code", "record", "care")


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's sentences by their names: NOTICE, FOUND, RECEIPT, and the legal bases. Periods stand in braces."""

    language: Language
    notice: dict[str, str]
    found: dict[str, str]
    receipt: dict[str, str]
    basis: dict[LegalBasis, str]

    def told(self, periods: StoragePeriods, *, found: bool = False) -> list[str]:
        """What a person is told before an intake, and reads on the receipt, in plain sentences; without the title.

        `found`: before a found child is registered.
        """
        if found:
            return [self.found[name].format(intake=periods.intake) for name in FOUND[1:]]
        names = [name for name in NOTICE[1:] if name != "again" or periods.template]
        return [self.notice[name].format(intake=periods.intake, template=periods.template) for name in names]


@cache
def texts(language: Language) -> Texts:
    """A language's catalogue, which is a part of the program."""
    catalogue = tomllib.loads(_source(language).decode())
    return Texts(
        language=language,
        notice={name: catalogue["notice"][name] for name in NOTICE},
        found={name: catalogue["found"][name] for name in FOUND},
        receipt={name: catalogue["receipt"][name] for name in RECEIPT},
        basis={kind: catalogue["basis"][kind] for kind in LegalBasis},
    )


def notice_digest(language: Language, *, found: bool = False) -> bytes:
    """SHA-256 of the sentences of a notice, one a line, their periods still in braces: what a record says was told."""
    words = texts(language)
    told = words.found.values() if found else words.notice.values()
    return hashlib.sha256("\n".join(told).encode()).digest()


def _source(language: Language) -> bytes:
    return files("edge_agent.consent").joinpath("catalogues", f"{language}.toml").read_bytes()
