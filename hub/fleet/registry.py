"""The folder in which provisioning leaves a file for each unit that it enrolled."""

import json
from pathlib import Path

from credentials.identity import parse_card
from faults import MisconfiguredError
from hub.fleet.model import Unit
from protocol.errors import FieldError, InvalidIdError
from protocol.ids import HubId, owner, parse_site_id, parse_slice_name, parse_unit_id


class UnitFileError(MisconfiguredError):
    """A file in the folder of units is not what provisioning writes."""


def read_units(folder: Path, hub: HubId) -> list[Unit]:
    """Every unit of the folder, by name. Raises UnitFileError."""
    if not folder.is_dir():
        raise UnitFileError("The folder of units {folder} is missing. Make it with `mca provision`.", folder=folder)
    units = [_read_unit(path, hub) for path in folder.glob("*.json")]
    return sorted(units, key=lambda unit: unit.id)


def _read_unit(path: Path, hub: HubId) -> Unit:
    try:
        content = json.loads(path.read_bytes())
        identity = parse_card(json.dumps(content["card"]).encode())
        unit = Unit(
            id=parse_unit_id(content["unit"]),
            site=parse_site_id(content["site"]),
            slices=tuple(sorted({parse_slice_name(name) for name in content["slices"]})),
            identity=identity,
        )
    except OSError as error:
        raise UnitFileError(
            "The unit's file {path} cannot be read: {strerror}.", path=path, strerror=error.strerror
        ) from error
    except (ValueError, KeyError, TypeError, FieldError, InvalidIdError) as error:
        raise UnitFileError(
            "{path} is not a unit's file. Enrol the unit again with `mca provision unit`.", path=path
        ) from error
    if identity.name != unit.id or owner(unit.id) != hub or owner(unit.site) != hub:
        raise UnitFileError(
            "{path} names a unit, site or card of another owner than the hub {hub}.", path=path, hub=hub
        )
    return unit
