"""A provisioned hub with its units, in this process or as `mca hub serve`; and a unit that speaks the protocol."""

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any, Self, cast

from credentials.identity import load_identity
from hub.bootstrap import Services, build_services
from hub.cases.service import GivenPhoto, NewCase
from hub.clock import system_clock
from hub.config import HubSettings, load_settings
from models.align import portrait
from models.images import decode_image, encode_jpeg, encode_png
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser
from protocol.circumstances import NOT_RECORDED
from protocol.consent import sign_record
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, seal
from protocol.ids import CaseId, HubId, PhotoId, SightingId, SiteId, SliceName, UnitId, intake_reference, local_part
from protocol.keys import Identity, PrivateIdentity
from protocol.moment import Moment
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.sighting import Candidate, Chance, Face, LegalBasis, Quality, Sighting
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from provisioning.units import add_unit
from tests.support.broker import free_ports
from tests.support.consents import consent_record

HUB = HubId("bd")
UNIT = UnitId("bd/benapole-1")
OTHER_UNIT = UnitId("bd/darshana-2")
SITE = SiteId("bd/benapole")
SLICE = SliceName("bd/missing")
SAMPLES = Path(__file__).parents[2] / "models" / "samples"
PHOTO = SAMPLES / "obama.jpg"


class SetClock:
    """A clock that stands still until it is moved. It starts now, since TUF's client has a clock of its own."""

    def __init__(self) -> None:
        self.now = system_clock()

    def __call__(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self.now


class HubSite:
    """A folder as `mca provision` makes it, for a hub and its units, on free ports."""

    def __init__(
        self,
        folder: Path,
        *,
        units: Sequence[UnitId] = (UNIT,),
        slices: Sequence[SliceName] = (SLICE,),
        database_url: str | None = None,
    ) -> None:
        """`database_url`: of PostgreSQL; without it the hub keeps its data in SQLite, in its own folder."""
        self.folder = folder / "installation"
        self.clock = SetClock()
        broker, console, service = (parse_endpoint("127.0.0.1", port) for port in free_ports())
        deployment = Deployment(hub=HUB, slices=tuple(slices), broker=broker, console=console, units=service)
        create_installation(self.folder, deployment, now=datetime.now(UTC))
        if database_url is not None:
            self.config.write_text(f'database = "{database_url}"\n{self.config.read_text()}')
        for unit in units:
            self.add_unit(unit)

    @property
    def config(self) -> Path:
        """The hub's settings."""
        return self.folder / "hub" / "hub.toml"

    @property
    def settings(self) -> HubSettings:
        return load_settings(self.config)

    @property
    def hub(self) -> Identity:
        """The hub as units know it."""
        return load_identity(self.folder / "hub").public

    @property
    def root(self) -> bytes:
        """The TUF root that a unit trusts from the beginning."""
        return (self.folder / "hub" / "tuf" / "root.json").read_bytes()

    def add_unit(self, unit: UnitId, slices: tuple[SliceName, ...] = ()) -> None:
        add_unit(self.folder, unit, site=SITE, slices=slices, now=datetime.now(UTC))

    def withdraw_unit(self, unit: UnitId) -> None:
        """As provisioning does: the hub no longer has its record."""
        (self.folder / "hub" / "units" / f"{local_part(unit)}.json").unlink()

    def unit_folder(self, unit: UnitId = UNIT) -> Path:
        return self.folder / "units" / local_part(unit)

    def unit(self, unit: UnitId = UNIT) -> "SimulatedUnit":
        return SimulatedUnit(load_identity(self.unit_folder(unit)), self.hub)

    @contextmanager
    def services(self) -> Iterator[Services]:
        """The hub's rooms in this process, by this site's clock."""
        services = build_services(self.settings, self.clock)
        try:
            yield services
        finally:
            services.database.close()

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MCA_")}
        return inherited | {"MCA_HUB_CONFIG": str(self.config)} | changes

    def run(self, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """`mca hub …` to its end."""
        return subprocess.run(
            _command(*arguments),
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def add_case(self, reference: str = "GD 1/2026", photo: Path = PHOTO) -> CaseId:
        """By the command, as an operator does beside the running hub."""
        facts = ["--reference", reference, "--sex", "male", "--born-from", "2014-01", "--born-to", "2014-06"]
        done = self.run("case", "add", "--photo", str(photo), *facts)
        assert done.returncode == 0, done.stderr
        return CaseId(done.stdout.strip())

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        assert done.returncode == 0, done.stderr
        return cast("dict[str, Any]", json.loads(done.stdout))


class HubProcess:
    """`mca hub serve`, or another command that runs. In a `with` statement it is ready inside, ended in order after."""

    ready = "hub.ready"

    def __init__(self, site: HubSite, *options: str, command: str = "serve", **changes: str) -> None:
        self._process = subprocess.Popen(
            _command(command, *options),
            env=site.environment(**{"MCA_LOG_LEVEL": "debug"} | changes),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        try:
            self.wait_for(self.ready)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        return "".join(self._lines)

    def wait_for(self, text: str, times: int = 1, seconds: float = 90) -> None:
        """Return when the log holds `text` so many times."""
        with self._news:
            came = self._news.wait_for(lambda: self.log.count(text) >= times or not self._reader.is_alive(), seconds)
        assert came, f"{text!r} did not come:\n{self.log}"
        assert self.log.count(text) >= times, f"the hub ended before {text!r}:\n{self.log}"

    def signal(self, number: Signals) -> None:
        self._process.send_signal(number)

    def stop(self, number: Signals = SIGTERM) -> int:
        """Let it end in order; its exit code."""
        if self._process.poll() is None:
            self.signal(number)
        return self.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = self._process.wait(timeout=60)
        self._reader.join(timeout=60)
        cast("Any", self._process.stderr).close()
        return code

    def _read(self) -> None:
        for line in cast("Any", self._process.stderr):
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()


class WorkerProcess(HubProcess):
    """`mca hub ingest N`, likewise."""

    ready = "worker.ready"

    def __init__(self, site: HubSite, number: int, **changes: str) -> None:
        super().__init__(site, str(number), command="ingest", **changes)


class SimulatedUnit:
    """What a unit sends, made by the protocol's own code."""

    def __init__(self, identity: PrivateIdentity, hub: Identity) -> None:
        self.identity = identity
        self.id = UnitId(identity.name)
        self._hub = hub
        self.sequence = 0

    def sighting(self, *candidates: tuple[CaseId, PhotoId], **changes: Any) -> Sighting:
        """A new intake. With candidates it carries the face of a public photograph. `token`: of its receipt."""
        ranked = tuple(
            Candidate(case, photo, rank, 0.8, 0.6, Chance(1e-3, 5e-4, 2e-3, 1e-3, counted=True))
            for rank, (case, photo) in enumerate(candidates, 1)
        )
        now = system_clock()
        moment = Moment(now, now, now)
        kind = changes.get("legal_basis", LegalBasis.BEST_INTERESTS)
        token = changes.pop("token", secrets.token_bytes(16))
        reference = changes.get("reference", intake_reference(secrets.token_bytes(5)))
        record = consent_record(
            self.id, changes.get("site", SITE), reference, kind, moment, record_id=secrets.token_bytes(16)
        )
        record = replace(record, withdrawal=withdrawal_of(token))
        plain = Sighting(
            sighting_id=SightingId(secrets.token_hex(16)),
            reference=reference,
            unit=self.id,
            site=SITE,
            captured=moment,
            retrospective=False,
            legal_basis=kind,
            basis_reference="form 12",
            consent=sign_record(record, self.identity.signing_key),
            age_band=AgeBand.PRETEEN,
            sex=Sex.MALE,
            circumstances=NOT_RECORDED,
            pack_digest=bytes(32),
            calibration=bytes(32),
            list_version=1,
            comparable=max(len(ranked), 1),
            frames=1,
            quality=Quality({"sharpness": 80}, None),
            candidates=ranked,
            face=FACES.face if ranked else None,
        )
        return replace(plain, **changes)

    def envelope(
        self, payload: bytes, kind: MessageType = MessageType.SIGHTING, *, sequence: int | None = None
    ) -> bytes:
        """Sealed to the hub under the next sequence number, or a given one."""
        self.sequence += 1
        number = self.sequence if sequence is None else sequence
        return seal(
            payload, message_type=kind, sender=self.identity, recipient=self._hub, sequence=number, now=system_clock()
        )


class _Faces:
    """The face of a public photograph, found once in a process."""

    @cached_property
    def face(self) -> Face:
        recogniser = Recogniser(load_pack(default_pack_path()))
        image = decode_image(PHOTO.read_bytes())
        face = recogniser.detect(image)[0]
        return Face(encode_png(recogniser.align(image, face)), encode_jpeg(portrait(image, face, 240), 85))


FACES = _Faces()


def new_case(reference: str = "GD 1/2026", **changes: Any) -> NewCase:
    """A boy of twelve."""
    case = NewCase(reference, SLICE, Sex.MALE, BirthBand(Month(2014, 1), Month(2014, 6)), last_seen=None)
    return replace(case, **changes)


def register(services: Services, reference: str = "GD 1/2026", **changes: Any) -> CaseId:
    """A case with one public photograph."""
    return services.cases.register(new_case(reference, **changes), [GivenPhoto(PHOTO.read_bytes())], "tester")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mca", "hub", *arguments]
