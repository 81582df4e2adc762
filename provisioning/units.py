"""Adding a unit: the folder that is copied to the device, its record at the hub, and its rules at the broker."""

from datetime import datetime
from pathlib import Path

from credentials.endorsement import ENDORSEMENT_FILE
from credentials.identity import create_identity
from credentials.keystore.selection import KeyStoreKind
from credentials.private_files import DiskError, make_private_directory, one_at_a_time, require_private, write_public
from protocol.ids import SiteId, SliceName, UnitId
from provisioning.authority import Authority, require_certifiable
from provisioning.broker_config import write_access_list
from provisioning.deployment import Deployment
from provisioning.errors import AlreadyProvisionedError, DamagedFolderError, ForeignNameError
from provisioning.ledger import Ledger
from provisioning.places import AUTHORITY, BROKER, HUB, hub_units, unit_folder
from provisioning.registry import Registry, UnitRecord
from provisioning.root.creation import ROOT_FILE
from provisioning.root.keys import KEY_FILE
from provisioning.staging import is_unfinished, whole_folder
from provisioning.templates import fill


def add_unit(
    folder: Path,
    unit: UnitId,
    *,
    site: SiteId,
    slices: tuple[SliceName, ...],
    now: datetime,
    key_store: KeyStoreKind = KeyStoreKind.FILE,
) -> Path:
    """Provision `unit`, and return the folder to copy to the device. Without `slices` it may hold all of the hub's.

    The keys in it are plain files, which the device takes over into its own `key_store` at its first start.
    Afterwards the unit is whole, or nothing of it is left and the same call can be made again.

    Raises NotProvisionedError, AlreadyProvisionedError, ForeignNameError, DamagedFolderError, ClockError,
    DiskError, or PrivateFileError when others can read the authority's keys.
    """
    deployment = Deployment.load(folder / AUTHORITY)
    _require_names(deployment, unit, site, slices)
    authority = Authority.load(folder / AUTHORITY, now=now)
    if (folder / AUTHORITY / KEY_FILE).exists():  # It may have gone to a medium of its own.
        require_private(folder / AUTHORITY / KEY_FILE)
    registry, ledger = Registry(hub_units(folder)), Ledger(folder / AUTHORITY)
    target = unit_folder(folder, unit)

    def rewrite_access_list() -> None:
        write_access_list(folder / BROKER, deployment.hub, (record.unit for record in registry.records()))

    def withdraw() -> None:
        registry.remove(unit)
        ledger.remove_client(unit)
        rewrite_access_list()

    with one_at_a_time(folder / AUTHORITY):
        _require_new(unit, target, registry)
        with whole_folder(target, withdraw=withdraw) as partial:
            record = UnitRecord(unit, site, slices or deployment.slices, create_identity(partial, unit).public)
            _fill_unit_folder(partial, unit_settings(record, deployment, key_store), hub_folder=folder / HUB)
            endorsement = authority.endorse(unit, record.card.verify_key.raw)
            write_public(partial / ENDORSEMENT_FILE, endorsement.hex().encode())
            ledger.add(_write_certificates(partial, authority, unit, now=now))
            registry.add(record)
            rewrite_access_list()
    return target


def _require_new(unit: UnitId, target: Path, registry: Registry) -> None:
    if registry.is_revoked(unit):
        raise AlreadyProvisionedError(f"{unit} is revoked, and its name is not given again: choose another.")
    try:
        # The folder may have gone to the device; and a record beside an unfinished folder is not yet a unit's.
        if target.exists() or (unit in registry and not is_unfinished(target)):
            raise AlreadyProvisionedError(f"{unit} is provisioned already and is not overwritten: choose another name.")
    except OSError as error:
        raise DiskError(f"{target} cannot be looked for: {error.strerror}.") from error


def _require_names(deployment: Deployment, unit: UnitId, site: SiteId, slices: tuple[SliceName, ...]) -> None:
    deployment.require_own(unit)
    deployment.require_own(site)
    require_certifiable(unit)
    for name in slices:
        if name not in deployment.slices:
            known = ", ".join(deployment.slices)
            raise ForeignNameError(f"{name} is not a slice that {deployment.hub} publishes: choose among {known}.")


def _fill_unit_folder(folder: Path, settings: bytes, *, hub_folder: Path) -> None:
    try:
        write_public(folder / "hub-card.json", (hub_folder / "card.json").read_bytes())
        write_public(folder / "tuf-root.json", (hub_folder / "tuf" / ROOT_FILE).read_bytes())
    except OSError as error:
        raise DamagedFolderError(f"The hub's {error.filename} cannot be read: {error.strerror}.") from error
    write_public(folder / "edge.toml", settings)
    make_private_directory(folder / "data")


def _write_certificates(folder: Path, authority: Authority, unit: UnitId, *, now: datetime) -> bytes:
    """The unit's certificate."""
    tls = make_private_directory(folder / "tls")
    write_public(tls / "ca.crt", authority.certificate)
    credential = authority.issue_client(unit, now=now)
    credential.save(tls, "unit")
    return credential.certificate


def unit_settings(record: UnitRecord, deployment: Deployment, key_store: KeyStoreKind) -> bytes:
    """The unit's first edge.toml."""
    return fill(
        "edge.toml",
        unit=record.unit,
        site=record.site,
        hub=deployment.hub,
        key_store=key_store,
        broker_host=deployment.broker.host,
        broker_port=deployment.broker.port,
        watchlist_url=f"{deployment.units.url}/watchlist",
    )
