"""A score without a calibration, or with another pack's, must never be taken for a statement."""

import dataclasses
import hashlib
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.bands import CHILD_BANDS, Band, band_of
from models.calibration import CALIBRATION, POPULATION, Curve, Tail, load_calibration, write_calibration
from models.errors import PackMismatchError, PackRejectedError
from models.pack import Pack, default_pack_path, load_pack
from models.scoring import Scorer
from models.template import Template, template_of


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A copy of the shipped pack that a test may damage."""
    return load_pack(Path(shutil.copytree(default_pack_path(), tmp_path / "default")))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    shipped = load_pack(default_pack_path())
    return Scorer(shipped, load_calibration(shipped))


def test_shipped_pack_is_calibrated_for_every_band() -> None:
    calibration = load_calibration(load_pack(default_pack_path()))
    assert set(calibration.curves) == set(Band)
    assert len(calibration.digest) == 64


def test_calibration_changes_no_digest_of_the_pack(pack: Pack) -> None:
    (pack.path / CALIBRATION).unlink()
    assert load_pack(pack.path).digest == pack.digest


@pytest.mark.parametrize("name", [CALIBRATION, POPULATION])
def test_pack_without_a_calibration_says_what_to_run(pack: Pack, name: str) -> None:
    (pack.path / name).unlink()
    with pytest.raises(PackRejectedError, match="mca evaluate calibrate"):
        load_calibration(pack)


def test_calibration_of_another_pack_is_refused(pack: Pack) -> None:
    with pytest.raises(PackRejectedError, match="another pack"):
        load_calibration(dataclasses.replace(pack, digest="0" * 64))


def test_exchanged_population_is_refused(pack: Pack) -> None:
    data = bytearray((pack.path / POPULATION).read_bytes())
    data[len(data) // 2] ^= 1
    (pack.path / POPULATION).write_bytes(data)
    with pytest.raises(PackRejectedError, match=POPULATION):
        load_calibration(pack)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda content: content | {"format": 1}, "format"),
        (lambda content: content | {"note": ""}, "note"),
        (lambda content: content["bands"]["0-3"]["rate"].reverse() or content, "0-3"),
        (lambda content: content["bands"]["4-8"]["high"].pop() and content, "4-8"),
        (lambda content: content["bands"]["9-12"]["low"].__setitem__(3, 0.0) or content, "9-12"),
    ],
)
def test_malformed_calibration_is_refused_naming_the_place(pack: Pack, change: "object", named: str) -> None:
    assert callable(change)
    content = change(json.loads((pack.path / CALIBRATION).read_text()))
    (pack.path / CALIBRATION).write_text(json.dumps(content))
    with pytest.raises(PackRejectedError, match=named):
        load_calibration(pack)


def test_calibration_comes_back_as_it_was_written(pack: Pack) -> None:
    before = load_calibration(pack)
    population = (pack.path / POPULATION).read_bytes()
    write_calibration(pack, before.content, population)
    after = load_calibration(pack)
    assert after.digest == before.digest
    assert after.content.population_sha256 == hashlib.sha256(population).hexdigest()


def test_rate_falls_with_the_score_and_lies_in_its_interval(scorer: Scorer) -> None:
    for band in Band:
        found = [scorer.chance(score, band, 500) for score in np.linspace(0, 0.9, 40)]
        for chance in found:
            assert 0 <= chance.low <= chance.per_search <= chance.high <= 1
        assert all(a.per_search >= b.per_search > 0 for a, b in itertools.pairwise(found))


def test_longer_list_makes_the_same_score_mean_less(scorer: Scorer) -> None:
    short, long = (scorer.chance(0.55, Band.YOUNG, n) for n in (100, 10_000))
    assert long.per_search > 50 * short.per_search
    assert long.candidates == pytest.approx(100 * short.candidates)


def test_threshold_keeps_to_the_wanted_rate_on_the_safe_side(scorer: Scorer) -> None:
    for band in Band:
        threshold = scorer.threshold(band, comparable=20, false_candidates_per_100=5)
        assert scorer.chance(threshold, band, 20).high <= 0.05
    strict, loose = (scorer.threshold(Band.TEEN, 300, wanted) for wanted in (1, 50))
    assert strict > loose


def test_rate_too_rare_to_have_been_counted_says_so(scorer: Scorer) -> None:
    assert scorer.chance(0.1, Band.INFANT, 1).counted
    assert not scorer.chance(0.8, Band.INFANT, 1).counted


def test_unknown_age_is_answered_with_the_least_favourable_child_band(scorer: Scorer) -> None:
    known = [scorer.chance(0.4, band, 100).high for band in CHILD_BANDS]
    assert scorer.chance(0.4, None, 100).high == max(known)


def test_template_of_another_pack_is_never_scored(scorer: Scorer) -> None:
    other = Template(template_of(np.ones(192), "f" * 64).vector, "f" * 64)
    with pytest.raises(PackMismatchError):
        scorer.probe(other)


def test_score_is_what_the_rows_give(scorer: Scorer) -> None:
    random = np.random.default_rng(4)
    vectors = np.stack([template_of(random.normal(size=192), scorer.pack_digest).vector for _ in range(5)])
    probe = template_of(random.normal(size=192), scorer.pack_digest)
    assert scorer.score(probe, vectors) == pytest.approx(scorer.entries(vectors) @ scorer.probe(probe))


def test_curve_beyond_its_ends_claims_no_more_than_its_ends() -> None:
    curve = Curve(10, 45, Tail(0.0, 0.05, 0.1, -0.1), (0.0, 1.0), (0.1, 0.001), (0.05, 0.0001), (0.2, 0.01))
    assert curve.at(-1).value == pytest.approx(0.1)
    assert curve.at(0.5).value == pytest.approx(0.01)
    assert curve.at(9).value == pytest.approx(0.001)
    assert curve.score_for(1e-9) == 1.0


@pytest.mark.parametrize(
    ("age", "band"), [(0, "0-3"), (3.9, "0-3"), (4, "4-8"), (12, "9-12"), (17, "13-17"), (18, "18+")]
)
def test_band_of_an_age(age: float, band: str) -> None:
    assert band_of(age).value == band
    with pytest.raises(ValueError, match="negative"):
        band_of(-1)
