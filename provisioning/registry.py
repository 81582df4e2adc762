"""The units of a hub: one file each in the hub's folder. Whatever lists units is made from here.

<local name>.json           {"unit", "site", "slices": [...], "card": {"name", "verify", "seal"}}
revoked/<local name>.json   the same and "revoked": {"at", "reason"}; its name is never given to another unit
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from credentials.identity import parse_card, write_card
from credentials.private_files import DiskError, make_private_directory, write_public
from faults import RejectedError
from protocol.ids import SiteId, SliceName, UnitId, local_part, parse_site_id, parse_slice_name, parse_unit_id
from protocol.keys import Identity
from provisioning.errors import DamagedFolderError, NoSuchUnitError, NotProvisionedError

T = TypeVar("T")


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


class Reason(StrEnum):
    """Why a unit is revoked."""

    LOST = "lost"
    STOLEN = "stolen"
    TAMPERED = "tampered"
    RETIRED = "retired"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Revocation:
    """A unit that is accepted no more, since when and why."""

    record: UnitRecord
    at: datetime
    reason: Reason

    def to_json(self) -> bytes:
        """The revocation as its file holds it; the time is in milliseconds since 1970 UTC."""
        at = int(self.at.timestamp() * 1000)
        record = json.loads(self.record.to_json()) | {"revoked": {"at": at, "reason": self.reason}}
        return json.dumps(record, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Revocation":
        """Raises as `UnitRecord.from_json` does."""
        revoked = json.loads(data)["revoked"]
        at = datetime.fromtimestamp(revoked["at"] / 1000, UTC)
        return cls(UnitRecord.from_json(data), at, Reason(revoked["reason"]))


class Registry:
    """The folder of a hub's units."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, unit: UnitId) -> bool:
        """Whether the name is taken, also by a unit that is revoked."""
        return self._path(unit).exists() or self.is_revoked(unit)

    def is_revoked(self, unit: UnitId) -> bool:
        """Whether a unit of this name was revoked."""
        return self._revoked_path(unit).exists()

    def add(self, record: UnitRecord) -> None:
        """Write a unit's file, whole or not at all. Raises DiskError."""
        write_public(self._path(record.unit), record.to_json())

    def remove(self, unit: UnitId) -> None:
        """Take a unit's file away if there is one. Raises DiskError."""
        try:
            self._path(unit).unlink(missing_ok=True)
        except OSError as error:
            raise DiskError(f"{self._path(unit)} could not be removed: {error.strerror}.") from error

    def revoke(self, unit: UnitId, reason: Reason, at: datetime) -> None:
        """Move a unit's file to the revoked ones; a unit that is there already keeps its time and reason.

        Raises NoSuchUnitError, DamagedFolderError or DiskError. A power cut in the middle leaves the unit revoked.
        """
        if not self.is_revoked(unit):
            if not self._path(unit).exists():
                raise NoSuchUnitError(
                    f"No unit {unit} was provisioned here. `mca provision list` shows those that were."
                )
            revocation = Revocation(_read(self._path(unit), UnitRecord.from_json), at, reason)
            make_private_directory(self._revoked)
            write_public(self._revoked_path(unit), revocation.to_json())
        self.remove(unit)

    def records(self) -> list[UnitRecord]:
        """Every unit that is not revoked, in order of its name. Raises NotProvisionedError or DamagedFolderError."""
        if not self._folder.is_dir():
            raise NotProvisionedError(f"{self._folder} is missing: this folder holds no hub. Run `mca provision init`.")
        records = {path: _read(path, UnitRecord.from_json) for path in sorted(self._folder.glob("[!.]*.json"))}
        for path, record in records.items():
            _require_own_file(record, path)
        return [record for record in records.values() if not self.is_revoked(record.unit)]

    def revocations(self) -> list[Revocation]:
        """Every revoked unit, in order of its name. Raises DamagedFolderError."""
        revocations = {path: _read(path, Revocation.from_json) for path in sorted(self._revoked.glob("[!.]*.json"))}
        for path, revocation in revocations.items():
            _require_own_file(revocation.record, path)
        return list(revocations.values())

    @property
    def _revoked(self) -> Path:
        return self._folder / "revoked"

    def _path(self, unit: UnitId) -> Path:
        return self._folder / f"{local_part(unit)}.json"

    def _revoked_path(self, unit: UnitId) -> Path:
        return self._revoked / f"{local_part(unit)}.json"


def _read(path: Path, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise DamagedFolderError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, OverflowError, RejectedError) as error:
        raise DamagedFolderError(f"{path} does not describe a unit. Restore it from a backup.") from error


def _require_own_file(record: UnitRecord, path: Path) -> None:
    if path.stem != local_part(record.unit) or record.card.name != record.unit:
        raise DamagedFolderError(f"{path} describes another unit. Restore it from a backup.")
