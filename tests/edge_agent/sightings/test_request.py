"""What staff must record before the camera opens, by kind of legal basis."""

import pytest

from edge_agent.sightings.request import (
    NO_FACTS,
    BasisFacts,
    BasisReferenceError,
    ChildRefusedError,
    IntakeRequest,
    LegalBasisMissingError,
    record_request,
)
from protocol.basis import Assent, Guardian, IncompleteBasisError
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

COURT = BasisFacts(authority="Court of Jashore")
DECIDED = BasisFacts(official="A. Rahman", reason="alone at the border")


def request(
    kind: LegalBasis | None, facts: BasisFacts = NO_FACTS, *, reference: str = "F-12", age: AgeBand = AgeBand.CHILD
) -> IntakeRequest:
    return record_request(legal_basis=kind, basis_reference=reference, age_band=age, sex=Sex.FEMALE, facts=facts)


def test_no_request_without_a_legal_basis() -> None:
    with pytest.raises(LegalBasisMissingError, match="court-order"):
        request(None)


@pytest.mark.parametrize("text", ["x" * 81, "F-12\nF-13", "F\x00"])
def test_reference_that_could_not_be_read_back_is_refused(text: str) -> None:
    with pytest.raises(BasisReferenceError):
        request(LegalBasis.COURT_ORDER, COURT, reference=text)
    with pytest.raises(BasisReferenceError):
        request(LegalBasis.COURT_ORDER, BasisFacts(authority=text))


def test_reference_in_any_script_is_kept() -> None:
    assert request(LegalBasis.COURT_ORDER, COURT, reference=" আদেশ ১২ ").basis.reference == "আদেশ ১২"


@pytest.mark.parametrize(
    ("kind", "facts", "missing"),
    [
        (LegalBasis.GUARDIAN_CONSENT, BasisFacts(child_agrees=True), "who of the family"),
        (LegalBasis.GUARDIAN_CONSENT, BasisFacts(guardian=Guardian.MOTHER), "whether the child agreed"),
        (LegalBasis.BEST_INTERESTS, BasisFacts(reason="alone"), "name of the official"),
        (LegalBasis.BEST_INTERESTS, BasisFacts(official="A. Rahman"), "official's reason"),
        (LegalBasis.BEST_INTERESTS, BasisFacts(official="  ", reason="alone"), "name of the official"),
        (LegalBasis.COURT_ORDER, NO_FACTS, "which court"),
        (LegalBasis.POLICE_ORDER, NO_FACTS, "which court or police station"),
    ],
)
def test_basis_that_lacks_a_fact_permits_nothing(kind: LegalBasis, facts: BasisFacts, missing: str) -> None:
    with pytest.raises(IncompleteBasisError, match=missing):
        request(kind, facts)


@pytest.mark.parametrize("kind", [LegalBasis.COURT_ORDER, LegalBasis.POLICE_ORDER])
def test_order_without_its_number_permits_nothing(kind: LegalBasis) -> None:
    with pytest.raises(IncompleteBasisError, match="number of the order"):
        request(kind, COURT, reference=" ")


def test_fact_of_another_basis_is_no_longer_recorded_beside_it() -> None:
    with pytest.raises(IncompleteBasisError, match="no place for"):
        request(LegalBasis.COURT_ORDER, BasisFacts(authority="Court", official="A. Rahman"))
    with pytest.raises(IncompleteBasisError, match="belongs to a guardian"):
        request(LegalBasis.BEST_INTERESTS, BasisFacts(official="A", reason="alone", child_agrees=True))


def test_child_who_says_no_is_not_photographed_whatever_the_basis() -> None:
    for kind, facts in (
        (LegalBasis.GUARDIAN_CONSENT, BasisFacts(guardian=Guardian.MOTHER, child_agrees=False)),
        (LegalBasis.BEST_INTERESTS, BasisFacts(official="A", reason="alone", child_agrees=False)),
    ):
        with pytest.raises(ChildRefusedError, match="nothing was kept"):
            request(kind, facts)


def test_child_below_the_set_age_need_not_be_asked_and_one_who_may_be_older_must() -> None:
    mother = BasisFacts(guardian=Guardian.MOTHER)
    assert request(LegalBasis.GUARDIAN_CONSENT, mother, age=AgeBand.INFANT).basis.assent is Assent.TOO_YOUNG
    agreed = BasisFacts(guardian=Guardian.MOTHER, child_agrees=True)
    assert request(LegalBasis.GUARDIAN_CONSENT, agreed, age=AgeBand.INFANT).basis.assent is Assent.GIVEN
    for age in (AgeBand.CHILD, AgeBand.PRETEEN, AgeBand.TEEN):
        with pytest.raises(IncompleteBasisError, match="asked too"):
            request(LegalBasis.GUARDIAN_CONSENT, mother, age=age)


def test_decision_of_an_official_is_recorded_with_name_and_reason() -> None:
    basis = request(LegalBasis.BEST_INTERESTS, DECIDED).basis
    assert (basis.official, basis.reason) == ("A. Rahman", "alone at the border")
