"""A pack runs with a calibration of its own, or marked as uncalibrated; never with another's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.watchlist.scoring import CalibratedScoring, CosineScoring, Scoring, UncalibratedPackError, open_scoring
from models.bands import Band
from models.pack import Pack, default_pack_path, load_pack


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A copy of the built-in pack."""
    return load_pack(Path(shutil.copytree(default_pack_path(), tmp_path / "pack")))


def scoring(pack: Pack, *, allow_uncalibrated: bool = False) -> Scoring:
    return open_scoring(pack, false_candidates_per_100=5, allow_uncalibrated=allow_uncalibrated)


def remove(pack: Pack) -> None:
    (pack.path / "calibration.json").unlink()


def take_anothers(pack: Pack) -> None:
    path = pack.path / "calibration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pack_digest": "ab" * 32}))


def alter_population(pack: Pack) -> None:
    path = pack.path / "population.npz"
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("spoil", [remove, take_anothers, alter_population])
def test_pack_without_its_own_calibration_is_refused_unless_that_is_said(
    pack: Pack, spoil: Callable[[Pack], None]
) -> None:
    spoil(pack)
    with pytest.raises(UncalibratedPackError, match="--uncalibrated"):
        scoring(pack)
    raw = scoring(pack, allow_uncalibrated=True)
    assert isinstance(raw, CosineScoring)
    assert raw.calibration_digest is None


def test_calibration_is_used_where_there_is_one_also_if_none_is_demanded(pack: Pack) -> None:
    assert isinstance(scoring(pack, allow_uncalibrated=True), CalibratedScoring)


@pytest.mark.parametrize("band", list(Band))
def test_wanted_rate_is_not_exceeded_at_the_threshold_by_the_upper_end_of_the_interval(pack: Pack, band: Band) -> None:
    calibrated = scoring(pack)
    for comparable in (1, 20, 100):
        chance = calibrated.chance(calibrated.threshold(band, comparable), band, comparable)
        assert chance is not None
        assert chance.high <= 0.05
