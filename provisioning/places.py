"""Where things lie in an authority's folder: authority/ stays offline, the others are copied to their machines."""

from pathlib import Path
from typing import Final

from protocol.ids import UnitId, local_part

AUTHORITY: Final = "authority"
BROKER: Final = "broker"
HUB: Final = "hub"
UNITS: Final = "units"
REVOKED_FILE: Final = "revoked.crl"

# The certificates of the hub's services, by service.
BROKER_CERTIFICATE: Final = Path(BROKER, "server.crt")
HUB_WORKERS: Final = range(1, 5)  # Processes that may take in messages beside the hub's own.
HUB_CERTIFICATES: Final = tuple(
    Path(HUB, "tls", f"{name}.crt")
    for name in ("hub", "console", "units", *(f"worker-{number}" for number in HUB_WORKERS))
)
# Who shows certificates reads the list of revoked ones in its own folder.
REVOKED_COPIES: Final = (Path(BROKER, REVOKED_FILE), Path(HUB, "tls", REVOKED_FILE))


def unit_folder(folder: Path, unit: UnitId) -> Path:
    """What is copied to a unit's device."""
    return folder / UNITS / local_part(unit)


def hub_units(folder: Path) -> Path:
    """The hub's records of its units."""
    return folder / HUB / "units"


def hub_tuf(folder: Path) -> Path:
    """The hub's TUF root and keys."""
    return folder / HUB / "tuf"
