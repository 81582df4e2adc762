"""The units of a hub: one file each in the hub's folder. Whatever lists units is made from here.

<local name>.json   {"unit", "site", "slices": [...], "card": {"name", "verify", "seal"}}
"""

import json
from dataclasses import dataclass
from pathlib import Path

from credentials.identity import parse_card, write_card
from credentials.private_files import DiskError, write_public
from faults import RejectedError
from protocol.ids import SiteId, SliceName, UnitId, local_part, parse_site_id, parse_slice_name, parse_unit_id
from protocol.keys import Identity
from provisioning.errors import DamagedFolderError, NotProvisionedError


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What a hub knows of a unit: where it stands, which slices it may hold, and its public keys."""

    unit: UnitId
    site: SiteId
    slices: tuple[SliceName, ...]
    card: Identity

    def to_json(self) -> bytes:
        """The record as its file holds it."""
        card = json.loads(write_card(self.card))
        record = {"unit": self.unit, "site": self.site, "slices": list(self.slices), "card": card}
        return json.dumps(record, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "UnitRecord":
        """Raises ValueError, KeyError, TypeError or RejectedError for anything that `to_json` would not write."""
        record = json.loads(data)
        return cls(
            unit=parse_unit_id(record["unit"]),
            site=parse_site_id(record["site"]),
            slices=tuple(parse_slice_name(name) for name in record["slices"]),
            card=parse_card(json.dumps(record["card"]).encode()),
        )


class Registry:
    """The folder of a hub's units."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, unit: UnitId) -> bool:
        return self._path(unit).exists()

    def add(self, record: UnitRecord) -> None:
        """Write a unit's file, whole or not at all. Raises DiskError."""
        write_public(self._path(record.unit), record.to_json())

    def remove(self, unit: UnitId) -> None:
        """Take a unit's file away if there is one. Raises DiskError."""
        try:
            self._path(unit).unlink(missing_ok=True)
        except OSError as error:
            raise DiskError(f"{self._path(unit)} could not be removed: {error.strerror}.") from error

    def records(self) -> list[UnitRecord]:
        """Every unit, in order of its name. Raises NotProvisionedError or DamagedFolderError."""
        if not self._folder.is_dir():
            raise NotProvisionedError(f"{self._folder} is missing: this folder holds no hub. Run `mca provision init`.")
        return [self._read(path) for path in sorted(self._folder.glob("[!.]*.json"))]

    def _read(self, path: Path) -> UnitRecord:
        try:
            record = UnitRecord.from_json(path.read_bytes())
        except OSError as error:
            raise DamagedFolderError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError, RejectedError) as error:
            raise DamagedFolderError(f"{path} does not describe a unit. Restore it from a backup.") from error
        if self._path(record.unit) != path or record.card.name != record.unit:
            raise DamagedFolderError(f"{path} describes another unit. Restore it from a backup.")
        return record

    def _path(self, unit: UnitId) -> Path:
        return self._folder / f"{local_part(unit)}.json"
