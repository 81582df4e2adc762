"""An authority's folder, made once: the authority itself, the broker, the hub, and room for the units."""

import json
import secrets
from datetime import datetime
from pathlib import Path

from credentials.identity import create_identity
from credentials.private_files import DiskError, make_private_directory, write_private, write_public
from protocol.ids import hub_worker_name
from provisioning.authority import Authority, require_certifiable
from provisioning.broker_config import CONFIGURATION, create_broker_folder
from provisioning.deployment import Deployment
from provisioning.errors import AlreadyProvisionedError
from provisioning.ledger import Ledger
from provisioning.places import (
    AUTHORITY,
    BROKER,
    BROKER_CERTIFICATE,
    HUB,
    HUB_CERTIFICATES,
    HUB_WORKERS,
    REVOKED_COPIES,
    REVOKED_FILE,
    UNITS,
)
from provisioning.root.creation import create_root
from provisioning.staging import whole_folder
from provisioning.templates import fill


def create_installation(folder: Path, deployment: Deployment, *, now: datetime) -> None:
    """Make `folder`, which must be empty or not exist, with everything that a hub without units needs.

    Raises AlreadyProvisionedError, DiskError, or ForeignNameError for a hub whose name is too long.
    """
    require_certifiable(hub_worker_name(deployment.hub, HUB_WORKERS[-1]))
    _require_unused(folder)
    authority = Authority.create(deployment.hub, now=now)
    with whole_folder(folder) as partial:
        authority_folder = make_private_directory(partial / AUTHORITY)
        authority.save(authority_folder)
        deployment.save(authority_folder)
        create_broker_folder(partial / BROKER, deployment, authority, now=now)
        tuf = _create_hub_folder(make_private_directory(partial / HUB), deployment, authority, now=now)
        create_root(offline=authority_folder, online=tuf, now=now)
        _create_records(partial, authority, now=now)
        make_private_directory(partial / UNITS)


def _require_unused(folder: Path) -> None:
    try:
        if (folder / AUTHORITY).exists():
            raise AlreadyProvisionedError(
                f"{folder} holds an authority already, and every unit trusts it alone: it is not overwritten. "
                "Add units with `mca provision unit`, or name another folder."
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise AlreadyProvisionedError(f"{folder} is not an empty folder: name a new or an empty one.")
    except OSError as error:
        raise DiskError(f"{folder} cannot be looked into: {error.strerror}.") from error


def _create_records(folder: Path, authority: Authority, *, now: datetime) -> None:
    """What the authority remembers of its certificates: all that it issued, and that none is revoked."""
    ledger = Ledger(folder / AUTHORITY)
    for place in (BROKER_CERTIFICATE, *HUB_CERTIFICATES):
        ledger.add((folder / place).read_bytes())
    revoked = authority.revoke((), None, now=now)
    for path in (Path(AUTHORITY, REVOKED_FILE), *REVOKED_COPIES):
        write_public(folder / path, revoked)


def _create_hub_folder(folder: Path, deployment: Deployment, authority: Authority, *, now: datetime) -> Path:
    """Returns the folder of the hub's TUF keys."""
    create_identity(folder, deployment.hub)
    write_private(folder / "storage.key", secrets.token_bytes(32).hex().encode())
    write_public(folder / "hub.toml", hub_settings(deployment))
    tls = make_private_directory(folder / "tls")
    write_public(tls / "ca.crt", authority.certificate)
    authority.issue_client(deployment.hub, now=now).save(tls, "hub")
    for number in HUB_WORKERS:
        authority.issue_client(hub_worker_name(deployment.hub, number), now=now).save(tls, f"worker-{number}")
    authority.issue_server("console", deployment.console.host, now=now).save(tls, "console")
    authority.issue_server("units", deployment.units.host, now=now).save(tls, "units")
    make_private_directory(folder / "units")
    make_private_directory(folder / "data")
    return make_private_directory(folder / "tuf")


def hub_settings(deployment: Deployment) -> bytes:
    """The hub's first hub.toml."""
    return fill(
        "hub.toml",
        hub=deployment.hub,
        slices=json.dumps(list(deployment.slices)),
        console_host=deployment.console.listen_address,
        console_port=deployment.console.port,
        console_url=deployment.console.url,
        units_host=deployment.units.listen_address,
        units_port=deployment.units.port,
        broker_host=deployment.broker.local_address,
        broker_port=deployment.broker.port,
        broker_config=f"../{BROKER}/{CONFIGURATION}",
    )
