"""The hub as its desk sees it: how soon a candidate is in the queue, how many pages a second, how long the lists take.

The real `mca hub serve` with its broker, 1,000 simulated units, and people with the queue open in a browser each.
Sightings come evenly, so many a second; some name a candidate. A candidate is visible when a person's open page shows
its reference: after the commit, the live event and the lines that the page fetches then. The registers hold made-up
cases.
"""

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import hub_lists
from benchmarks.databases import opened_database
from benchmarks.hub_desk import Desk, DeskProcess, desk_process
from benchmarks.hub_lists import PageTime
from benchmarks.ingest_load import Fleet, connected, enrol
from benchmarks.timing import processor
from hub.access.service import Role
from hub.bootstrap import Services
from hub.matching.store import note_search
from hub.sites import EVERY_SITE
from protocol.ids import CaseId, PhotoId, UnitId
from tests.support.hub_site import HubProcess, HubSite, SimulatedUnit, register

app = typer.Typer(add_completion=False)

_PASSWORD = "copper lantern walks at noon"  # noqa: S105  Of people who exist for as long as the benchmark runs.
_PAGES = ("/", "/queue", "/cases", "/decisions", "/alerts", "/account")


# Nobody has a phone here; and cases that were made up to be old are to stay.
_SETTINGS = {"MCA_LOG_LEVEL": "info", "MCA_HUB_SECOND_FACTOR": "optional"} | {
    f"MCA_HUB_{register}_{what}_DAYS": "3650" for register in ("MISSING", "FOUND") for what in ("SEARCH", "RECORD")
}


@dataclass(frozen=True, slots=True)
class Load:
    """What is put upon the hub. At most 100 candidates: more would not all be shown by a queue."""

    units: int = 1000
    rate: float = 10.0  # sightings a second
    sightings: int = 200
    candidates: int = 40
    operators: int = 20
    seconds: float = 8.0  # of opening pages
    cases: int = 100_000


_FULL = Load()
_QUICK = Load(units=20, rate=20.0, sightings=20, candidates=10, operators=3, seconds=1.0, cases=500)


@dataclass(frozen=True, slots=True)
class Result:
    """One database. Seconds from a unit's sending to a person's open page, over all candidates and people."""

    database: str
    p50_s: float
    p95_s: float
    p99_s: float
    pages_per_s: float
    page_p95_ms: float
    lists: list[PageTime]
    peak_mb: int  # of the hub's process
    idle_mb: int  # before anybody did anything


@app.command()
def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A few of all: shows that it runs, measures nothing.")] = False,
    units: Annotated[int, typer.Option(min=200, help="Simulated units.")] = _FULL.units,
    rate: Annotated[float, typer.Option(min=0.1, help="Sightings a second, all units together.")] = _FULL.rate,
    operators: Annotated[int, typer.Option(min=1, help="People at the desk.")] = _FULL.operators,
    cases: Annotated[int, typer.Option(min=1, help="Made-up cases in the registers.")] = _FULL.cases,
) -> None:
    """Measure a hub on SQLite and on PostgreSQL."""
    load = _QUICK if quick else Load(units=units, rate=rate, operators=operators, cases=cases)
    results = []
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="mca-bench-") as folder, opened_database(name) as url:
            results.append(measure(name, HubSite(Path(folder), database_url=url), load))
    first, second = results
    # What an installation may count on is the slower of the two.
    slowest = {key: max(getattr(one, key) for one in results) for key in ("p50_s", "p95_s", "p99_s")}
    ratios = {
        key: round(getattr(second, key) / getattr(first, key), 2)
        for key in ("p50_s", "p95_s", "p99_s", "pages_per_s", "peak_mb")
    }
    if as_json:
        rows = [asdict(result) for result in results]
        about = {"processor": processor(), **asdict(load)}
        typer.echo(json.dumps({**about, **slowest, "postgresql_over_sqlite": ratios, "rows": rows}))
    else:
        _print(results, ratios, load)


