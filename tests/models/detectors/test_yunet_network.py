"""A pack with another kind of detector loads and works, on the real network where it is at hand."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.images import RgbImage
from models.pack import load_pack
from models.recogniser import Recogniser
from tests.models import tiny_pack

pytestmark = pytest.mark.data


@pytest.fixture(scope="session")
def yunet_file() -> Path:
    if "MCA_DATA" not in os.environ:
        pytest.skip("MCA_DATA is not set")
    path = Path(os.environ["MCA_DATA"]).parent / "models" / "yunet_n_640_640.onnx"
    if not path.exists():
        pytest.skip("the YuNet network is not beside the evaluation data")
    return path


def test_yunet_finds_the_same_points_as_centerface(
    yunet_file: Path, tmp_path: Path, recogniser: Recogniser, sample: Callable[[str], RgbImage]
) -> None:
    manifest = tiny_pack.MANIFEST.replace('"centerface"', '"yunet"').replace("max_side = 64", "max_side = 640")
    folder = tiny_pack.write_pack(tmp_path / "yunet", manifest, detector=yunet_file.read_bytes())
    other = Recogniser(load_pack(folder))
    for name in ("obama.jpg", "biden.jpg", "collins.png"):
        (face,), (expected,) = other.detect(sample(name)), recogniser.detect(sample(name))
        between_eyes = np.linalg.norm(expected.landmarks[1] - expected.landmarks[0])
        apart = np.linalg.norm(face.landmarks - expected.landmarks, axis=1)
        assert (apart / between_eyes).max() < 0.2
        assert face.score > 0.7
