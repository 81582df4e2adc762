"""Durable sightings a second: real broker, real `mca hub serve`, real disk, up to the signed receipt.

Compared in the same run with what bounds it: a client that answers the same messages over the same broker without
doing anything (bare QoS 1 round trips), and one row of the same size for each transaction of the same database
(bare commits). Units are simulated: each has keys of its own and one message in flight, and they share a few TLS
connections, whose certificates may speak for all of them. Every tenth sighting names a candidate and carries a face.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.databases import opened_database
from benchmarks.ingest_load import Run, connected, echo, enrol
from benchmarks.timing import processor
from hub.db import Database
from protocol.ids import CaseId, PhotoId
from tests.support.broker import Broker
from tests.support.hub_site import HubProcess, HubSite, SimulatedUnit, WorkerProcess, register

app = typer.Typer(add_completion=False)

_RECEIPT_BYTES = 1600  # What a sealed receipt weighs.
_CANDIDATES_EVERY = 10


@dataclass(frozen=True, slots=True)
class Result:
    """One database. Rates in messages a second; `of_…`: the hub's rate over that of the bare thing."""

    database: str
    workers: int
    hub: Run  # all units at once
    single_ms: float  # one unit alone: from sending to the receipt, the median
    broker: Run
    commits: float
    of_broker: float
    of_commits: float


@app.command()
def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A few units: shows that it runs, measures nothing.")] = False,
    units: Annotated[int, typer.Option(min=1, help="Simulated units.")] = 1000,
    messages: Annotated[int, typer.Option(min=2, help="Sightings of each unit.")] = 5,
    workers: Annotated[int, typer.Option(min=0, max=4, help="Processes of `mca hub ingest` beside the hub.")] = 0,
) -> None:
    """Measure ingest on SQLite and on PostgreSQL."""
    if quick:
        units, messages = 20, 2
    results = []
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="mca-bench-") as folder, opened_database(name) as url:
            results.append(measure(name, HubSite(Path(folder), database_url=url), units, messages, workers))
    about = {"processor": processor(), "units": units, "messages": messages}
    if as_json:
        typer.echo(json.dumps({**about, "rows": [asdict(result) for result in results]}))
    else:
        _print(results, f"{units} units, {units * messages} sightings, {processor()}")


def measure(name: str, site: HubSite, units: int, messages: int, workers: int) -> Result:
    """Everything on one kind of database."""
    fleet = enrol(site, units)
    with site.services() as hub:
        hub.fleet.refresh()
        case = register(hub)
        with hub.database.read() as connection:
            (photo,) = hub.cases.summary(connection, case).photos
    sealed = {unit.id: _envelopes(unit, messages, case, photo) for unit in fleet}
    alone, *_ = fleet
    one_by_one = {alone.id: _envelopes(alone, 30, case, photo)}
    with Broker(site.folder), echo(site, _RECEIPT_BYTES), connected(site, fleet) as clients:
        broker = clients.send_all(sealed)
    with _hub(site, workers), connected(site, fleet) as clients:
        run = clients.send_all(sealed)
        single = clients.send_all(one_by_one)
    commits = _bare_commits(site.settings.database_url, next(iter(sealed.values()))[0], seconds=3.0)
    return Result(
        name,
        workers,
        run,
        single.p50_ms,
        broker,
        commits,
        of_broker=round(run.rate / broker.rate, 3),
        of_commits=round(run.rate / commits, 3),
    )


def _envelopes(unit: SimulatedUnit, count: int, case: CaseId, photo: PhotoId) -> list[bytes]:
    found = [((case, photo),) if number % _CANDIDATES_EVERY == 0 else () for number in range(count)]
    return [unit.envelope(unit.sighting(*candidates).to_bytes()) for candidates in found]


@contextmanager
def _hub(site: HubSite, workers: int) -> Iterator[None]:
    quiet = {"MCA_LOG_LEVEL": "info"}
    beside = [WorkerProcess(site, number, **quiet) for number in range(1, workers + 1)]
    with HubProcess(site, **quiet):
        for worker in beside:
            worker.wait_for(worker.ready)
        yield
        for worker in beside:
            worker.stop()


def _bare_commits(url: str, row: bytes, *, seconds: float) -> float:
    """Transactions a second of one row each, one after the other."""
    database = Database(url)
    kind = "BYTEA" if database.file is None else "BLOB"
    with database.begin() as connection:
        connection.execute(text(f"CREATE TABLE bench (body {kind})"))
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        with database.begin() as connection:
            connection.execute(text("INSERT INTO bench VALUES (:body)"), {"body": row})
        count += 1
    passed = time.perf_counter() - start
    database.close()
    return round(count / passed, 1)


def _print(results: list[Result], title: str) -> None:
    columns = ("database", "workers", "sightings/s", "p50 ms", "p99 ms", "alone ms")
    table = Table(*columns, "round trips/s", "commits/s", "of round trips", "of commits", title=title)
    for one in results:
        figures = (one.hub.rate, one.hub.p50_ms, one.hub.p99_ms, one.single_ms, one.broker.rate, one.commits)
        table.add_row(
            one.database, str(one.workers), *map(str, figures), f"{one.of_broker:.0%}", f"{one.of_commits:.0%}"
        )
    Console().print(table)


if __name__ == "__main__":
    app()
