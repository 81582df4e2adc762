"""The repository of one unit on a USB stick, for a place that no network reaches: `mca edge sync --from` takes it.

A stick has a file system of whatever kind: no owners and modes are counted on. Nothing on it is secret that the
network would not see: segments and keyrings are encrypted for the unit.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from credentials.private_files import DiskError, sync_directory
from faults import RejectedError
from hub.watchlist import store
from hub.watchlist.model import Reader
from hub.watchlist.repository import Repository
from protocol.ids import HubId, UnitId
from protocol.stick import NAME, Stick
from protocol.targets import keyring_path, slice_role

_FOLDERS = ("metadata", "targets")
_CHUNK = 1024 * 1024

Read = Callable[[str, int, int], bytes | None]
"""At most so many bytes of a published file, from a place on; None when it is gone."""


class ExportRefusedError(RejectedError):
    """A watchlist cannot be written for this unit, or not into this folder."""


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be on a stick. The metadata is held here, so that all of it is of one publication."""

    stick: Stick
    metadata: Mapping[str, bytes]


def plan_export(connection: Connection, published: Repository, *, hub: HubId, unit: UnitId) -> Export:
    """What `unit` needs of what is published. Raises ExportRefusedError."""
    reader = store.readers(connection).get(unit)
    if reader is None or published.timestamp is None or published.snapshot is None:
        raise ExportRefusedError(f"Nothing is published for {unit} yet. Run: mca hub watchlist publish")
    metadata = _metadata(connection, published, reader)
    targets = {path: store.size(connection, path) or 0 for path in _targets(published, reader)}
    timestamp = published.timestamp.signed
    stick = Stick(
        hub=hub,
        unit=unit,
        list_version=published.snapshot.signed.version,
        timestamp_version=timestamp.version,
        valid_until=round(timestamp.expires.timestamp() * 1000),
        files={path: len(content) for path, content in metadata.items()} | targets,
    )
    return Export(stick, metadata)


def write_export(export: Export, folder: Path, read: Read) -> None:
    """Write a stick, its manifest last; what an earlier export left in the folder is replaced.

    Raises ExportRefusedError when the folder holds something else, or what was planned is published no longer;
    DiskError.
    """
    try:
        _clear(folder)
        for path, size in export.stick.files.items():
            content = export.metadata.get(path)
            _write(folder / path, _chunks(path, size, read) if content is None else [content])
        for each in {folder, *(folder / path for path in export.stick.files)}:
            sync_directory(each if each.is_dir() else each.parent)
        _write(folder / f"{NAME}.new", [export.stick.to_bytes()])
        (folder / f"{NAME}.new").replace(folder / NAME)
        sync_directory(folder)
    except OSError as error:
        raise DiskError(
            f"The watchlist could not be written to {folder}: {error.strerror}. Units refuse what is there now; "
            "export it again."
        ) from error


def _metadata(connection: Connection, published: Repository, reader: Reader) -> dict[str, bytes]:
    wanted = {slice_role(name) for name in reader.slices} | {Targets.type, Snapshot.type, Timestamp.type}
    files = {file.path: file.content for file in published.files() if file.role in wanted}
    # Every root: a unit takes one after the other, from the one that it trusts.
    for path in sorted(store.paths(connection, Root.type)):
        files[path] = store.read(connection, path, 0, store.size(connection, path) or 0) or b""
    return files


def _targets(published: Repository, reader: Reader) -> list[str]:
    targets = [published.keyrings()[keyring_path(reader.unit)]]
    targets += [target for name in reader.slices for target in published.segments(name).values()]
    return [f"targets/{path}" for target in targets for path in target.get_prefixed_paths()]


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    left = [folder / name for name in _FOLDERS if os.path.lexists(folder / name)]
    if left and not (folder / NAME).is_file():
        raise ExportRefusedError(
            f"{folder} holds {left[0].name!r}, and no earlier export says that it may go. Name an empty folder."
        )
    for path in left:
        # It follows no links, and refuses one in the place of the folder.
        shutil.rmtree(path)


def _chunks(path: str, size: int, read: Read) -> Iterator[bytes]:
    # Each chunk is its own short read, as for units: a slow stick must not hold back the database's checkpoints.
    for start in range(0, size, _CHUNK):
        chunk = read(path, start, min(_CHUNK, size - start))
        if chunk is None:
            raise ExportRefusedError("The watchlist was published anew meanwhile. Export it again.")
        yield chunk


def _write(place: Path, chunks: Iterable[bytes]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
