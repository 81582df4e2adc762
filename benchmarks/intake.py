"""A unit at work: the agent with its screen as a process of its own, and somebody who takes intakes at it.

The camera is a photograph that is read anew for each picture, and the browser an HTTP client that asks for what the
page asks for. The minutes of work are simulated: the processor's seconds of an idle unit, of a live picture and of an
intake are measured, and added up as often as they occur in that time. Beside them what bounds them: the same picture
looked at by the bare recogniser.
"""

import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.timing import processor
from edge_agent.camera.files import FileCamera
from edge_agent.faces.capture import look
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from tests.browser.kiosk import agent, new_site
from tests.edge_agent.kiosk.screen import Screen
from tests.edge_agent.lists import SAMPLES
from tests.support.broker import Broker, free_port

app = typer.Typer(add_completion=False)

PHOTO: Final = SAMPLES / "obama2.jpg"
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_TAKT_SECONDS: Final = 90  # An intake in so long, with nobody between: a queue behind the counter.
_BEFORE_CAMERA_SECONDS: Final = 20  # For how long of it somebody stands before the camera.
_QUIET_SECONDS: Final = 0.5  # Of no processor time, after which what was asked for is done.


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds, megabytes, and shares of one core. `of_bare`: over the bare recogniser's time for one picture."""

    guidance_p50_ms: float
    guidance_p95_ms: float
    received_p50_ms: float
    received_p95_ms: float
    bare_ms: float
    guidance_of_bare: float
    received_of_bare: float
    idle_cpu: float
    preview_cpu: float
    intake_cpu_s: float
    busy_cpu: float
    minutes: int
    intakes: int
    idle_mb: int
    busy_mb: int


@dataclass(frozen=True, slots=True)
class Process:
    """What the kernel says of a process."""

    pid: int

    def cpu(self) -> float:
        """Seconds of the processor so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self, field: str) -> int:
        """VmRSS: now; VmHWM: at most so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(round(int(line.split()[1]) / 1024) for line in lines if line.startswith(f"{field}:"))

    def share(self, seconds: float) -> float:
        """Of one core, while so much time passes."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds

    def settle(self) -> None:
        """Return when it has done what there was to do."""
        while self.share(_QUIET_SECONDS) > 0.1:
            pass


@app.command()
def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    minutes: Annotated[int, typer.Option(min=1, help="Simulated minutes of work.")] = 30,
    idle_seconds: Annotated[float, typer.Option(min=1, help="For how long the idle unit is watched.")] = 20.0,
) -> None:
    """Measure one unit, idle and busy."""
    with tempfile.TemporaryDirectory(prefix="mca-bench-") as folder:
        result = measure(Path(folder), minutes, idle_seconds)
    if as_json:
        typer.echo(json.dumps({"processor": processor(), **asdict(result)}))
    else:
        _print(result)


def measure(folder: Path, minutes: int, idle_seconds: float) -> Result:
    """With a broker and a hub that answers."""
    bare = _bare_ms()
    port, intakes = free_port(), max(minutes * 60 // _TAKT_SECONDS, 2)
    with (
        new_site(folder) as site,
        Broker(site.folder) as broker,
        site.hub.peer(broker.port),
        agent(site, port, camera=str(PHOTO)) as running,
        Screen(port) as screen,
    ):
        unit = Process(running.process.pid)
        unit.settle()
        idle, idle_mb = unit.share(idle_seconds), unit.megabytes("VmRSS")
        screen.sign_in()
        _begin(screen)
        pictures, preview = _watch(screen, unit, seconds=5.0)
        before = unit.cpu()
        received = [_take(screen, begun=number == 0) for number in range(intakes)]
        unit.settle()
        each = (unit.cpu() - before) / intakes
        busy_mb = unit.megabytes("VmHWM")
    work = intakes * (each + preview * _BEFORE_CAMERA_SECONDS)
    guidance, done = _cuts(pictures), _cuts(received)
    return Result(
        *guidance,
        *done,
        bare_ms=round(bare, 1),
        guidance_of_bare=round(guidance[0] / bare, 2),
        received_of_bare=round(done[0] / bare, 2),
        idle_cpu=round(idle, 4),
        preview_cpu=round(preview, 3),
        intake_cpu_s=round(each, 3),
        busy_cpu=round(idle + work / (minutes * 60), 3),
        minutes=minutes,
        intakes=intakes,
        idle_mb=idle_mb,
        busy_mb=busy_mb,
    )


def _begin(screen: Screen) -> None:
    """To the live picture."""
    screen.submit("/intake")
    screen.submit("/intake/present", present="child")
    screen.submit("/intake/basis", kind="best-interests")
    screen.submit("/intake/permit", official="A. Rahman", reason="alone")


def _watch(screen: Screen, unit: Process, seconds: float) -> tuple[list[float], float]:
    """The seconds from each live picture with its guidance to the next, and the share of a core that it takes."""
    times, number = [], 0
    before, start = unit.cpu(), time.perf_counter()
    last = start
    while last - start < seconds:
        number = int(screen.get("/intake/view", params={"after": number}).headers["View-Number"])
        now = time.perf_counter()
        times.append(now - last)
        last = now
    return times[1:], (unit.cpu() - before) / (last - start)


def _take(screen: Screen, *, begun: bool) -> float:
    """The seconds from the shutter to the pictures that were taken, and from the facts to "received", together."""
    if not begun:
        _begin(screen)
    screen.get("/intake/view")
    form = screen.token("/intake/camera")
    start = time.perf_counter()
    _post(screen, "/intake/shoot", form)
    while screen.get("/intake/view").headers["View-Turn"] == "0":
        pass
    taken = time.perf_counter() - start
    form = screen.token("/intake/facts")
    start = time.perf_counter()
    _post(screen, "/intake/facts", form, sex="male", age="18+")
    return taken + time.perf_counter() - start


def _post(screen: Screen, path: str, form: str, **fields: str) -> None:
    answer = screen.post(path, data={"csrf": form, **fields}, headers={"Origin": screen.origin})
    answer.raise_for_status()


def _bare_ms() -> float:
    """One picture by the recogniser alone: read, found, judged and embedded."""
    recogniser, times = Recogniser(load_pack(default_pack_path()), threads=1), []
    for _ in range(10):
        start = time.perf_counter()
        (frame,) = FileCamera(PHOTO, lambda: 0).frames()
        look(frame, recogniser)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def _cuts(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return round(1e3 * cuts[9], 1), round(1e3 * cuts[18], 1)


def _print(result: Result) -> None:
    table = Table("", "", title=f"One unit, {result.intakes} intakes in {result.minutes} minutes, {processor()}")
    for name, value in asdict(result).items():
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    app()
