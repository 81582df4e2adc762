"""`mca edge doctor`: everything a technician needs to know of a unit, and nothing of any person."""

import platform
import socket
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypedDict
from urllib.parse import urlsplit

from rich.markup import escape
from rich.table import Table

from edge_agent.bootstrap import Unit, open_unit, unit_body
from edge_agent.config import EdgeSettings
from edge_agent.status import Status, read_status
from edge_agent.supervision.disk import read_disk
from edge_agent.supervision.explanations import EXPLANATIONS
from edge_agent.supervision.power import read_power
from edge_agent.supervision.selftest import check_camera, check_disk, check_models, check_vault
from edge_agent.supervision.wiring import Body, pins_of
from faults import MissingChildAlertError
from protocol.health import Alarm

_MODEL: Final = Path("/proc/device-tree/model")
_PATIENCE: Final = 5.0  # seconds


class FindingJson(TypedDict):
    """One object of `mca edge doctor --json`. `fault`: a code, or "error"; null where all is well."""

    part: str
    state: str
    fault: str | None
    advice: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination."""

    part: str
    state: str
    fault: str | None = None  # a code, or "error" for what has none
    advice: str | None = None  # for the technician

    def as_json(self) -> FindingJson:
        """For programs."""
        return FindingJson(part=self.part, state=self.state, fault=self.fault, advice=self.advice)


def examine(settings: EdgeSettings) -> list[Finding]:
    """Look at the machine, then at the unit. What cannot be opened is a finding too. It takes no picture."""
    findings = [*_machine(settings)]
    try:
        with open_unit(settings) as unit:
            findings += _unit(unit)
    except (MissingChildAlertError, OSError) as error:
        findings.append(Finding("unit", "does not open", "error", str(error)))
    return findings


def as_table(findings: Iterable[Finding]) -> Table:
    """For people: what is wrong stands out by its word, and not by a colour alone."""
    table = Table("Part", "State", "Fault", "What to do")
    for finding in findings:
        style = "" if finding.fault is None else "bold red"
        cells = (finding.part, finding.state, finding.fault or "", finding.advice or "")
        table.add_row(*map(escape, cells), style=style)
    return table


def _machine(settings: EdgeSettings) -> Iterator[Finding]:
    model = _MODEL.read_text(encoding="utf-8").strip("\0\n") if _MODEL.exists() else platform.machine()
    yield Finding("unit", f"{settings.unit} at {settings.site}")
    yield Finding("software", f"mca {version('missing-child-alert')}, Python {platform.python_version()}")
    yield Finding("board", f"{model}, Linux {platform.release()}")
    power = read_power()
    word = "not told" if power.throttled is None else f"{power.throttled:#x}"
    heat = "not told" if power.celsius is None else f"{power.celsius:.0f} °C"
    yield from _part("power and heat", f"throttling {word}, {heat}", power.faults())
    if settings.data.is_dir():
        yield from _part("disk", _room(settings.data), check_disk(settings.data))
    lines = [f"{name} {line}" for name, line in asdict(pins_of(settings)).items() if line is not None]
    yield Finding("panel", ", ".join(lines) or "none is set")


def _unit(unit: Unit) -> Iterator[Finding]:
    status, body = read_status(unit), unit_body(unit)
    settings = unit.settings
    yield from _part("camera", _camera(body), check_camera(body.camera))
    yield from _part("recogniser", f"pack {unit.pack.digest}", check_models(unit.pack, settings.threads))
    yield from _part("vault", f"key store {status['key_store']}", check_vault(unit.vault))
    moment = unit.clock.moment()
    sure = "uncertain" if moment.latest is None else f"within {(moment.latest - moment.earliest) / 2000:.0f} s"
    yield Finding("clock", sure)
    lists = urlsplit(settings.watchlist_url)
    yield _server(unit, "broker", settings.broker_host, settings.broker_port)
    yield _server(unit, "lists", lists.hostname or "", lists.port or 443)
    yield Finding("watchlist", _watchlist(status), *_unusable(status))
    yield Finding("outbox", f"{status['pending']} wait, {status['outbox_bytes'] / 1e6:.1f} MB")
    for alarm in sorted({*map(Alarm, status["alarms"]), *body.notes.standing()}):
        yield Finding("stands", EXPLANATIONS[alarm].staff, str(alarm), EXPLANATIONS[alarm].technician)


def _server(unit: Unit, part: str, host: str, port: int) -> Finding:
    """Whether it answers, and is whom the unit knows: a TLS connection, and no word over it."""
    try:
        context = unit.tls_context()
        with socket.create_connection((host, port), _PATIENCE) as raw, context.wrap_socket(raw, server_hostname=host):
            return Finding(part, f"{host}:{port} answers")
    except (MissingChildAlertError, OSError) as error:
        advice = f"{error}: look at the network, the firewall, the address in edge.toml and the folder `tls`."
        return Finding(part, f"{host}:{port} does not answer", "error", advice)


def _part(part: str, state: str, faults: Iterable[Alarm]) -> Iterator[Finding]:
    found = [*faults]
    for alarm in found:
        yield Finding(part, state, str(alarm), EXPLANATIONS[alarm].technician)
    if not found:
        yield Finding(part, state)


def _room(folder: Path) -> str:
    try:
        disk = read_disk(folder)
    except OSError:
        return "does not answer"
    life = "not told" if disk.life_used is None else f"{disk.life_used * 10} %"
    return f"{disk.free / 1e9:.1f} of {disk.size / 1e9:.1f} GB free, life time used: {life}"


def _camera(body: Body) -> str:
    if body.camera is None:
        return "none is set"
    # An address may carry a password.
    source = "a network camera" if "://" in body.camera.source else body.camera.source
    return f"{source}, {body.camera.module}"


def _watchlist(status: Status) -> str:
    return f"version {status['list_version']}, {status['entries']} cases, last sync {status['last_sync'] or 'never'}"


def _unusable(status: Status) -> tuple[str | None, str | None]:
    return (None, None) if status["list_unusable"] is None else ("error", status["list_unusable"])
