"""The main job with every real part: if this fails, a child is missed or somebody is accused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "mca", "demo", "--once", "--json"],
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return json.loads(line), done.stderr, folder


def test_child_on_the_list_is_missed(demonstration: tuple[dict[str, Any], str, Path]) -> None:
    report, _, _ = demonstration
    for photo in ("obama2.jpg", "obama3.jpg"):
        assert _intake(report, photo)["candidates"] == [{"case": "obama", "rank": 1}]


def test_somebody_else_is_accused(demonstration: tuple[dict[str, Any], str, Path]) -> None:
    report, _, _ = demonstration
    assert _intake(report, "biden.jpg") == {"photo": "biden.jpg", "faces": 1, "candidates": [], "error": None}


def test_photograph_without_a_face_ends_without_a_sentence_of_what_to_do(
    demonstration: tuple[dict[str, Any], str, Path],
) -> None:
    report, _, _ = demonstration
    intake = _intake(report, "no-face.png")
    assert (intake["faces"], intake["candidates"]) == (0, [])
    assert "face" in intake["error"].lower()


def test_confirmed_candidate_raises_no_alert_or_stays_on_the_list(
    demonstration: tuple[dict[str, Any], str, Path],
) -> None:
    report, _, _ = demonstration
    assert (report["receipts"], report["reviews"], report["alerts"]) == (2, 2, 1)
    assert report["unit_watchlist_version"] >= 2
    assert report["seconds"] > 0


def test_demonstration_leaves_files_or_processes_behind(demonstration: tuple[dict[str, Any], str, Path]) -> None:
    _, _, folder = demonstration
    assert list(folder.iterdir()) == []
    running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder).encode() in _read(path)]
    assert running == []


def test_what_the_unit_says_differs_between_a_candidate_and_none(
    demonstration: tuple[dict[str, Any], str, Path],
) -> None:
    _, told, _ = demonstration
    said = [line.partition(": ")[2].partition("Reference")[0] for line in told.splitlines() if "Received" in line]
    assert len(said) == 3
    assert len(set(said)) == 1


def _intake(report: dict[str, Any], photo: str) -> dict[str, Any]:
    (intake,) = [intake for intake in report["intakes"] if intake["photo"] == photo]
    return dict(intake)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
