"""Exact search of normalised templates, against plain numpy, HNSW and the memory's own speed.

An exact search reads every template once, so it cannot be faster than memory is read. `of the limit` is the
time taken over the time in which the same bytes are copied by the same threads in the same run (as STREAM
copies: bytes read and bytes written both count).
"""

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import faiss
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.timing import processor
from models.calibration import load_calibration
from models.normalise import Population
from models.pack import default_pack_path, load_pack

app = typer.Typer(add_completion=False)

SIZES = (1_000, 10_000, 100_000, 200_000)
THREADS = (1, 2)
BATCHES = (1, 8)
_NEIGHBOURS = 10
_HNSW_UP_TO = 100_000  # Building the graph of more takes minutes and tells nothing new.

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """Median milliseconds of one search; recall of the exact neighbours; best time over the memory's limit.

    Best against best, because the copying's speed is its best too: both then tell what the machine can do,
    whatever else it was doing.
    """

    method: str
    templates: int
    threads: int
    queries: int
    ms: float
    recall: float
    of_limit: float


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    repeats: Annotated[int, typer.Option(min=3, help="Searches timed of each kind.")] = 15,
    largest: Annotated[int, typer.Option(help="Leave out larger galleries.")] = SIZES[-1],
) -> None:
    """Measure search."""
    people = load_calibration(load_pack(default_pack_path())).population
    dimension = people.dimension + 2
    speeds = {threads: copy_speed(threads) for threads in THREADS}
    rows: list[Row] = []
    for size in track([size for size in SIZES if size <= largest], "Search", console=Console(stderr=True)):
        rows += measure(people, size, speeds, repeats)
    about = {"processor": processor(), "dimension": dimension}
    bandwidth = {str(threads): round(speed / 1e9, 2) for threads, speed in speeds.items()}
    if as_json:
        typer.echo(json.dumps({**about, "copy_gb_per_s": bandwidth, "rows": [asdict(row) for row in rows]}))
    else:
        _print(rows, bandwidth, dimension)


def copy_speed(threads: int, megabytes: int = 256) -> float:
    """Bytes per second that this many threads read and write when copying: the best of ten, as STREAM does."""
    source = np.ones(megabytes << 18, np.float32)
    target = np.empty_like(source)
    bounds = [(index * source.size // threads, (index + 1) * source.size // threads) for index in range(threads)]

    def copy(bound: tuple[int, int]) -> None:
        np.copyto(target[bound[0] : bound[1]], source[bound[0] : bound[1]])  # Lets go of Python's lock.

    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(10):
            start = time.perf_counter()
            list(pool.map(copy, bounds))
            best = min(best, time.perf_counter() - start)
    return 2 * source.nbytes / best


def measure(people: Population, size: int, speeds: dict[int, float], repeats: int) -> list[Row]:
    """Every method, number of threads and batch at one size of gallery."""
    random = np.random.default_rng(size)
    gallery, queries = _list_and_probes(people, size, random)
    dimension = gallery.shape[1]
    flat, half = faiss.IndexFlatIP(dimension), faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )  # fmt: skip
    flat.add(gallery)
    half.train(gallery[:1])
    half.add(gallery)
    methods: dict[str, tuple[Callable[[Floats], NDArray[np.int64]], int]] = {
        "faiss flat": (partial(_indices, flat), gallery.nbytes),
        "faiss flat, BLAS": (partial(_by_blas, flat), gallery.nbytes),
        "faiss flat, fp16": (partial(_indices, half), gallery.nbytes // 2),
        "numpy": (partial(_by_numpy, gallery), gallery.nbytes),
    }
    if size <= _HNSW_UP_TO:
        graph = faiss.IndexHNSWFlat(dimension, 32, faiss.METRIC_INNER_PRODUCT)
        faiss.omp_set_num_threads(max(THREADS))
        graph.add(gallery)
        methods["faiss hnsw"] = (partial(_indices, graph), gallery.nbytes)
    exact = _indices(flat, queries)
    rows = []
    for threads in THREADS:
        faiss.omp_set_num_threads(threads)
        for batch in BATCHES:
            for name, (search, scanned) in methods.items():
                if name == "numpy" and threads != 1:
                    continue  # Its threads are set before it is loaded, once and for all.
                times = _times_ms(partial(search, queries[:batch]), repeats)
                found = search(queries[:batch])
                recall = np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, exact, strict=False)])
                limit_ms = scanned / speeds[threads] * 1e3
                median, best = statistics.median(times), min(times)
                figures = round(median, 3), round(float(recall), 4), round(best / limit_ms, 2)
                rows.append(Row(name, size, threads, batch, *figures))
    return rows


def _list_and_probes(people: Population, size: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Rows of children drawn from the pack's population, and of other pictures of the last of them.

    Children as they lie, not random directions: those would make any approximate index look bad.
    """
    bands = random.integers(len(people.means), size=size)
    spreads = [np.linalg.cholesky(covariance) for covariance in people.covariances]
    drawn = random.standard_normal((size, people.dimension), np.float32)
    for band, (mean, spread) in enumerate(zip(people.means, spreads, strict=True)):
        drawn[bands == band] = drawn[bands == band] @ spread.T + mean
    probes = drawn[-max(BATCHES) :] + 0.04 * random.standard_normal((max(BATCHES), people.dimension), np.float32)
    return people.entries(_unit(drawn)), people.probes(_unit(probes))


def _unit(values: Floats) -> Floats:
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def _indices(index: faiss.Index, wanted: Floats) -> NDArray[np.int64]:
    return np.asarray(index.search(wanted, _NEIGHBOURS)[1], np.int64)


def _by_blas(index: faiss.Index, wanted: Floats) -> NDArray[np.int64]:
    """As above, but by matrix products from two queries on; FAISS waits for twenty."""
    before = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = 2
    found = _indices(index, wanted)
    faiss.cvar.distance_compute_blas_threshold = before
    return found


def _by_numpy(gallery: Floats, wanted: Floats) -> NDArray[np.int64]:
    scores = wanted @ gallery.T
    best = np.argpartition(-scores, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
    return np.take_along_axis(best, order, axis=1)


def _times_ms(run: Callable[[], object], repeats: int) -> list[float]:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return [passed * 1e3 for passed in times]


def _print(rows: list[Row], bandwidth: dict[str, float], dimension: int) -> None:
    speeds = ", ".join(f"{threads} threads {speed:.1f} GB/s" for threads, speed in bandwidth.items())
    title = f"{dimension} values a template, {processor()}; copying: {speeds}"
    table = Table("templates", "threads", "queries", "method", "ms", "recall", "of the limit", title=title)
    for row in rows:
        figures = (f"{row.ms:.2f}", f"{row.recall:.1%}", f"{row.of_limit:.2f}")
        table.add_row(f"{row.templates:,}", str(row.threads), str(row.queries), row.method, *figures)
    Console().print(table)


if __name__ == "__main__":
    app()
