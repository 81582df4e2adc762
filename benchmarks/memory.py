"""Peak memory of recognition with a large list: what a unit holds beside its link and outbox."""

import json
import resource
from typing import Annotated

import faiss
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.timing import processor
from models.calibration import load_calibration
from models.images import decode_image, encode_jpeg
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from models.scoring import Scorer

app = typer.Typer(add_completion=False)

_CHUNK = 10_000


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    templates: Annotated[int, typer.Option(min=1, help="Templates on the list.")] = 100_000,
) -> None:
    """Measure the peak of this process's memory after each step."""
    peaks: dict[str, float] = {"Python and libraries": _peak_mb()}
    pack = load_pack(default_pack_path())
    recogniser, scorer = Recogniser(pack), Scorer(pack, load_calibration(pack))
    peaks["networks and calibration"] = _peak_mb()
    index = faiss.IndexFlatIP(pack.manifest.dimension + 2)
    random = np.random.default_rng(0)
    for start in range(0, templates, _CHUNK):
        values = random.standard_normal((min(_CHUNK, templates - start), pack.manifest.dimension), np.float32)
        index.add(scorer.entries(values / np.linalg.norm(values, axis=1, keepdims=True)))
    peaks[f"a list of {templates:,} templates"] = _peak_mb()
    photograph = encode_jpeg(np.frombuffer(random.bytes(36_000_000), np.uint8).reshape(3000, 4000, 3), 50)
    for _ in range(3):
        image = decode_image(photograph)
        recogniser.detect(image)
        (template,) = recogniser.embed([image[:112, :112]])
        index.search(scorer.probe(template)[None], 10)
    peaks["three photographs of 12 megapixels"] = _peak_mb()
    if as_json:
        typer.echo(json.dumps({"processor": processor(), "templates": templates, "peak_mb": peaks}))
        return
    table = Table("after", "peak MB", title=f"Peak memory, {processor()}")
    for step, peak in peaks.items():
        table.add_row(step, f"{peak:.0f}")
    Console().print(table)


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    app()
