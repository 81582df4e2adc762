"""A small run on real photographs, as MCA_DATA has them."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluation.cli import app

PEOPLE = 75

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def small(evaluation_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photographs each of 75 adults, and 75 infants of whom nobody is enrolled."""
    folder = tmp_path_factory.mktemp("small")
    people = sorted(one for one in (evaluation_data / "lfw_dev").iterdir() if len(list(one.glob("*.jpg"))) > 1)
    adults = [sorted(one.glob("*.jpg"))[:2] for one in people[:PEOPLE]]
    with (evaluation_data / "utk_dev.csv").open(newline="") as stream:
        infants = [row["file"] for row in csv.DictReader(stream) if int(row["age"]) <= 3][: 2 * PEOPLE]
    enrolled = [f"{one},{one.parent.name},,," for one, _ in adults]
    searched = [f"{one},{one.parent.name},,," for _, one in adults]
    enrolled += [f"utk_dev/{name},,,," for name in infants[:PEOPLE]]
    searched += [f"utk_dev/{name},,,," for name in infants[PEOPLE:]]
    for name, rows in (("gallery.csv", enrolled), ("probes.csv", searched)):
        (folder / name).write_text("\n".join(["path,person,age,sex,group", *rows]) + "\n")
    return folder


def test_one_threshold_fails_adults_because_of_infants_and_normalised_scores_mend_it(
    small: Path, evaluation_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCA_DATA", str(evaluation_data))
    given = ["--gallery", str(small / "gallery.csv"), "--probes", str(small / "probes.csv")]
    more = ["--cache", str(small / "cache"), "--threads", "2", "--json", str(small / "o.json")]
    done = CliRunner().invoke(app, ["identify", *given, *more])
    assert done.exit_code == 0, done.output
    record = json.loads((small / "o.json").read_text())
    assert (record["gallery"], record["mated"], record["nonmated"]) == (2 * PEOPLE, PEOPLE, PEOPLE)
    assert record["failures_to_acquire"] < 15
    assert record["raw"]["rank"]["1"] > 0.9
    raw, normalised = (record[side]["fnir_at_fpir"]["0.1"]["value"] for side in ("raw", "normalised"))
    assert raw > 0.5
    assert normalised < raw / 5
