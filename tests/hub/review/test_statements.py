"""What reviewers read of a score: true, in whole numbers of searches, and never a percentage of similarity."""

from dataclasses import replace

import pytest

from hub.review.statements import Whose, details, disagreements, second_look, share, statement
from protocol.ids import CaseId
from protocol.person import AgeBand
from protocol.sighting import Candidate, Chance
from tests.support.desk import PHOTO, Finding, Look

CHANCE = Chance(value=0.0025, low=0.0015, high=0.004, expected=0.0025, counted=True)
FINDING = Finding(Candidate(CaseId("bd/c-1"), PHOTO, 1, 0.7, 0.5, CHANCE))


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (1.0, "100 of 100"),
        (0.42, "42 of 100"),
        (0.1, "1 of 10"),
        (1 / 77, "1 of 77"),
        (0.0025, "1 of 400"),
        (1 / 403.7, "1 of 400"),
        (1 / 12_345, "1 of 12,000"),
        (1 / 999_600, "1 of 1,000,000"),
        (1e-9, "1 of 1,000,000"),
        (0.0, "1 of 1,000,000"),
    ],
)
def test_chance_is_said_in_numbers_that_people_can_compare(chance: float, words: str) -> None:
    assert share(chance) == words


def test_calibrated_score_is_a_sentence_with_its_interval() -> None:
    assert statement(CHANCE, AgeBand.CHILD, Whose.UNIT) == (
        "An unrelated child of this age would score this high in about 1 of 400 searches of this list "
        "(between 1 of 250 and 1 of 670)."
    )
    assert statement(CHANCE, AgeBand.ADULT, Whose.UNIT).startswith("An unrelated adult would")


def test_score_too_rare_to_count_claims_no_more_than_the_safe_end_of_the_interval() -> None:
    rare = Chance(value=1e-8, low=1e-12, high=2e-5, expected=1e-8, counted=False)
    assert "in fewer than 1 of 50,000 searches" in statement(rare, AgeBand.TEEN, Whose.UNIT)


def test_uncalibrated_score_says_plainly_that_nothing_is_known() -> None:
    said = statement(None, AgeBand.INFANT, Whose.UNIT)
    assert "The unit's recogniser is not calibrated" in said
    assert not any(character.isdigit() for character in said)


def test_hub_that_agrees_is_said_and_no_disagreement_made_up() -> None:
    look = Look(CHANCE)
    said = second_look(replace(FINDING, look=look), AgeBand.CHILD)
    assert said.startswith("The hub compared the two faces itself. An unrelated child of this age")
    assert disagreements(look) == ()


def test_hub_that_would_not_have_named_the_case_is_said_in_words() -> None:
    (said,) = disagreements(Look(CHANCE, enough=False))
    assert "would not have named this case" in said


def test_picture_that_the_unit_cannot_have_compared_is_said_in_words() -> None:
    (said,) = disagreements(Look(CHANCE, same_picture=False))
    assert "not the one that it compared" in said


def test_look_that_is_not_there_is_told_from_one_that_failed() -> None:
    assert "yet" in second_look(replace(FINDING, looked=False), AgeBand.CHILD)
    assert "could not compare" in second_look(FINDING, AgeBand.CHILD)
    assert disagreements(None) == ()


def test_what_the_unit_had_to_go_by_is_told() -> None:
    lines = " ".join(details(replace(FINDING, frames=3)))
    for words in ("1,204 photographs", "3 pictures"):
        assert words in lines
    assert details(replace(FINDING, comparable=1)) == (
        "By sex and age, 1 photograph of the list could compete for this intake.",
    )