def measure(name: str, site: HubSite, load: Load) -> Result:
    """Everything on one kind of database."""
    fleet = enrol(site, load.units)
    desk = Desk(
        site.settings.console_url,
        site.folder / "hub" / "tls" / "ca.crt",
        tuple(f"person-{number}" for number in range(load.operators)),
        _PASSWORD,
    )
    with site.services() as hub:
        hub.fleet.refresh()
        _add_people(hub, desk)
        hub_lists.fill(hub.database, hub.vault, load.cases)
        _note_compared(hub, load.cases)
        case = register(hub, "GD 1/desk")
        with hub.database.read() as connection:
            (photo,) = hub.cases.summary(connection, case).photos
        lists = hub_lists.measure(hub.database, hub.vault, repeats=5)
    with HubProcess(site, **_SETTINGS) as running:
        idle = _resident(running.pid, "VmRSS")
        with desk_process(desk) as people, connected(site, fleet) as clients:
            waited = _wait_in_queue(clients, people, fleet, load, (case, photo))
            pages = people.ask("open", _PAGES, load.seconds)
        peak = _resident(running.pid, "VmHWM")
    cuts = statistics.quantiles(waited, n=100, method="inclusive")
    return Result(
        name,
        p50_s=round(cuts[49], 2),
        p95_s=round(cuts[94], 2),
        p99_s=round(cuts[98], 2),
        pages_per_s=round(len(pages) / load.seconds, 1),
        page_p95_ms=round(1e3 * statistics.quantiles(pages, n=100, method="inclusive")[94], 1),
        lists=lists,
        peak_mb=peak,
        idle_mb=idle,
    )


def _wait_in_queue(
    clients: Fleet, people: DeskProcess, fleet: Sequence[SimulatedUnit], load: Load, found: tuple[CaseId, PhotoId]
) -> list[float]:
    """The seconds from each candidate's sending to each person's page."""
    every = load.sightings // load.candidates
    intakes = [
        (unit, unit.sighting(*((found,) if number % every == 0 else ())))
        for number, unit in enumerate(fleet[: load.sightings])
    ]
    messages = [(UnitId(unit.id), unit.envelope(intake.to_bytes())) for unit, intake in intakes]
    people.ask("watch")
    sent = clients.send_evenly(messages, load.rate)
    shown = [(at, intake.reference) for at, (_, intake) in zip(sent, intakes, strict=True) if intake.candidates]
    seen = people.ask("seen", [reference for _, reference in shown])
    return [moment - at for (at, _), moments in zip(shown, seen, strict=True) for moment in moments]


def _note_compared(hub: Services, cases: int) -> None:
    """The registers have been there for long: the hub does not compare all of them while it is measured."""
    last, pack = CaseId(f"bd/c-{cases - 1:08}"), bytes.fromhex(hub.pack.digest)
    with hub.database.begin() as connection:
        note_search(connection, last, revision=cases, pack_digest=pack, at=hub.clock(), candidates=0)


def _add_people(hub: Services, desk: Desk) -> None:
    roles = {Role.REVIEWER, Role.CASE_OFFICER}
    with hub.database.begin() as connection:
        for name in desk.names:
            hub.access.operators.add(
                connection, name, desk.password, roles, EVERY_SITE, at=hub.clock(), actor="benchmark"
            )


def _resident(process: int, field: str) -> int:
    """Megabytes of a process, now (VmRSS) or at most so far (VmHWM)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return round(int(line.split()[1]) / 1024)
    raise LookupError(field)


def _print(results: list[Result], ratios: dict[str, float], load: Load) -> None:
    title = f"{load.units} units, {load.rate:g} sightings/s, {load.operators} people, {load.cases} cases, {processor()}"
    waits = ("in the queue: p50 s", "p95 s", "p99 s")
    table = Table("database", *waits, "pages/s", "p95 ms", "idle MB", "peak MB", title=title)
    for one in results:
        figures = (one.p50_s, one.p95_s, one.p99_s, one.pages_per_s, one.page_p95_ms, one.idle_mb, one.peak_mb)
        table.add_row(one.database, *map(str, figures))
    lists = Table("list page, ms", *(one.database for one in results))
    for pages in zip(*(one.lists for one in results), strict=True):
        lists.add_row(pages[0].page, *(str(page.ms) for page in pages))
    console = Console()
    console.print(table)
    console.print("PostgreSQL over SQLite: " + ", ".join(f"{name} {ratio}" for name, ratio in ratios.items()))
    console.print(lists)


if __name__ == "__main__":
    app()
