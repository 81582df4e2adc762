"""A committed pack is what its recipe makes, or nobody can check what is in it."""

from pathlib import Path

import numpy as np
import pytest

from models.build.recipes import RECIPES, build
from models.errors import SourceUnavailableError
from models.manifest import Manifest
from models.pack import default_pack_path, load_pack, read_manifest, shipped_pack_path
from models.recogniser import Recogniser


def _built(name: str, folder: Path) -> Path:
    try:
        return build(RECIPES[name], folder).path
    except SourceUnavailableError as error:
        pytest.skip(str(error))


@pytest.mark.registry
def test_two_builds_give_the_committed_bytes(tmp_path: Path) -> None:
    folders = [_built("default", tmp_path / name) for name in ("first", "second")]
    # The calibration is measured, not built: it stands beside what the recipe makes.
    built = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    committed = {name: (default_pack_path() / name).read_bytes() for name in built[0]}
    assert built == [committed, committed]


@pytest.mark.registry
def test_fusion_pack_is_the_one_whose_manifest_ships_and_works(tmp_path: Path) -> None:
    folder = _built("fusion", tmp_path / "fusion")
    assert (folder / "manifest.toml").read_text() == (shipped_pack_path("fusion") / "manifest.toml").read_text()
    crop = np.random.default_rng(0).integers(0, 255, (112, 112, 3)).astype(np.uint8)
    (template,) = Recogniser(load_pack(folder)).embed([crop])
    assert template.vector.shape == (704,)


def test_every_recipe_has_a_manifest_that_ships_and_says_where_its_weights_come_from() -> None:
    for name in RECIPES:
        manifest: Manifest = read_manifest(shipped_pack_path(name))
        assert manifest.name == name
        assert all(file.origin for file in manifest.files if file.name in manifest.models)
