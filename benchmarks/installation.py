"""A hub with as many cases as are wanted, and one of its units, as they are provisioned: nobody's faces, real code."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy import insert

from credentials.tls import server_context
from edge_agent.bootstrap import Unit, open_unit
from edge_agent.config import EdgeSettings
from edge_agent.config import load_settings as load_edge_settings
from hub.bootstrap import Services, build_services
from hub.cases.sealing import photo_place
from hub.cases.tables import case_photos, case_templates, cases
from hub.clock import system_clock
from hub.config import load_settings
from hub.https import HttpsServer
from hub.watchlist.routes import build_units_app
from models.template import Template
from protocol.ids import CaseId, HubId, SiteId, SliceName, UnitId
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from provisioning.units import add_unit

HUB, UNIT, SITE, SLICE = HubId("bd"), UnitId("bd/unit-1"), SiteId("bd/site"), SliceName("bd/missing")
_BORN = 2018 * 12
_AT_ONCE = 5_000


@dataclass
class Clock:
    """The machine's clock, moved ahead by so many milliseconds."""

    ahead: int = 0

    def __call__(self) -> int:
        return system_clock() + self.ahead


@dataclass
class Installation:
    """What `mca provision` made in `folder`, with the hub's rooms open."""

    folder: Path
    hub: Services
    clock: Clock
    units_port: int
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @property
    def edge_config(self) -> Path:
        """The unit's settings."""
        return self.folder / "units" / "unit-1" / "edge.toml"

    def edge_settings(self, port: int | None = None) -> EdgeSettings:
        """The unit's settings, fetching from another port of this machine than the hub's own."""
        settings = load_edge_settings(self.edge_config)
        url = f"https://127.0.0.1:{port or self.units_port}/watchlist"
        return settings.model_copy(update={"watchlist_url": url})

    @contextmanager
    def unit(self, port: int | None = None) -> Iterator[Unit]:
        """The unit, open in this process."""
        with open_unit(self.edge_settings(port)) as unit:
            yield unit

    def list_cases(self, count: int) -> Template:
        """List so many more cases, each with one template of nobody; the last one's template."""
        vectors = self.random.standard_normal((count, self.hub.pack.manifest.dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for start in range(0, count, _AT_ONCE):
            self._insert(vectors[start : start + _AT_ONCE])
        return Template(vectors[-1], self.hub.pack.digest)

    def remove_case(self) -> None:
        """Take one case off the list."""
        with self.hub.database.begin() as connection:
            case = next(iter(self.hub.cases.listed_digests(connection, SLICE, every_pack=True)))
            self.hub.cases.mark_located(connection, case, "benchmark", self.clock())

    def _insert(self, vectors: np.ndarray) -> None:
        pack, now = bytes.fromhex(self.hub.pack.digest), self.clock()
        with self.hub.database.begin() as connection:
            revision = self.hub.cases.revision(connection)
            rows = [_case(revision + number, now) for number in range(1, len(vectors) + 1)]
            photos = [secrets.token_hex(8) for _ in rows]
            sealed = [
                self.hub.vault.encrypt(vector.tobytes(), photo_place(photo, "template", pack))
                for photo, vector in zip(photos, vectors, strict=True)
            ]
            connection.execute(insert(cases), rows)
            connection.execute(
                insert(case_photos),
                [
                    {"id": photo, "case_id": row["id"], "position": 0, "added_at": now}
                    for photo, row in zip(photos, rows, strict=True)
                ],
            )
            connection.execute(
                insert(case_templates),
                [
                    {"photo_id": photo, "pack_digest": pack, "sealed_vector": vector}
                    for photo, vector in zip(photos, sealed, strict=True)
                ],
            )


def _case(revision: int, now: int) -> dict[str, str | int | date]:
    return {
        "id": CaseId(f"{HUB}/c-{secrets.token_hex(5)}"),
        "register": "missing",
        "state": "open",
        "state_at": now,
        "site": "",
        "slice": SLICE,
        "sex": "female",
        "born_from": _BORN + revision % 60,
        "born_to": _BORN + revision % 60 + 6,
        "risk": "medium",
        "ground": "police-order",
        "purposes": "search",
        "listed_until": datetime.now(UTC).date() + timedelta(days=90 - revision % 30),
        "registered_at": now,
        "renewed_at": now,
        "revision": revision,
    }


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """A hub that serves its watchlist to one unit over HTTPS on this machine."""
    ports = _free_ports(3)
    endpoints = [parse_endpoint("127.0.0.1", port) for port in ports]
    now = datetime.now(UTC)
    create_installation(folder, Deployment(HUB, (SLICE,), *endpoints), now=now)
    add_unit(folder, UNIT, site=SITE, slices=(), now=now)
    clock = Clock()
    hub = build_services(load_settings(folder / "hub" / "hub.toml"), clock)
    tls, stop = folder / "hub" / "tls", threading.Event()
    context = server_context(certificate=tls / "units.crt", key=tls / "units.key", authority=tls / "ca.crt")
    server = HttpsServer(build_units_app(hub.watchlist), "127.0.0.1", ports[2], context)
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield Installation(folder, hub, clock, ports[2])
    finally:
        stop.set()
        thread.join()
        hub.database.close()


@contextmanager
def quiet() -> Iterator[None]:
    """Let the hub and the unit in this process log nothing."""
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    try:
        yield
    finally:
        structlog.configure(**before)


def _drop(_logger: object, _name: str, _event: object) -> str:
    raise structlog.DropEvent


def _free_ports(count: int) -> list[int]:
    """Different ones, since all are held before any is let go."""
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(server.getsockname()[1]) for server in servers]
