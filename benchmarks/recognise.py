"""From photograph to candidates: this project against the PyPI package face_recognition.

The same photographs in the same run, one core for both, turn by turn. With MCA_DATA also the accuracy of
both on lfw_dev_pairs; a photograph in which no face is found counts as a rejected pair.
"""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import models
from benchmarks.pipelines import Ours, Peer, Pipeline, Vector
from benchmarks.timing import Stopwatch, processor, stay_on_one_core
from evaluation.rates import tar_at_far

app = typer.Typer(add_completion=False)

GALLERY_SIZE = 10_000
FAR = (0.001, 0.01)
_SAMPLES = Path(models.__file__).parent / "samples"

Pipelines = Mapping[str, Pipeline]


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians over all photographs and repeats. `speedup` is the peer's whole time over ours."""

    processor: str
    gallery: int
    photographs: int
    repeats: int
    speedup: float
    stages_ms: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """By pipeline: true accept rates at each false accept rate, photographs without a face, whole time."""

    genuine_pairs: int
    impostor_pairs: int
    photographs_in_pairs: int
    tar_at_far: dict[str, dict[str, float]]
    without_face: dict[str, int]
    median_ms_in_pairs: dict[str, float]


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    accuracy: Annotated[bool, typer.Option(help="Measure accuracy where MCA_DATA is set.")] = True,
    pairs_limit: Annotated[
        int | None, typer.Option(min=1, help="Use at most this many genuine and impostor pairs each.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Times each photograph goes through both.")] = 7,
) -> None:
    """Measure speed, and accuracy where MCA_DATA is set."""
    stay_on_one_core()
    console = Console(stderr=True)
    pipelines: Pipelines = {"ours": Ours(GALLERY_SIZE), "peer": Peer(GALLERY_SIZE)}
    speed = measure_speed(pipelines, repeats, console)
    data = os.environ.get("MCA_DATA")
    rates = measure_accuracy(pipelines, Path(data), pairs_limit, console) if accuracy and data else None
    if as_json:
        typer.echo(json.dumps(asdict(speed) | (asdict(rates) if rates else {})))
        return
    _print_speed(speed)
    if rates:
        _print_accuracy(rates)


def measure_speed(pipelines: Pipelines, repeats: int, console: Console) -> Speed:
    """Time both on the sample photographs, after one unmeasured turn."""
    photographs = [path.read_bytes() for path in sorted(_SAMPLES.glob("*.*g"))]
    for pipeline in pipelines.values():
        for photograph in photographs:
            pipeline.recognise(photograph, Stopwatch())
    watches = {name: Stopwatch() for name in pipelines}
    for _ in track(range(repeats), "Speed", console=console):
        for photograph in photographs:
            for name, pipeline in pipelines.items():
                with watches[name].stage("in all"):
                    pipeline.recognise(photograph, watches[name])
    stages = {name: watch.medians() for name, watch in watches.items()}
    speedup = round(stages["peer"]["in all"] / stages["ours"]["in all"], 2)
    return Speed(processor(), GALLERY_SIZE, len(photographs), repeats, speedup, stages)


def measure_accuracy(pipelines: Pipelines, data: Path, limit: int | None, console: Console) -> Accuracy:
    """TAR at FAR of both on lfw_dev_pairs."""
    with (data / "lfw_dev_pairs.csv").open(newline="") as stream:
        rows = [(row["a"], row["b"], row["same"] == "1") for row in csv.DictReader(stream)]
    genuine = [row[:2] for row in rows if row[2]][:limit]
    impostors = [row[:2] for row in rows if not row[2]][:limit]
    paths = sorted({path for pair in genuine + impostors for path in pair})
    rates: dict[str, dict[str, float]] = {}
    missed: dict[str, int] = {}
    medians: dict[str, float] = {}
    for name, pipeline in pipelines.items():
        watch = Stopwatch()
        templates: dict[str, Vector | None] = {}
        for path in track(paths, f"Accuracy, {name}", console=console):
            photograph = (data / "lfw_dev" / path).read_bytes()
            with watch.stage("in all"):
                templates[path] = pipeline.recognise(photograph, watch)
        alike = np.array([_score(pipeline, templates[a], templates[b]) for a, b in genuine])
        unlike = np.array([_score(pipeline, templates[a], templates[b]) for a, b in impostors])
        rates[name] = {str(far): round(tar_at_far(alike, unlike, far), 4) for far in FAR}
        missed[name] = sum(template is None for template in templates.values())
        medians[name] = watch.medians()["in all"]
    return Accuracy(len(genuine), len(impostors), len(paths), rates, missed, medians)


def _score(pipeline: Pipeline, a: Vector | None, b: Vector | None) -> float:
    return float("-inf") if a is None or b is None else pipeline.score(a, b)


def _print_speed(speed: Speed) -> None:
    title = f"Median ms, {speed.photographs} photographs x {speed.repeats}, one core of {speed.processor}"
    table = Table("stage", "ours", "face_recognition", title=title)
    for stage in ("decode", "detect", "align", "embed", "align and embed", "search", "in all"):
        cells = [speed.stages_ms[name].get(stage) for name in ("ours", "peer")]
        table.add_row(stage, *("" if cell is None else f"{cell:.2f}" for cell in cells))
    Console().print(table, f"{speed.speedup:.1f} times as fast")


def _print_accuracy(rates: Accuracy) -> None:
    title = f"lfw_dev_pairs: {rates.genuine_pairs} genuine and {rates.impostor_pairs} impostor pairs"
    table = Table("", "ours", "face_recognition", title=title)
    for far in FAR:
        cells = [f"{rates.tar_at_far[name][str(far)]:.2%}" for name in ("ours", "peer")]
        table.add_row(f"TAR at FAR {far:.1%}", *cells)
    table.add_row("photographs without a face", *(str(rates.without_face[name]) for name in ("ours", "peer")))
    table.add_row("median ms", *(f"{rates.median_ms_in_pairs[name]:.1f}" for name in ("ours", "peer")))
    Console().print(table)


if __name__ == "__main__":
    app()
