"""The shipped pack at work, and the five sample photographs of adults."""

from collections.abc import Callable
from pathlib import Path

import pytest

import models
from models.images import RgbImage, decode_image
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser

SAMPLES = Path(models.__file__).parent / "samples"


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(load_pack(default_pack_path()))


@pytest.fixture(scope="session")
def sample() -> Callable[[str], RgbImage]:
    decoded: dict[str, RgbImage] = {}

    def photograph(name: str) -> RgbImage:
        if name not in decoded:
            decoded[name] = decode_image((SAMPLES / name).read_bytes())
        return decoded[name]

    return photograph
