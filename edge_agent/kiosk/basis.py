"""The legal basis as it is entered at the screen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_agent.kiosk.languages import marked
from edge_agent.sightings.request import BasisFacts, IntakeRequest, record_request
from protocol.basis import Guardian, Language
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis


class ChildsWord(StrEnum):
    """What the child said beside a guardian's consent. A child who says no ends the intake, and nothing records it."""

    AGREES = "agrees"
    TOO_YOUNG = "too-young"


REASONS: Final = {
    "alone": marked("The child is alone, and no family can be reached"),
    "separated": marked("The child was separated from the family on the way"),
    "danger": marked("Protection (number 3 in the guide)"),
}
"""What an official may give as a reason with one touch. Whoever stands at the screen may read it too."""

_RECORDED: Final = REASONS | {"danger": "The adult with the child may be a danger to the child"}
"""The same as the record has it, in English, for the desk alone."""


@dataclass(frozen=True, slots=True)
class EnteredBasis:
    """One basis, complete or not: `request` says. `reason`: a key of REASONS, or `other_reason` in own words."""

    kind: LegalBasis
    guardian: Guardian | None = None
    childs_word: ChildsWord | None = None
    official: str = ""
    reason: str = ""
    other_reason: str = ""
    authority: str = ""
    reference: str = ""
    keep_template: bool = False

    def request(
        self,
        language: Language,
        assent_from_age: int,
        *,
        age_band: AgeBand | None = None,
        sex: Sex = Sex.UNKNOWN,
        found: bool = False,
    ) -> IntakeRequest:
        """The request that this basis permits. Without an age it is one of whoever the basis may be for.

        Raises IncompleteBasisError, BasisReferenceError or LegalBasisMissingError.
        """
        youngest = AgeBand.INFANT if self.childs_word is ChildsWord.TOO_YOUNG else AgeBand.UNKNOWN
        return record_request(
            legal_basis=self.kind,
            basis_reference=self.reference,
            age_band=age_band or youngest,
            sex=sex,
            facts=BasisFacts(
                self.guardian,
                True if self.childs_word is ChildsWord.AGREES else None,
                self.official,
                self.other_reason or _RECORDED.get(self.reason, ""),
                self.authority,
            ),
            language=language,
            assent_from_age=assent_from_age,
            keep_template=self.keep_template,
            found=found,
        )

    def ages(self, assent_from_age: int) -> tuple[AgeBand, ...]:
        """Which ages a child of this basis may have: one who was not asked is too young for it."""
        if self.childs_word is not ChildsWord.TOO_YOUNG:
            return tuple(AgeBand)
        return tuple(band for band in AgeBand if band.years[1] < assent_from_age)


def asked_from(assent_from_age: int) -> int:
    """From which year of age on a child is asked: ages are recorded in bands, and whoever is in one is asked alike."""
    known = (band.years for band in AgeBand if band is not AgeBand.UNKNOWN)
    return min(first for first, last in known if last >= assent_from_age)
