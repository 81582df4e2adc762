"""What a new child costs a unit's line, how soon it is searched for, and how a unit starts with a long list.

The hub's own publication, its HTTPS server with certificates on both sides, and the unit's own synchronisation, on a
line that passes so many bits a second and counts every byte, TLS included. Templates are of nobody.

Beside each figure stands what nothing could do better: the bare templates, in the two bytes a value that are sent and
in the four that a recogniser gives; the time that the line takes for the bytes; and, for a start, opening the
same bytes with the same cipher and copying them.
"""

import json
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from rich.console import Console
from rich.table import Table

from benchmarks.installation import Installation, installation, quiet
from benchmarks.line import Line
from benchmarks.timing import processor, stay_on_one_core
from edge_agent.bootstrap import Unit, build_synchroniser
from edge_agent.watchlist.index import Probe
from edge_agent.watchlist.keyring import epoch_key
from edge_agent.watchlist.loading import Watchlist
from hub.clock import DAY
from models.template import Template
from protocol import cbor
from protocol.person import AgeBand, Sex
from protocol.segment import MAX_SEGMENT
from protocol.targets import parse_segment_path

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Added:
    """Children added to a list at once. `publish_s`: until the hub had committed; `searchable_s`: from then on."""

    line: str
    children: int
    publish_s: float
    searchable_s: float
    line_s: float | None  # what the line takes for the bytes that it passed down
    bytes_down: int
    bytes_up: int
    bytes_per_child: float
    of_sent_template: float
    of_float32_template: float


@dataclass(frozen=True, slots=True)
class Start:
    """Opening a stored list in a new process. Peaks are of the process that holds hub and unit."""

    entries: int
    publish_s: float
    stored_bytes: int
    load_s: float
    bare_s: float  # the same bytes deciphered and copied
    ratio: float
    remove_publish_s: float
    remove_bytes_down: int
    remove_searchable_s: float
    compact_publish_s: float
    peak_mb: float


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    bits: Annotated[float, typer.Option(min=8000, help="Bits a second of the slow line.")] = 64_000,
    children: Annotated[list[int] | None, typer.Option(help="Children added at once; may be repeated.")] = None,
    entries: Annotated[int, typer.Option(min=1, help="Cases on the long list.")] = 100_000,
    before: Annotated[int, typer.Option(min=1, help="Cases on the list that children are added to.")] = 1000,
) -> None:
    """Measure synchronisation."""
    stay_on_one_core()
    added = []
    with quiet(), tempfile.TemporaryDirectory() as folder, installation(Path(folder) / "hub") as site:
        site.list_cases(before)
        site.hub.watchlist.publish("benchmark")
        for count in children or [1, 100, 10_000]:
            added += [add(site, count, None), add(site, count, bits)]
    with quiet(), tempfile.TemporaryDirectory() as folder, installation(Path(folder) / "hub") as site:
        start = measure_start(site, entries)
    if as_json:
        figures = {"added": [asdict(each) for each in added], "start": asdict(start)}
        typer.echo(json.dumps({"processor": processor(), **figures}))
    else:
        _print(added, start)


def add(site: Installation, count: int, bits: float | None) -> Added:
    """List so many more children and bring them to the unit, which has everything else."""
    with Line(site.units_port, bits_per_second=bits) as line, site.unit() as idle:
        # What was published before is fetched without the line.
        build_synchroniser(idle, lambda: False).sync()
        with site.unit(line.port) as unit:
            current = unit.loader.load_installed()
            wanted = site.list_cases(count)
            publish_s = _timed(lambda: site.hub.watchlist.publish("benchmark"))
            searchable_s = _timed(lambda: _search_for(wanted, _synchronised(unit, current)))
    down, up = line.passed["down"], line.passed["up"]
    sent = 2 * unit.pack.manifest.dimension
    return Added(
        line="loopback" if bits is None else f"{bits / 1000:g} kbit/s",
        children=count,
        publish_s=round(publish_s, 3),
        searchable_s=round(searchable_s, 3),
        line_s=None if bits is None else round(down * 8 / bits, 3),
        bytes_down=down,
        bytes_up=up,
        bytes_per_child=round(down / count, 1),
        of_sent_template=round(down / count / sent, 3),
        of_float32_template=round(down / count / sent / 2, 3),
    )


