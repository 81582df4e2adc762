"""What an authority remembers of the hub it was made for: its name, its slices and where its services are found."""

import json
from dataclasses import dataclass
from pathlib import Path

from credentials.private_files import write_public
from faults import RejectedError
from protocol.ids import HubId, SiteId, SliceName, UnitId, owner, parse_hub_id, parse_slice_name
from provisioning.endpoints import Endpoint, parse_endpoint
from provisioning.errors import DamagedFolderError, ForeignNameError, InvalidAddressError, NotProvisionedError

_FILE = "hub.json"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A hub, the slices of the watchlist that it publishes, and the endpoints that its peers dial.

    Raises ForeignNameError when a slice is not the hub's, InvalidAddressError when two services share a port.
    """

    hub: HubId
    slices: tuple[SliceName, ...]
    broker: Endpoint
    console: Endpoint
    units: Endpoint

    def __post_init__(self) -> None:
        for name in self.slices:
            self.require_own(name)
        if len({self.broker.port, self.console.port, self.units.port}) < 3:
            raise InvalidAddressError("The broker, the console and the units' service need three different ports.")

    def require_own(self, name: UnitId | SiteId | SliceName) -> None:
        """Return if this hub owns `name`. Raises ForeignNameError."""
        if owner(name) != self.hub:
            raise ForeignNameError(
                f"{name} belongs to the hub {owner(name)}, and this is the authority of {self.hub}: "
                f"names here begin with {self.hub}/."
            )

    def save(self, folder: Path) -> None:
        """Write to an authority's folder. Raises DiskError."""
        record = {
            "hub": self.hub,
            "slices": list(self.slices),
            **{
                service: {"host": endpoint.host, "port": endpoint.port}
                for service, endpoint in (("broker", self.broker), ("console", self.console), ("units", self.units))
            },
        }
        write_public(folder / _FILE, json.dumps(record, indent=1).encode())

    @classmethod
    def load(cls, folder: Path) -> "Deployment":
        """Read from an authority's folder. Raises NotProvisionedError or DamagedFolderError."""
        path = folder / _FILE
        try:
            record = json.loads(path.read_bytes())
            return cls(
                hub=parse_hub_id(record["hub"]),
                slices=tuple(parse_slice_name(name) for name in record["slices"]),
                broker=parse_endpoint(record["broker"]["host"], record["broker"]["port"]),
                console=parse_endpoint(record["console"]["host"], record["console"]["port"]),
                units=parse_endpoint(record["units"]["host"], record["units"]["port"]),
            )
        except OSError as error:
            raise NotProvisionedError(
                f"{folder.parent} holds no authority ({path}: {error.strerror}). "
                "Make one with `mca provision init`, or name its folder."
            ) from error
        except (ValueError, KeyError, TypeError, RejectedError) as error:
            raise DamagedFolderError(f"{path} is damaged. Restore the authority's folder from its backup.") from error
