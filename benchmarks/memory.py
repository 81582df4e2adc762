"""Peak memory of a unit with a long list: its real processes, as systemd and staff start them.

The agent opens the list cold, takes an update, and takes a list that was published anew (the old one and the new are
in memory together then). An intake is a process of its own beside it, with the networks and the list.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import models
from benchmarks.installation import Installation, installation, quiet
from benchmarks.timing import processor
from hub.clock import DAY

app = typer.Typer(add_completion=False)

_PHOTO = Path(models.__file__).parent / "samples" / "obama.jpg"
_BASIS = ("--legal-basis", "best-interests", "--official", "A. Rahman", "--reason", "measurement")
_FACTS = (*_BASIS, "--age-band", "18+", "--sex", "male")
_WAIT_SECONDS = 300.0


@dataclass
class Agent:
    """A running `mca edge run` and the events of its log."""

    process: "subprocess.Popen[str]"
    events: list[dict[str, object]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """Until the process ends."""
        for line in self.process.stderr or ():
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()

    def wait_for_list(self, version: int) -> None:
        """Return when the agent searches this version of the list."""
        wanted = ("watchlist.loaded", version)

        def loaded() -> bool:
            return any((event["event"], event.get("list_version")) == wanted for event in self.events)

        with self.news:
            if not self.news.wait_for(loaded, _WAIT_SECONDS):
                raise RuntimeError(f"the agent did not load version {version}")

    def memory_mb(self, what: str) -> float:
        """`VmHWM`, its peak, or `VmRSS`, what it has now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
        return round(int(kilobytes) / 1024, 1)


@app.command()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    templates: Annotated[int, typer.Option(min=300, help="Templates on the list.")] = 100_000,
) -> None:
    """Measure the peak of each process's memory after each step."""
    with quiet(), tempfile.TemporaryDirectory() as folder, installation(Path(folder) / "hub") as site:
        peaks = measure(site, templates)
    if as_json:
        typer.echo(json.dumps({"processor": processor(), "templates": templates, "peak_mb": peaks}))
        return
    table = Table("after", "peak MB", title=f"Peak memory with {templates:,} templates, {processor()}")
    for step, peak in peaks.items():
        table.add_row(step, f"{peak:.0f}")
    Console().print(table)


def measure(site: Installation, templates: int) -> dict[str, float]:
    """Peak resident memory in MB after each step."""
    site.list_cases(templates)
    first = site.hub.watchlist.publish("benchmark").list_version
    peaks = {"first synchronisation": _peak_of(site, ["sync"])}
    with _agent(site) as agent:
        agent.wait_for_list(first)
        peaks["agent, started with the list on disk"] = agent.memory_mb("VmHWM")
        site.list_cases(100)
        agent.wait_for_list(site.hub.watchlist.publish("benchmark").list_version)
        peaks["agent, 100 cases added"] = agent.memory_mb("VmHWM")
        site.remove_case()
        agent.wait_for_list(site.hub.watchlist.publish("benchmark").list_version)
        peaks["agent, one case removed"] = agent.memory_mb("VmHWM")
        site.clock.ahead += 2 * DAY
        agent.wait_for_list(site.hub.watchlist.publish("benchmark").list_version)
        peaks["agent, the whole list published anew"] = agent.memory_mb("VmHWM")
        peaks["intake beside it"] = _peak_of(site, ["intake", "--photo", str(_PHOTO), *_FACTS])
        peaks["agent and intake at once"] = round(agent.memory_mb("VmRSS") + peaks["intake beside it"], 1)
    return peaks


@contextmanager
def _agent(site: Installation) -> Iterator[Agent]:
    with subprocess.Popen(  # noqa: S603  Our own command.
        _command(["run"]), env=_environment(site), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        agent = Agent(process)
        reader = threading.Thread(target=agent.read)
        reader.start()
        try:
            yield agent
        finally:
            process.terminate()
            process.wait(_WAIT_SECONDS)
            reader.join()


def _peak_of(site: Installation, arguments: Sequence[str]) -> float:
    """Of a command that runs to its end."""
    process = subprocess.Popen(  # noqa: S603  As above.
        _command(arguments), env=_environment(site), stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"mca edge {arguments[0]} ended with {process.returncode}")
    return round(usage.ru_maxrss / 1024, 1)


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "mca", "edge", *arguments]


def _environment(site: Installation) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MCA_")}
    return inherited | {
        "MCA_EDGE_CONFIG": str(site.edge_config),
        "MCA_EDGE_SYNC_EVERY_SECONDS": "2",
        "MCA_LOG_LEVEL": "info",
    }


if __name__ == "__main__":
    app()
