"""Would the default pack be faster in fewer bits, and what would that cost?

Each network of the default pack in fp16 and in int8 (dynamic, and static in the QDQ form, per channel, calibrated on
the public-domain samples), everything else as it is: time on one core, and, where MCA_DATA is set, accuracy on
lfw_dev_pairs and on the mixed list, with a population fitted for each pack anew. What takes half as long again as the
shipped pack is not worth its accuracy, and the accuracy not an hour.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import models
from benchmarks.lowering import FORMS, lowered, network_inputs
from benchmarks.timing import Stopwatch, processor
from evaluation.calibrate import people_of
from evaluation.collect import candidates, named_photos, nameless_photos, write_lists
from evaluation.devlists import development_lists, distinct
from evaluation.identify import Trial, identify
from evaluation.lists import read_pairs, read_photos
from evaluation.measure import Resampling
from evaluation.normalised import NormalisedScore
from evaluation.population import fit_population
from evaluation.runs import Run, Stage, progress, templates_of
from evaluation.scoring import RawCosine, Scorers
from evaluation.verify import verify
from models.bands import CHILD_BANDS, Band
from models.images import RgbImage, decode_image
from models.pack import Pack, default_pack_path, load_pack
from models.recogniser import Recogniser

app = typer.Typer(add_completion=False)

_SAMPLES = Path(models.__file__).parent / "samples"


@dataclass(frozen=True, slots=True)
class Row:
    """One pack. Times are medians of one photograph on one core; rates are shares, None where not measured."""

    network: str
    form: str
    bytes: int
    detect_ms: float
    embed_ms: float
    tar_at_far_0_001: float | None
    mixed_fnir_at_fpir_0_1: float | None


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    repeats: Annotated[int, typer.Option(min=1, help="Times each sample goes through each pack.")] = 20,
    threads: Annotated[int, typer.Option(min=1, help="Photographs looked at side by side for accuracy.")] = 1,
    accuracy: Annotated[bool, typer.Option(help="Measure accuracy where MCA_DATA is set.")] = True,
    form: Annotated[list[str] | None, typer.Option(help="Only these forms.")] = None,
) -> None:
    """Measure the default pack, and each network of it in fewer bits."""
    exact = load_pack(default_pack_path())
    photographs = [decode_image(path.read_bytes()) for path in sorted(_SAMPLES.glob("*.*g"))]
    inputs = network_inputs(Recogniser(exact), photographs)
    data = Path(os.environ["MCA_DATA"]) if accuracy and "MCA_DATA" in os.environ else None
    with tempfile.TemporaryDirectory() as name, progress() as stage:
        folder = Path(name)
        packs = [("none", "fp32, as shipped", exact)]
        for network, planes in inputs.items():
            for one in form or FORMS:
                target = folder / f"{network}-{one}"
                packs.append((network, one, lowered(exact, network, one, planes, target)))
        run = Run(threads=threads, cache=folder / "cache", bootstrap=2)
        times = _times([pack for _, _, pack in packs], photographs, repeats)
        rows: list[Row] = []
        for (network, one, pack), (detect, embed) in zip(packs, times, strict=True):
            slow = detect + embed > 1.5 * sum(times[0])
            rates = (None, None) if data is None or slow else _rates(pack, data, run, stage)
            rows.append(Row(network, one, _bytes(pack), detect, embed, *rates))
    if as_json:
        typer.echo(json.dumps({"processor": processor(), "rows": [asdict(row) for row in rows]}))
    else:
        _print(rows)


def _bytes(pack: Pack) -> int:
    return sum(file.size for file in pack.manifest.files if file.name.endswith(".onnx"))


def _times(packs: Sequence[Pack], photographs: Sequence[RgbImage], repeats: int) -> list[tuple[float, float]]:
    """Of each pack, the median milliseconds to find a photograph's faces and to embed one; the packs turn by turn."""
    recognisers, watches = [Recogniser(pack) for pack in packs], [Stopwatch() for _ in packs]
    for photograph in list(photographs) * repeats:
        for recogniser, watch in zip(recognisers, watches, strict=True):
            with watch.stage("detect"):
                faces = recogniser.detect(photograph)
            for face in faces[:1]:
                crop = recogniser.align(photograph, face)
                with watch.stage("embed"):
                    recogniser.embed([crop])
    medians = [watch.medians() for watch in watches]
    return [(one["detect"], one.get("embed", float("nan"))) for one in medians]


def _rates(pack: Pack, data: Path, run: Run, stage: Stage) -> tuple[float | None, float | None]:
    """TAR at FAR 0.1 % on lfw_dev_pairs, and normalised FNIR at FPIR 0.1 on the mixed list."""
    named, nameless = named_photos(data / "lfw_dev"), nameless_photos(data / "utk_dev")
    templates = templates_of([*named, *nameless], pack, run, stage)
    pairs = read_pairs(data / "lfw_dev_pairs.csv", None)
    verified = verify(pack, pairs, templates, Scorers(RawCosine()), run.resampling)
    kept = distinct(candidates([*named, *nameless], templates, data))
    people = people_of(kept)
    population = fit_population([people.of(band) for band in CHILD_BANDS], people.of(Band.ADULT))
    lists = development_lists([one for one in kept if one.person], [one for one in kept if not one.person])
    with tempfile.TemporaryDirectory() as folder:
        write_lists(lists, Path(folder), pack.digest, 0)
        sides = [read_photos(Path(folder) / f"mixed-{side}.csv", data) for side in ("gallery", "probes")]
    scorers = Scorers(RawCosine(), NormalisedScore(population))
    found = identify(pack, Trial(sides[0], sides[1], templates), scorers, Resampling(2, 0)).record.normalised
    return verified.raw.tar_at_far["0.001"].value, found.fnir_at_fpir["0.1"].value if found else None


def _print(rows: Sequence[Row]) -> None:
    columns = "network", "form", "MB", "detect ms", "embed ms", "TAR at FAR 0.1 %", "mixed FNIR at FPIR 10 %"
    table = Table(*columns, title=processor())
    for row in rows:
        rates = ("" if rate is None else f"{rate:.2%}" for rate in (row.tar_at_far_0_001, row.mixed_fnir_at_fpir_0_1))
        times = (f"{row.detect_ms:.1f}", f"{row.embed_ms:.1f}")
        table.add_row(row.network, row.form, f"{row.bytes / 1e6:.1f}", *times, *rates)
    Console().print(table)


if __name__ == "__main__":
    app()
