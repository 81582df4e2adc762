"""A limit found on degraded photographs is worth something only where each degradation moves its own measure."""

import pytest

from evaluation.degrade import DEGRADATIONS
from models.images import RgbImage, decode_image
from models.pack import default_pack_path, load_pack, shipped_pack_path
from models.quality import Measure, assess
from models.recogniser import Recogniser

SAMPLES = shipped_pack_path("default").parent.parent / "samples"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(load_pack(default_pack_path()))


@pytest.fixture(scope="module")
def portrait() -> RgbImage:
    return decode_image((SAMPLES / "obama.jpg").read_bytes())


@pytest.mark.parametrize("measure", DEGRADATIONS)
def test_degradation_lowers_the_measure_it_is_for(recogniser: Recogniser, portrait: RgbImage, measure: Measure) -> None:
    face = recogniser.detect(portrait)[0]
    scores = []
    for amount in (0.0, 0.3, 0.6):
        worse = DEGRADATIONS[measure](portrait, face, amount)
        seen = recogniser.detect(worse)
        if seen:
            scores.append(assess(worse, seen, seen[0]).component(measure).score)
    assert len(scores) >= 2
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < scores[0]


@pytest.mark.parametrize("measure", DEGRADATIONS)
def test_no_degradation_changes_nothing(recogniser: Recogniser, portrait: RgbImage, measure: Measure) -> None:
    face = recogniser.detect(portrait)[0]
    assert (DEGRADATIONS[measure](portrait, face, 0.0) == portrait).all()
