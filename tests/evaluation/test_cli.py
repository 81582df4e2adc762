"""The commands as they are typed, on the sample photographs of three adults."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evaluation.cli import app
from evaluation.errors import CacheRefusedError, DataMissingError, ListRejectedError, OutputRefusedError
from models.errors import PackRejectedError
from models.pack import default_pack_path

GALLERY = "path,person,age,sex,group\nobama.jpg,o,48,male,x\ncollins.png,c,34,female,y\n"
PROBES = "path,person,age,sex,group\nobama2.jpg,o,51,male,x\nobama3.jpg,o,51,male,x\nbiden.jpg,,70,male,y\n"
FPIRS = {"0.01", "0.03", "0.05", "0.1", "0.3"}


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "gallery.csv").write_text(GALLERY)
    (tmp_path / "probes.csv").write_text(PROBES)
    (tmp_path / "pairs.csv").write_text("a,b,same\nobama.jpg,obama2.jpg,1\nobama.jpg,biden.jpg,0\n")
    return tmp_path


def _identify(lists: Path, samples: Path, cache: Path, *more: str | Path) -> Result:
    given = "--gallery", lists / "gallery.csv", "--probes", lists / "probes.csv", "--photos", samples
    return _run("identify", *given, "--cache", cache, "--bootstrap", "100", *more)


def test_identify_writes_the_figures_and_the_report(lists: Path, samples: Path, warm_cache: Path) -> None:
    done = _identify(lists, samples, warm_cache, "--json", lists / "o.json", "--html", lists / "o.html")
    assert done.exit_code == 0, done.output
    record = json.loads((lists / "o.json").read_text())
    assert (record["gallery"], record["mated"], record["nonmated"], record["failures_to_acquire"]) == (2, 2, 1, 0)
    assert set(record["raw"]["fnir_at_fpir"]) == FPIRS
    assert set(record["raw"]["rank"]) == {"1", "10", "50"}
    assert record["raw"]["fnir_at_fpir"]["0.1"]["value"] == 0
    assert record["raw"]["fnir_at_fpir"]["0.1"]["high"] > 0.7
    assert record["raw"]["rank"]["1"] == 1
    assert set(record["bands"]) == {"18+"}
    assert "2 people were on the list" in (lists / "o.html").read_text()
    assert "FNIR at FPIR 10 %" in done.output


def test_searches_for_nobody_on_the_list_show_what_the_calibration_promised_and_no_rate(
    lists: Path, samples: Path, warm_cache: Path
) -> None:
    (lists / "probes.csv").write_text("path,person,age,sex\nbiden.jpg,,50,male\nobama2.jpg,,50,male\n")
    done = _identify(lists, samples, warm_cache, "--json", lists / "o.json", "--html", lists / "o.html")
    assert done.exit_code == 0, done.output
    assert "FNIR" not in done.output
    record = json.loads((lists / "o.json").read_text())
    assert record["raw"]["fnir_at_fpir"]["0.1"]["value"] is None
    # The man is on the list, unknown to it: both searches compare with him alone, and one brings him up.
    assert record["published"]["18+"]["searches"] == 2
    assert record["published"]["18+"]["per_100_intakes"]["5"]["counted"]["value"] == 0.5
    assert "promised" in done.output
    assert "Misses, by how many" not in (lists / "o.html").read_text()


def test_normalised_scores_stand_beside_raw_ones_where_the_pack_is_calibrated(
    lists: Path, samples: Path, warm_cache: Path, tmp_path: Path
) -> None:
    _identify(lists, samples, warm_cache, "--json", lists / "with.json")
    bare = tmp_path / "bare"
    shutil.copytree(default_pack_path(), bare, ignore=shutil.ignore_patterns("calibration.json", "population.npz"))
    _identify(lists, samples, warm_cache, "--json", lists / "without.json", "--pack", bare)
    calibrated, uncalibrated = (json.loads((lists / name).read_text()) for name in ("with.json", "without.json"))
    assert calibrated["normalised"]["fnir_at_fpir"]["0.1"]["value"] == 0
    assert (uncalibrated["normalised"], uncalibrated["calibration"], uncalibrated["published"]) == (None, None, {})
    assert uncalibrated["raw"] == calibrated["raw"]


def test_verify_writes_the_figures_and_the_report(lists: Path, samples: Path, warm_cache: Path) -> None:
    given = "--pairs", lists / "pairs.csv", "--photos", samples, "--cache", warm_cache, "--bootstrap", "100"
    done = _run("verify", *given, "--json", lists / "o.json", "--html", lists / "o.html")
    assert done.exit_code == 0, done.output
    record = json.loads((lists / "o.json").read_text())
    assert (record["genuine"], record["impostor"], record["photographs"]) == (1, 1, 3)
    assert record["raw"]["tar_at_far"]["0.001"]["value"] == 1
    assert "<h1>" in (lists / "o.html").read_text()


def test_second_run_with_several_threads_gives_the_same_bytes(lists: Path, samples: Path, tmp_path: Path) -> None:
    _identify(lists, samples, tmp_path / "cache", "--json", lists / "one.json", "--html", lists / "one.html")
    kept = (tmp_path / "cache").glob("*.sqlite")
    assert len(list(kept)) == 1
    fresh = tmp_path / "other"
    _identify(lists, samples, fresh, "--json", lists / "two.json", "--html", lists / "two.html", "--threads", "3")
    assert (lists / "one.json").read_bytes() == (lists / "two.json").read_bytes()
    assert (lists / "one.html").read_bytes() == (lists / "two.html").read_bytes()


def test_bad_row_stops_the_run_before_anything_is_written(lists: Path, samples: Path, tmp_path: Path) -> None:
    (lists / "probes.csv").write_text(f"{PROBES}nobody.jpg,,,,\n")
    done = _identify(lists, samples, tmp_path / "cache", "--json", lists / "o.json", "--html", lists / "o.html")
    assert isinstance(done.exception, ListRejectedError)
    assert "probes.csv, line 5" in str(done.exception)
    assert not (lists / "o.json").exists()
    assert not (lists / "o.html").exists()
    assert not (tmp_path / "cache").exists()


def test_place_that_cannot_take_the_report_is_refused_before_the_work(
    lists: Path, samples: Path, tmp_path: Path
) -> None:
    for option in ("--json", "--html"):
        done = _identify(lists, samples, tmp_path / "cache", option, tmp_path / "nowhere" / "report")
        assert isinstance(done.exception, OutputRefusedError)
        assert isinstance(_identify(lists, samples, tmp_path / "cache", option, lists).exception, OutputRefusedError)
    assert not (tmp_path / "cache").exists()


def test_open_cache_and_wrong_pack_are_refused(lists: Path, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert isinstance(_identify(lists, samples, tmp_path / "open").exception, CacheRefusedError)
    done = _identify(lists, samples, tmp_path / "cache", "--pack", tmp_path)
    assert isinstance(done.exception, PackRejectedError)


def test_photograph_that_is_searched_for_in_itself_is_told(lists: Path, samples: Path, warm_cache: Path) -> None:
    (lists / "probes.csv").write_text(f"{PROBES}obama.jpg,o,,,\n")
    done = _identify(lists, samples, warm_cache)
    assert "The two lists have 1 photograph in common" in " ".join(done.output.split())


def test_development_lists_of_a_small_collection(samples: Path, tmp_path: Path, warm_cache: Path) -> None:
    adults, nameless, out = (tmp_path / name for name in ("adults", "people", "lists"))
    for number in (1, 2, 3):
        (adults / "o").mkdir(parents=True, exist_ok=True)
        name = "obama.jpg" if number == 1 else f"obama{number}.jpg"
        (adults / "o" / f"{number}.jpg").write_bytes((samples / name).read_bytes())
    nameless.mkdir()
    for name in ("biden.jpg", "collins.png"):
        (nameless / name).write_bytes((samples / name).read_bytes())
    (tmp_path / "people.csv").write_text("file,age,sex,group\nbiden.jpg,70,male,x\ncollins.png,34,female,y\n")
    given = out, "--adults", adults, "--nameless", nameless, "--cache", warm_cache
    assert isinstance(_run("lists", *given).exception, OutputRefusedError)
    out.mkdir()
    done = _run("lists", *given)
    assert done.exit_code == 0, done.output
    about = json.loads((out / "lists.json").read_text())
    assert about["lists"]["band-18+-gallery.csv"]["photographs"] == 1
    assert (out / "adults-gallery.csv").read_text().startswith("path,person,age,sex,group\nadults/o/")
    measured = _run(
        "identify", "--gallery", out / "mixed-gallery.csv", "--probes", out / "mixed-probes.csv", "--photos", tmp_path,
        "--cache", warm_cache, "--bootstrap", "100",
    )  # fmt: skip
    assert measured.exit_code == 0, measured.output


def test_collection_that_is_not_there_is_refused(samples: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = _run("lists", tmp_path, "--adults", empty, "--nameless", samples)
    assert isinstance(done.exception, DataMissingError)
    (empty / "o").mkdir()
    (empty / "o" / "1.jpg").write_bytes((samples / "obama.jpg").read_bytes())
    done = _run("lists", tmp_path, "--adults", empty, "--nameless", samples)
    assert isinstance(done.exception, DataMissingError)
    assert "samples.csv" in str(done.exception)
