import numpy as np
import pytest

from edge_agent.faces.burst import collect_captures
from edge_agent.faces.capture import Capture
from edge_agent.faces.fusion import fuse
from edge_agent.faces.subject import SeveralFacesError
from models.images import RgbImage
from models.recogniser import Recogniser
from models.template import similarity
from tests.edge_agent.faces.test_capture import frames, sample


def captures(recogniser: Recogniser, *images: RgbImage) -> list[Capture]:
    return collect_captures(frames(*images), recogniser)


def test_single_capture_is_its_own_template(recogniser: Recogniser) -> None:
    (one,) = captures(recogniser, sample("obama.jpg"))
    assert similarity(fuse([one], recogniser), recogniser.embed([one.crop])[0]) == pytest.approx(1, abs=1e-6)


def test_fused_template_is_the_weighted_mean_of_unit_length(recogniser: Recogniser) -> None:
    burst = captures(recogniser, sample("obama2.jpg"), sample("obama3.jpg"))
    assert burst[0].weight != burst[1].weight
    parts = np.stack([template.vector for template in recogniser.embed([capture.crop for capture in burst])])
    mean = np.array([capture.weight for capture in burst]) @ parts
    fused = fuse(burst, recogniser)
    assert np.allclose(fused.vector, mean / np.linalg.norm(mean), atol=1e-6)
    assert fused.pack_digest == recogniser.pack.digest


def test_two_pictures_of_one_person_find_him_better_than_the_worse_of_them(recogniser: Recogniser) -> None:
    burst = captures(recogniser, sample("obama2.jpg"), sample("obama3.jpg"))
    wanted = recogniser.embed([captures(recogniser, sample("obama.jpg"))[0].crop])[0]
    alone = [similarity(template, wanted) for template in recogniser.embed([capture.crop for capture in burst])]
    assert similarity(fuse(burst, recogniser), wanted) > min(alone)


def test_two_people_are_never_fused_into_one(recogniser: Recogniser) -> None:
    burst = captures(recogniser, sample("obama.jpg"), sample("biden.jpg"))
    with pytest.raises(SeveralFacesError, match="same person"):
        fuse(burst, recogniser)