def measure_start(site: Installation, entries: int) -> Start:
    """A list of so many cases: published, fetched, opened; then one case less, and what was removed compacted."""
    site.list_cases(entries)
    publish_s = _timed(lambda: site.hub.watchlist.publish("benchmark"))
    with site.unit() as unit:
        build_synchroniser(unit, lambda: False).sync()
    with site.unit() as unit:
        load_s = min(_timed(unit.loader.load_installed) for _ in range(3))
        bare_s = min(_timed(lambda: _decipher(unit)) for _ in range(3))
        current = unit.loader.load_installed()
        stored = sum(unit.store.target_file(each.sha256).stat().st_size for each in current.installed.segments)
    site.remove_case()
    remove_publish_s = _timed(lambda: site.hub.watchlist.publish("benchmark"))
    with Line(site.units_port, bits_per_second=None) as line, site.unit(line.port) as unit:
        remove_searchable_s = _timed(lambda: _synchronised(unit, current))
    site.clock.ahead += 2 * DAY
    compact_publish_s = _timed(lambda: site.hub.watchlist.publish("benchmark"))
    return Start(
        entries=entries,
        publish_s=round(publish_s, 3),
        stored_bytes=stored,
        load_s=round(load_s, 3),
        bare_s=round(bare_s, 4),
        ratio=round(load_s / bare_s, 1),
        remove_publish_s=round(remove_publish_s, 3),
        remove_bytes_down=line.passed["down"],
        remove_searchable_s=round(remove_searchable_s, 3),
        compact_publish_s=round(compact_publish_s, 3),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def _synchronised(unit: Unit, current: Watchlist) -> Watchlist:
    synced = build_synchroniser(unit, lambda: False).sync(current)
    if synced.watchlist is None:
        raise RuntimeError("the unit found nothing new")
    return synced.watchlist


def _search_for(wanted: Template, watchlist: Watchlist) -> None:
    found = watchlist.index.search(Probe(wanted, Sex.FEMALE, AgeBand.CHILD, datetime.now(UTC).date()))
    if not found.matches:
        raise RuntimeError("the child that was added is not found")


def _decipher(unit: Unit) -> None:
    """What no start can do without: read, decipher and copy the bytes."""
    installed = unit.store.readable()
    if installed is None:
        raise RuntimeError("the unit has no list")
    keyring = unit.loader.open_keyring(installed.keyring)
    for target in installed.segments:
        match cbor.decode(unit.store.target_file(target.sha256).read_bytes(), limit=MAX_SEGMENT):
            case [_, _, int() as epoch, bytes() as nonce, bytes() as ciphertext]:
                key = epoch_key(keyring, parse_segment_path(target.path)[0], epoch)
                context = b"mca/segment/1\0" + target.path.encode()
                bytearray(AESGCM(key.key).decrypt(nonce, ciphertext, context))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _print(added: list[Added], start: Start) -> None:
    console = Console()
    columns = ("children", "line", "publish s", "searchable s", "line s", "bytes", "a child", "× sent", "× float32")
    table = Table(*columns, title=f"Children added at once, {processor()}")
    for each in added:
        line_s = "" if each.line_s is None else f"{each.line_s:.2f}"
        times = (f"{each.publish_s:.2f}", f"{each.searchable_s:.2f}", line_s)
        sizes = (f"{each.bytes_down:,}", f"{each.bytes_per_child:,.0f}")
        table.add_row(
            f"{each.children:,}",
            each.line,
            *times,
            *sizes,
            f"{each.of_sent_template:.2f}",
            f"{each.of_float32_template:.2f}",
        )
    console.print(table)
    long = Table("of a list of", f"{start.entries:,}", title="A long list")
    for name, value in asdict(start).items():
        long.add_row(name, f"{value:,}")
    console.print(long)


if __name__ == "__main__":
    app()
