"""Taking a unit's rights away: at the broker, at the hub, and from every certificate that it ever had."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from credentials.private_files import one_at_a_time, write_public
from protocol.ids import UnitId
from provisioning.authority import Authority, RevokedCertificate, load_revocations
from provisioning.broker_config import write_access_list
from provisioning.deployment import Deployment
from provisioning.errors import DamagedFolderError
from provisioning.ledger import Ledger
from provisioning.places import AUTHORITY, BROKER, REVOKED_COPIES, REVOKED_FILE, hub_units
from provisioning.registry import Reason, Registry, Revocation

_FLAGS: Final = {
    Reason.LOST: x509.ReasonFlags.key_compromise,
    Reason.STOLEN: x509.ReasonFlags.key_compromise,
    Reason.TAMPERED: x509.ReasonFlags.key_compromise,
    Reason.RETIRED: x509.ReasonFlags.cessation_of_operation,
    Reason.UNSPECIFIED: x509.ReasonFlags.unspecified,
}


def revoke_unit(folder: Path, unit: UnitId, reason: Reason, *, now: datetime) -> None:
    """Revoke `unit` for ever. Called again, it completes what a full disk or a power cut left undone.

    The hub's record goes first: from then on every command here treats the unit as revoked.

    Raises NoSuchUnitError, ForeignNameError, NotProvisionedError, DamagedFolderError, ClockError, PrivateFileError
    or DiskError.
    """
    deployment = Deployment.load(folder / AUTHORITY)
    deployment.require_own(unit)
    authority = Authority.load(folder / AUTHORITY, now=now)
    registry = Registry(hub_units(folder))
    with one_at_a_time(folder / AUTHORITY):
        registry.revoke(unit, reason, now)
        _write_revoked(folder, authority, registry.revocations(), now=now)
        write_access_list(folder / BROKER, deployment.hub, (record.unit for record in registry.records()))


def _write_revoked(folder: Path, authority: Authority, revocations: Iterable[Revocation], *, now: datetime) -> None:
    """Bring the list of revoked certificates, and its copies, to what the registry says."""
    master = folder / AUTHORITY / REVOKED_FILE
    try:
        current = master.read_bytes()
    except OSError as error:
        raise DamagedFolderError(f"{master} cannot be read: {error.strerror}. Restore it from a backup.") from error
    ledger = Ledger(folder / AUTHORITY)
    entries = [
        RevokedCertificate(issued.certificate.serial_number, revocation.at, _FLAGS[revocation.reason])
        for revocation in revocations
        for issued in ledger.client(revocation.record.unit)
    ]
    if {entry.serial_number for entry in load_revocations(current)} != {entry.serial for entry in entries}:
        current = authority.revoke(entries, current, now=now)
        write_public(master, current)
    for copy in REVOKED_COPIES:
        write_public(folder / copy, current)
