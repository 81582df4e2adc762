"""A benchmark that cannot run, or prints no figures, would be noticed only by whoever repeats it."""

import json

import numpy as np
from typer.testing import CliRunner

from benchmarks import hub, ingest, intake, memory, precision, search, sync
from benchmarks.timing import Stopwatch


def test_search_prints_every_figure_of_its_table_as_json() -> None:
    done = CliRunner().invoke(search.app, ["--json", "--largest", "1000", "--repeats", "3"])
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert result["copy_gb_per_s"].keys() == {"1", "2"}
    exact = [row for row in result["rows"] if row["method"] != "faiss hnsw"]
    assert {row["method"] for row in exact} >= {"faiss flat", "faiss flat, fp16", "numpy"}
    assert all(row["recall"] > 0.95 and row["ms"] > 0 and row["of_limit"] > 0 for row in exact)


def test_memory_prints_the_peaks_of_the_units_processes() -> None:
    done = CliRunner().invoke(memory.app, ["--json", "--templates", "300"])
    assert done.exit_code == 0, done.output
    peaks = json.loads(done.stdout)["peak_mb"]
    agent = [peak for step, peak in peaks.items() if step.startswith("agent, ")]
    assert len(agent) == 4
    assert agent == sorted(agent)
    assert peaks["agent and intake at once"] > peaks["intake beside it"] > 50


def test_sync_prints_what_a_child_costs_and_how_soon_it_is_found() -> None:
    small = ["--children", "1", "--children", "40", "--entries", "300", "--before", "300", "--bits", "10000000"]
    done = CliRunner().invoke(sync.app, ["--json", *small])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert [(each["children"], each["line"]) for each in result["added"]] == [
        (1, "loopback"), (1, "10000 kbit/s"), (40, "loopback"), (40, "10000 kbit/s")
    ]  # fmt: skip
    assert all(each["bytes_down"] > 8192 and each["searchable_s"] > 0 for each in result["added"])
    assert result["start"]["ratio"] > 1
    assert result["start"]["remove_bytes_down"] < result["start"]["stored_bytes"]


def test_ingest_answers_every_sighting_on_both_databases() -> None:
    done = CliRunner().invoke(ingest.app, ["--json", "--quick"])
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["rows"]
    assert [row["database"] for row in rows] == ["sqlite", "postgresql"]
    assert all(row[name] > 0 for row in rows for name in ("single_ms", "commits", "of_broker", "of_commits"))
    assert all(run["p99_ms"] >= run["p50_ms"] > 0 for row in rows for run in (row["hub"], row["broker"]))


def test_hub_shows_every_candidate_to_everybody_on_both_databases() -> None:
    done = CliRunner().invoke(hub.app, ["--json", "--quick"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert [row["database"] for row in result["rows"]] == ["sqlite", "postgresql"]
    for row in result["rows"]:
        assert row["p99_s"] >= row["p95_s"] >= row["p50_s"] > 0
        assert all(row[name] > 0 for name in ("pages_per_s", "page_p95_ms", "idle_mb", "peak_mb"))
        assert {page["page"] for page in row["lists"]} >= {"first page", "frequent name", "reference"}
    assert result["p95_s"] == max(row["p95_s"] for row in result["rows"])


def test_intake_measures_an_idle_and_a_busy_unit() -> None:
    done = CliRunner().invoke(intake.app, ["--json", "--minutes", "1", "--idle-seconds", "1"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["guidance_p95_ms"] >= result["guidance_p50_ms"] > 0
    assert result["received_p95_ms"] >= result["received_p50_ms"] > 0
    assert result["busy_mb"] >= result["idle_mb"] > 50
    assert result["intake_cpu_s"] > 0


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


def test_network_in_fewer_bits_is_a_pack_that_still_finds_and_embeds_a_face() -> None:
    done = CliRunner().invoke(precision.app, ["--json", "--no-accuracy", "--repeats", "1", "--form", "fp16"])
    assert done.exit_code == 0, done.output
    exact, *lowered = json.loads(done.stdout)["rows"]
    assert {row["network"] for row in lowered} == {"centerface.onnx", "mobilefacenet.onnx"}
    assert all(row["bytes"] < exact["bytes"] and row["detect_ms"] > 0 and row["embed_ms"] > 0 for row in lowered)
