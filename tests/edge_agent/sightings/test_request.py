import pytest

from edge_agent.sightings.request import BasisReferenceError, LegalBasisMissingError, record_request
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis


def test_no_request_without_a_legal_basis() -> None:
    with pytest.raises(LegalBasisMissingError, match="court-order"):
        record_request(legal_basis=None, basis_reference="F-12", age_band=AgeBand.CHILD, sex=Sex.FEMALE)


@pytest.mark.parametrize("reference", ["x" * 81, "F-12\nF-13", "F\x00"])
def test_reference_that_could_not_be_read_back_is_refused(reference: str) -> None:
    with pytest.raises(BasisReferenceError):
        record_request(
            legal_basis=LegalBasis.COURT_ORDER, basis_reference=reference, age_band=AgeBand.CHILD, sex=Sex.MALE
        )


def test_reference_in_any_script_is_kept() -> None:
    request = record_request(
        legal_basis=LegalBasis.COURT_ORDER, basis_reference=" আদেশ ১২ ", age_band=AgeBand.CHILD, sex=Sex.MALE
    )
    assert request.basis_reference == "আদেশ ১২"
