"""What permits a photograph, with the facts that make it one. An incomplete basis cannot be made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.sighting import LegalBasis

MAX_REFERENCE: Final = 80
MAX_NAME: Final = 80
MAX_REASON: Final = 200

_ORDERS = (LegalBasis.COURT_ORDER, LegalBasis.POLICE_ORDER)


class Language(StrEnum):
    """A language that notices and receipts are written in (BCP 47)."""

    ENGLISH = "en"
    BANGLA = "bn"
    HINDI = "hi"
    NEPALI = "ne"


class Guardian(StrEnum):
    """Who consented for the child. Never a name."""

    MOTHER = "mother"
    FATHER = "father"
    GRANDPARENT = "grandparent"
    RELATIVE = "other-relative"
    APPOINTED = "appointed-guardian"


class Assent(StrEnum):
    """The child's own word beside the guardian's. A child who says no is not photographed: nothing records that."""

    GIVEN = "given"
    TOO_YOUNG = "too-young"


class IncompleteBasisError(FieldError):
    """A legal basis lacks one of its facts, or has one that belongs to another."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis. Only what belongs to its kind may be there, and all of it must be.

    `reference`: number of the form, order or decision; an order must have one. `guardian`, `assent`: of a guardian's
    consent. `official`, `reason`: who decided for an unaccompanied child, and why. `authority`: which court or station.
    """

    kind: LegalBasis
    reference: str = ""
    guardian: Guardian | None = None
    assent: Assent | None = None
    official: str = ""
    reason: str = ""
    authority: str = ""

    def __post_init__(self) -> None:
        consent, decided = self.kind is LegalBasis.GUARDIAN_CONSENT, self.kind is LegalBasis.BEST_INTERESTS
        ordered = self.kind in _ORDERS
        _require("who of the family consented", self.guardian is not None, wanted=consent)
        _require("whether the child agreed", self.assent is not None, wanted=consent)
        _require("the name of the official who decided", bool(self.official), wanted=decided)
        _require("the official's reason", bool(self.reason), wanted=decided)
        _require("which court or police station ordered it", bool(self.authority), wanted=ordered)
        if ordered and not self.reference:
            raise IncompleteBasisError(f"The legal basis {self.kind} needs the number of the order.")

    def to_value(self) -> cbor.Value:
        """The basis's part of a record."""
        return {
            "kind": str(self.kind),
            "reference": self.reference,
            "guardian": None if self.guardian is None else str(self.guardian),
            "assent": None if self.assent is None else str(self.assent),
            "official": self.official,
            "reason": self.reason,
            "authority": self.authority,
        }

    @classmethod
    def read(cls, fields: Fields) -> "Basis":
        """Raises FieldError."""
        return cls(
            kind=fields.choice("kind", LegalBasis),
            reference=fields.text("reference", limit=MAX_REFERENCE),
            guardian=fields.choice("guardian", Guardian) if fields.has("guardian") else None,
            assent=fields.choice("assent", Assent) if fields.has("assent") else None,
            official=fields.text("official", limit=MAX_NAME),
            reason=fields.text("reason", limit=MAX_REASON),
            authority=fields.text("authority", limit=MAX_NAME),
        )


def _require(what: str, present: bool, *, wanted: bool) -> None:
    if present and not wanted:
        raise IncompleteBasisError(f"This legal basis has no place for {what}: leave it out, or choose another basis.")
    if wanted and not present:
        raise IncompleteBasisError(f"The legal basis is incomplete: record {what}. No photograph was taken.")
