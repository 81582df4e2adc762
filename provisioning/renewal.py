"""New certificates before the old ones end: over the same keys, so that no private key travels a second time.

A renewed certificate fits the key that the device or the hub has already; only the .crt file is copied, and the
old one holds until it ends. A key that others may know is no case for renewal but for revocation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from credentials.private_files import make_private_directory, one_at_a_time, write_public
from protocol.ids import UnitId, hub_worker_name
from provisioning.authority import Authority
from provisioning.broker_config import write_access_list
from provisioning.deployment import Deployment
from provisioning.errors import DamagedFolderError, NoSuchUnitError
from provisioning.ledger import Issued, Ledger
from provisioning.places import (
    AUTHORITY,
    BROKER,
    BROKER_CERTIFICATE,
    HUB,
    HUB_CERTIFICATES,
    HUB_WORKERS,
    hub_units,
    unit_folder,
)
from provisioning.registry import Registry

DUE: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A new certificate: whose, where it lies now, and until when it holds."""

    name: str
    path: Path
    until: datetime
    key: Path | None = None  # only where there was none before


class Renewal:
    """Renews certificates of one authority's folder."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        """Raises NotProvisionedError, DamagedFolderError, ClockError or PrivateFileError."""
        self._folder = folder
        self._now = now
        self._deployment = Deployment.load(folder / AUTHORITY)
        self._authority = Authority.load(folder / AUTHORITY, now=now)
        self._ledger = Ledger(folder / AUTHORITY)
        self._registry = Registry(hub_units(folder))

    def unit(self, unit: UnitId) -> list[Renewed]:
        """One unit's. Raises NoSuchUnitError, ForeignNameError, DamagedFolderError or DiskError."""
        self._deployment.require_own(unit)
        if unit not in {record.unit for record in self._registry.records()}:
            raise NoSuchUnitError(f"{unit} was never provisioned here, or is revoked: there is nothing to renew.")
        return self._renew([(unit, False, self._unit_place(unit))])

    def broker(self) -> list[Renewed]:
        """The broker's. Raises DamagedFolderError or DiskError."""
        return self._renew([("broker", True, BROKER_CERTIFICATE)])

    def hub(self) -> list[Renewed]:
        """The hub's own and its workers', which a hub that was provisioned long ago gets now.

        Raises DamagedFolderError or DiskError.
        """
        renewed = self._renew(self._hub_places())
        return renewed + self._add_workers()

    def due(self) -> list[Renewed]:
        """All that end within 60 days, or were renewed by a run that was cut short.

        Raises DamagedFolderError or DiskError.
        """
        places = [("broker", True, BROKER_CERTIFICATE), *self._hub_places()]
        places += [(record.unit, False, self._unit_place(record.unit)) for record in self._registry.records()]
        latest = self._latest()
        return self._renew(place for place in places if self._is_due(latest.get(place[:2]), self._folder / place[2]))

    def _is_due(self, issued: Issued | None, path: Path) -> bool:
        if issued is None or issued.until - self._now < DUE:
            return True
        # The folder may have gone to its machine. A folder without the newest certificate is a run that was cut short.
        return path.parent.exists() and not _ends_with(path, issued)

    def _hub_places(self) -> list[tuple[str, bool, Path]]:
        hub = self._deployment.hub
        workers = [hub_worker_name(hub, number) for number in HUB_WORKERS]
        names = ((hub, False), ("console", True), ("units", True), *((worker, False) for worker in workers))
        places = [(*name, place) for name, place in zip(names, HUB_CERTIFICATES, strict=True)]
        known = self._latest()
        return [place for place in places if place[0] not in workers or place[:2] in known]

    def _add_workers(self) -> list[Renewed]:
        hub, folder, added = self._deployment.hub, self._folder / HUB / "tls", list[Renewed]()
        with one_at_a_time(self._folder / AUTHORITY):
            known = self._latest()
            for number in HUB_WORKERS:
                name, file = hub_worker_name(hub, number), f"worker-{number}"
                if (name, False) not in known:
                    credential = self._authority.issue_client(name, now=self._now)
                    self._ledger.add(credential.certificate)
                    credential.save(make_private_directory(folder), file)
                    path = folder / f"{file}.crt"
                    until = Issued.parse(credential.certificate, path).until
                    added.append(Renewed(name, path, until, path.with_suffix(".key")))
            if added:
                write_access_list(self._folder / BROKER, hub, (record.unit for record in self._registry.records()))
        return added

    def _unit_place(self, unit: UnitId) -> Path:
        return unit_folder(Path(), unit) / "tls" / "unit.crt"

    def _latest(self) -> dict[tuple[str, bool], Issued]:
        return {(issued.name, issued.is_server): issued for issued in self._ledger.latest()}

    def _renew(self, places: Iterable[tuple[str, bool, Path]]) -> list[Renewed]:
        renewed = []
        with one_at_a_time(self._folder / AUTHORITY):
            latest = self._latest()
            for name, is_server, place in places:
                old = latest.get((name, is_server))
                if old is None:
                    raise DamagedFolderError(
                        f"The certificate of {name} is missing from the authority's folder. Restore it from a backup."
                    )
                path = self._folder / place
                make_private_directory(path.parent)
                pem = self._authority.issue_again(old.certificate, now=self._now)
                # The ledger first: a certificate that it does not know could never be revoked.
                self._ledger.add(pem)
                write_public(path, pem)
                renewed.append(Renewed(name, path, Issued.parse(pem, path).until))
        return renewed


def _ends_with(path: Path, issued: Issued) -> bool:
    """Whether the file's certificate holds as long: of two of the same second either is the newest."""
    try:
        return Issued.parse(path.read_bytes(), path).until == issued.until
    except (FileNotFoundError, DamagedFolderError):
        return False
