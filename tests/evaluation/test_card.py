"""A model card that says what was not measured, or was measured of something else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evaluation
from evaluation.card import Records, model_card, read_records
from evaluation.cli import app
from evaluation.errors import ListRejectedError, OutputRefusedError
from evaluation.record import IdentifyRecord, write_record
from models.calibration import load_calibration
from models.pack import Pack

ROOT = Path(evaluation.__file__).parents[1]
COMMITTED = ROOT / "docs" / "evaluation"


@pytest.fixture(scope="module")
def records() -> Records:
    return read_records(COMMITTED)


def _mixed(records: Records) -> IdentifyRecord:
    record = records["mixed"]
    assert isinstance(record, IdentifyRecord)
    return record


def test_committed_card_is_stale(pack: Pack, records: Records) -> None:
    """Run scripts/evaluate after a change of the pack or its calibration, or else `mca evaluate card`."""
    assert (ROOT / "docs" / "model_card.md").read_text() == model_card(pack, load_calibration(pack), records)


def test_command_writes_the_same_card(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["card", "--records", str(COMMITTED), "--out", str(tmp_path / "card.md")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "card.md").read_text() == (ROOT / "docs" / "model_card.md").read_text()


@pytest.mark.parametrize(
    "other",
    [
        lambda record: replace(record, pack="0" * 64),
        lambda record: replace(record, calibration="0" * 64),
        lambda record: replace(record, calibration=None),
    ],
)
def test_figures_of_another_pack_or_calibration_are_refused(
    pack: Pack, records: Records, other: Callable[[IdentifyRecord], IdentifyRecord]
) -> None:
    changed = dict(records) | {"mixed": other(_mixed(records))}
    with pytest.raises(ListRejectedError, match=r"mixed\.json .*Measure it again"):
        model_card(pack, load_calibration(pack), changed)


def test_uncalibrated_pack_is_said_to_be_unfit_and_gets_no_normalised_figure(pack: Pack, records: Records) -> None:
    record = _mixed(records)
    raw_groups = {name: replace(group, normalised=None) for name, group in record.groups.items()}
    bare = replace(record, calibration=None, normalised=None, difference=None, published={}, groups=raw_groups)
    text = model_card(pack, None, {"mixed": bare})
    assert "not calibrated" in text
    assert "normalised score |" not in text
    assert "keeps its word" not in text


def test_card_names_every_network_with_its_licence_and_training_data(pack: Pack, records: Records) -> None:
    text = model_card(pack, load_calibration(pack), records)
    for file in pack.manifest.files:
        if file.origin is not None:
            assert file.sha256 in text
            assert file.origin.training_data in text
    assert pack.digest in text


def test_published_figures_hold_neither_paths_nor_names() -> None:
    for path in COMMITTED.iterdir():
        assert path.suffix == ".json"
        text = path.read_text()
        assert ".jpg" not in text
        assert "/" not in text


def test_record_is_read_back_as_it_was_written(records: Records, tmp_path: Path) -> None:
    for name, record in records.items():
        write_record(record, tmp_path / f"{name}.json")
        assert (tmp_path / f"{name}.json").read_bytes() == (COMMITTED / f"{name}.json").read_bytes()
    assert read_records(tmp_path) == records


def test_folder_without_records_or_with_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListRejectedError, match="no evaluation"):
        read_records(tmp_path)
    (tmp_path / "x.json").write_text('{"kind": "identify"}')
    with pytest.raises(ListRejectedError, match=r"x\.json is no evaluation of this version"):
        read_records(tmp_path)
    done = CliRunner().invoke(app, ["card", "--records", str(COMMITTED), "--out", str(tmp_path / "no" / "card.md")])
    assert isinstance(done.exception, OutputRefusedError)
