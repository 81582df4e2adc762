"""`mca evaluate quality` on the samples: three photographs of one adult, and two more people."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from evaluation.cli import app
from models.images import decode_image, encode_png
from models.pack import shipped_pack_path
from models.quality import Measure

SAMPLES = shipped_pack_path("default").parent.parent / "samples"


@pytest.fixture
def adults(tmp_path: Path) -> Path:
    """A collection of four people with two small photographs each."""
    for person, names in {
        "a": ("obama.jpg", "obama2.jpg"),
        "b": ("obama2.jpg", "obama3.jpg"),
        "c": ("biden.jpg", "collins.png"),
        "d": ("collins.png", "biden.jpg"),
    }.items():
        (tmp_path / person).mkdir()
        for name in names:
            photograph = decode_image((SAMPLES / name).read_bytes())
            size = photograph.shape[1] * 300 // photograph.shape[0], 300
            small = np.asarray(cv2.resize(photograph, size, interpolation=cv2.INTER_AREA), np.uint8)
            (tmp_path / person / name).write_bytes(encode_png(small))
    return tmp_path


def test_quality_gives_limits_for_every_measure(adults: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["quality", "--adults", str(adults)])
    assert done.exit_code == 0, done.output
    for measure in Measure:
        assert measure.name.lower() in done.output
