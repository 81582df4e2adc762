"""What staff record before a photograph is taken. Without a complete legal basis there is no intake."""

from dataclasses import dataclass
from typing import Final

from faults import RejectedError
from protocol.basis import MAX_NAME, MAX_REASON, MAX_REFERENCE, Assent, Basis, Guardian, IncompleteBasisError, Language
from protocol.lines import is_line
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

ASSENT_FROM_AGE: Final = 6
"""From this age on a child is asked too (docs/adr/0150-what-a-legal-basis-needs.md)."""


class LegalBasisMissingError(RejectedError):
    """Nothing permits a photograph."""


class BasisReferenceError(RejectedError):
    """A name, number or reason of the legal basis cannot be recorded as it is."""


class ChildRefusedError(RejectedError):
    """The child said no."""


@dataclass(frozen=True, slots=True)
class BasisFacts:
    """What staff were told; which of it is needed depends on the kind of basis. `child_agrees`: None: not asked."""

    guardian: Guardian | None = None
    child_agrees: bool | None = None
    official: str = ""
    reason: str = ""
    authority: str = ""


NO_FACTS: Final = BasisFacts()


@dataclass(frozen=True, slots=True)
class IntakeRequest:
    """One arrival, as staff record it."""

    basis: Basis
    age_band: AgeBand
    sex: Sex
    language: Language = Language.ENGLISH  # in which the person was told, and reads the receipt
    keep_template: bool = False  # whether the legal basis permits to keep the template, to search again later
    found: bool = False  # a found child is registered, to look for the family, instead of an intake


def record_request(
    *,
    legal_basis: LegalBasis | None,
    basis_reference: str,
    age_band: AgeBand,
    sex: Sex,
    facts: BasisFacts = NO_FACTS,
    language: Language = Language.ENGLISH,
    assent_from_age: int = ASSENT_FROM_AGE,
    keep_template: bool = False,
    found: bool = False,
) -> IntakeRequest:
    """The request, if a photograph may be taken. `found`: to register a found child, who has no guardian here.

    Raises LegalBasisMissingError, IncompleteBasisError, ChildRefusedError or BasisReferenceError.
    """
    if legal_basis is None:
        raise LegalBasisMissingError(
            "No photograph without a legal basis. Give --legal-basis with one of: " + ", ".join(LegalBasis) + "."
        )
    if found and legal_basis is LegalBasis.GUARDIAN_CONSENT:
        raise IncompleteBasisError(
            "A found child whose family nobody knows has no guardian who could consent. Choose another legal basis, or "
            "take an intake. No photograph was taken."
        )
    basis = Basis(
        kind=legal_basis,
        reference=_line(basis_reference, MAX_REFERENCE, "The reference of the legal basis"),
        guardian=facts.guardian,
        assent=_assent(legal_basis, facts.child_agrees, age_band, assent_from_age),
        official=_line(facts.official, MAX_NAME, "The official's name"),
        reason=_line(facts.reason, MAX_REASON, "The official's reason"),
        authority=_line(facts.authority, MAX_NAME, "The name of the court or police station"),
    )
    return IntakeRequest(basis, age_band, sex, language, keep_template and not found, found)


def _assent(legal_basis: LegalBasis, agrees: bool | None, age_band: AgeBand, from_age: int) -> Assent | None:
    """The child's word, which is needed wherever the child may be as old as `from_age`."""
    if agrees is False:
        raise ChildRefusedError("The child said no. No photograph was taken and nothing was kept.")
    if legal_basis is not LegalBasis.GUARDIAN_CONSENT:
        if agrees:
            raise IncompleteBasisError("The child's assent belongs to a guardian's consent: leave it out.")
        return None
    if agrees:
        return Assent.GIVEN
    _, oldest = age_band.years
    if oldest >= from_age:
        raise IncompleteBasisError(
            f"A child of {from_age} years or more is asked too: record whether the child agreed. "
            "No photograph was taken."
        )
    return Assent.TOO_YOUNG


def _line(text: str, limit: int, what: str) -> str:
    line = text.strip()
    if len(line) > limit or not is_line(line):
        raise BasisReferenceError(f"{what} is one line of at most {limit} characters.")
    return line
