"""Lists that would differ from machine to machine, or hold one person or one photograph twice."""

import hashlib
import random
from dataclasses import replace

import numpy as np
import pytest

from evaluation.devlists import Candidate, DevList, development_lists, distinct
from protocol.person import Sex

RANDOM = np.random.default_rng(5)


def _candidate(number: int, person: str = "", age: float | None = None, sex: Sex = Sex.UNKNOWN) -> Candidate:
    vector = np.random.default_rng(number).normal(size=32).astype(np.float32)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Candidate(f"photo/{number}.jpg", digest, person, age, sex, "", vector / np.linalg.norm(vector))


@pytest.fixture
def adults() -> list[Candidate]:
    return [_candidate(number, f"person {number % 20 if number < 45 else number}") for number in range(60)]


@pytest.fixture
def nameless() -> list[Candidate]:
    sexes = (Sex.FEMALE, Sex.MALE)
    return [_candidate(1000 + number, age=number % 24, sex=sexes[number % 2]) for number in range(120)]


def _lists(adults: list[Candidate], nameless: list[Candidate]) -> dict[str, DevList]:
    return {one.name: one for one in development_lists(adults, nameless)}


def test_order_and_names_of_files_change_nothing(adults: list[Candidate], nameless: list[Candidate]) -> None:
    first = development_lists(distinct(adults), distinct(nameless))
    shuffled = [replace(one, path=f"elsewhere/{one.digest}.jpg") for one in adults + nameless]
    random.Random(1).shuffle(shuffled)
    kept = distinct(shuffled)
    second = development_lists([one for one in kept if one.person], [one for one in kept if not one.person])
    paths = {one.path: f"elsewhere/{one.digest}.jpg" for one in adults + nameless}
    for before, after in zip(first, second, strict=True):
        assert [(paths[row[0]], *row[1:]) for row in before.gallery] == list(after.gallery)
        assert [(paths[row[0]], *row[1:]) for row in before.probes] == list(after.probes)


def test_mixed_list_is_filtered_by_nothing_and_holds_what_the_issue_asks_for(
    adults: list[Candidate], nameless: list[Candidate]
) -> None:
    mixed = _lists(adults, nameless)["mixed"]
    assert {row[2:4] for row in mixed.gallery + mixed.probes} == {("", "")}
    assert sum(bool(row[1]) for row in mixed.gallery) == sum(bool(row[1]) for row in mixed.probes) == 20
    minors = sum(one.age is not None and one.age < 18 for one in nameless)
    assert sum(not row[1] for row in mixed.gallery) == minors // 2
    assert sum(not row[1] for row in mixed.gallery + mixed.probes) == minors


@pytest.mark.parametrize("name", ["mixed", "adults", "band-0-3", "band-4-8", "band-9-12", "band-13-17", "band-18+"])
def test_no_photograph_is_searched_for_in_itself(adults: list[Candidate], nameless: list[Candidate], name: str) -> None:
    found = _lists(adults, nameless)[name]
    assert not {row[0] for row in found.gallery} & {row[0] for row in found.probes}
    assert found.gallery
    assert found.probes


def test_adults_without_a_mate_are_not_enrolled(adults: list[Candidate], nameless: list[Candidate]) -> None:
    found = _lists(adults, nameless)["adults"]
    enrolled = {row[1] for row in found.gallery}
    assert len(found.gallery) == len(enrolled) == 20
    assert sum(row[1] in enrolled for row in found.probes) == 20
    assert sum(row[1] not in enrolled for row in found.probes) == 15


def test_band_list_holds_its_band_alone_with_age_and_sex(adults: list[Candidate], nameless: list[Candidate]) -> None:
    found = _lists(adults, nameless)["band-4-8"]
    assert {row[2] for row in found.gallery + found.probes} == {"4", "5", "6", "7", "8"}
    assert {row[3] for row in found.gallery + found.probes} == {"female", "male"}
    assert abs(len(found.gallery) - len(found.probes)) <= 1


def test_one_photograph_saved_twice_stays_once_and_a_chain_of_likenesses_is_not_all_lost() -> None:
    base, step = np.eye(32, dtype=np.float32)[:2]
    chain = [np.cos(angle) * base + np.sin(angle) * step for angle in (0.0, 0.3, 0.6)]
    ones = [replace(_candidate(number), vector=vector) for number, vector in enumerate(chain)]
    kept = distinct([*ones, _candidate(99)])
    vectors = np.array([one.vector for one in kept])
    assert np.triu(vectors @ vectors.T, 1).max() <= 0.95
    assert _candidate(99).digest in {one.digest for one in kept}
    # The two ends of the chain are no duplicates of each other.
    assert len(kept) in {2, 3}


def test_near_duplicates_are_found_across_the_blocks_they_are_compared_in() -> None:
    many = [_candidate(number) for number in range(700)]
    twins = [replace(_candidate(5000 + number), vector=one.vector) for number, one in enumerate(many)]
    assert len(distinct(many + twins)) == 700


def test_photographs_without_a_face_stay_in_the_lists() -> None:
    faceless = [replace(_candidate(number), vector=None) for number in range(3)]
    assert len(distinct([*faceless, _candidate(7)])) == 4
    assert len(distinct(faceless)) == 3
