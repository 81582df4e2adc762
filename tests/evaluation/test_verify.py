"""Figures of a verification against a count pair by pair."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.lists import Pair, PhotoPairs
from evaluation.measure import Resampling
from evaluation.record import VerifyRecord
from evaluation.samples import FloatArray
from evaluation.scoring import RawCosine, Scorers
from evaluation.verify import people_of, verify
from models.pack import Pack
from tests.evaluation.people import faces, photo, templates

QUICK = Resampling(draws=200, seed=3)


def _verified(pack: Pack, vectors: list[FloatArray | None], pairs: list[Pair]) -> VerifyRecord:
    photos = tuple(photo(number) for number in range(len(vectors)))
    made = templates(photos, vectors)
    return verify(pack, PhotoPairs("pairs.csv", "0" * 64, photos, tuple(pairs)), made, Scorers(RawCosine()), QUICK)


def _pairs(people: int) -> tuple[list[FloatArray | None], list[Pair]]:
    base, noise = faces(people), faces(people, seed=1)
    vectors: list[FloatArray | None] = [*base, *(one + 0.8 * other for one, other in zip(base, noise, strict=True))]
    genuine = [Pair(number, people + number, True) for number in range(people)]
    impostor = [Pair(a, people + b, False) for a in range(people) for b in range(people) if a != b]
    return vectors, genuine + impostor


def test_figures_are_what_comparing_every_pair_gives(pack: Pack) -> None:
    vectors, pairs = _pairs(20)
    record = _verified(pack, vectors, pairs)
    unit = [vector / np.linalg.norm(vector) for vector in vectors if vector is not None]
    scores = [(float(unit[pair.a] @ unit[pair.b]), pair.same) for pair in pairs]
    impostor = sorted((score for score, same in scores if not same), reverse=True)
    for rate in (0.01, 0.1):
        threshold = impostor[int(rate * len(impostor) + 1e-9)]
        expected = np.mean([score > threshold for score, same in scores if same])
        assert record.raw.tar_at_far[f"{rate:g}"].value == pytest.approx(expected)
    assert (record.genuine, record.impostor, record.photographs) == (20, 380, 40)


def test_pair_with_an_unusable_photograph_is_not_recognised(pack: Pack) -> None:
    vectors, pairs = _pairs(20)
    vectors[:4] = [None] * 4
    record = _verified(pack, vectors, pairs)
    assert record.failures_to_acquire == 4
    assert (record.raw.tar_at_far["0.1"].value or 0) <= 16 / 20


def test_list_of_one_kind_of_pairs_has_no_rate(pack: Pack) -> None:
    vectors, pairs = _pairs(5)
    record = _verified(pack, vectors, pairs[:5])
    assert {point.value for point in record.raw.tar_at_far.values()} == {None}


def test_one_genuine_pair_has_an_interval_as_wide_as_its_ignorance(pack: Pack) -> None:
    vectors, pairs = _pairs(3)
    point = _verified(pack, vectors, [pairs[0], *pairs[3:]]).raw.tar_at_far["0.1"]
    assert point.low is not None
    assert point.high is not None
    assert point.high - point.low > 0.7


def test_photographs_that_genuine_pairs_connect_are_one_person() -> None:
    pairs = (Pair(0, 1, True), Pair(2, 1, True), Pair(3, 4, True), Pair(0, 3, False))
    people = people_of(6, pairs)
    assert people[0] == people[1] == people[2]
    assert people[3] == people[4] != people[0]
    assert people[5] not in set(people[:5])


def test_record_is_read_back_as_it_was_written(pack: Pack, tmp_path: Path) -> None:
    from evaluation.record import read_record, write_record

    record = _verified(pack, *_pairs(6))
    write_record(record, tmp_path / "verify.json")
    assert read_record(tmp_path / "verify.json") == record
