"""A benchmark that cannot run, or prints no figures, would be noticed only by whoever repeats it."""

import json

import numpy as np
from typer.testing import CliRunner

from benchmarks import memory, search
from benchmarks.timing import Stopwatch


def test_search_prints_every_figure_of_its_table_as_json() -> None:
    done = CliRunner().invoke(search.app, ["--json", "--largest", "1000", "--repeats", "3"])
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert result["copy_gb_per_s"].keys() == {"1", "2"}
    exact = [row for row in result["rows"] if row["method"] != "faiss hnsw"]
    assert {row["method"] for row in exact} >= {"faiss flat", "faiss flat, fp16", "numpy"}
    assert all(row["recall"] > 0.95 and row["ms"] > 0 and row["of_limit"] > 0 for row in exact)


def test_memory_prints_rising_peaks() -> None:
    done = CliRunner().invoke(memory.app, ["--json", "--templates", "2000"])
    assert done.exit_code == 0
    peaks = list(json.loads(done.stdout)["peak_mb"].values())
    assert peaks == sorted(peaks)


def test_medians_are_of_each_stage_in_milliseconds() -> None:
    watch = Stopwatch()
    for _ in range(3):
        with watch.stage("nothing"):
            pass
        with watch.stage("work"):
            np.linalg.norm(np.ones((400, 400)), 2)
    medians = watch.medians()
    assert list(medians) == ["nothing", "work"]
    assert 0 <= medians["nothing"] < medians["work"] < 10_000
