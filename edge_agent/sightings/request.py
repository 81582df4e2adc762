"""What staff record before a photograph is taken. Without a legal basis there is no intake."""

from dataclasses import dataclass
from typing import Final

from faults import RejectedError
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

MAX_BASIS_REFERENCE: Final = 80


class LegalBasisMissingError(RejectedError):
    """Nothing permits a photograph."""


class BasisReferenceError(RejectedError):
    """The number of the form, order or decision cannot be recorded as it is."""


@dataclass(frozen=True, slots=True)
class IntakeRequest:
    """One arrival, as staff record it."""

    legal_basis: LegalBasis
    basis_reference: str  # the number of the form, order or decision
    age_band: AgeBand
    sex: Sex
    keep_template: bool = False  # whether the legal basis permits to keep the template, to search again later


def record_request(
    *,
    legal_basis: LegalBasis | None,
    basis_reference: str,
    age_band: AgeBand,
    sex: Sex,
    keep_template: bool = False,
) -> IntakeRequest:
    """The request, if a photograph may be taken. Raises LegalBasisMissingError or BasisReferenceError."""
    if legal_basis is None:
        raise LegalBasisMissingError(
            "No photograph without a legal basis. Give --legal-basis with one of: " + ", ".join(LegalBasis) + "."
        )
    reference = basis_reference.strip()
    if len(reference) > MAX_BASIS_REFERENCE or not reference.isprintable():
        raise BasisReferenceError(
            f"The reference of the legal basis is one line of at most {MAX_BASIS_REFERENCE} characters: "
            "the number of the form, order or decision."
        )
    return IntakeRequest(legal_basis, reference, age_band, sex, keep_template)
