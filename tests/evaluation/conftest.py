"""The shipped pack, a private cache, and the sample photographs of three adults as lists."""

from pathlib import Path

import pytest

import models
from evaluation.cache import TemplateCache
from models.pack import Pack, default_pack_path, load_pack
from models.recogniser import Recogniser

SAMPLES = Path(models.__file__).parent / "samples"


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack(default_pack_path())


@pytest.fixture(scope="session")
def recogniser(pack: Pack) -> Recogniser:
    return Recogniser(pack)


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of a worker share, so that a photograph is looked at once."""
    return tmp_path_factory.mktemp("templates") / "cache"


@pytest.fixture
def cache(tmp_path: Path, pack: Pack) -> TemplateCache:
    return TemplateCache(tmp_path / "cache", pack.digest, pack.manifest.dimension)


@pytest.fixture
def samples() -> Path:
    return SAMPLES
