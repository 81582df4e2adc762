"""Read the development collections from disk, and write the lists that are made of them.

A folder of adults: one folder per person, with that person's photographs. A folder of nameless people of known age:
photographs, and beside it a CSV file of the folder's name with the columns file, age, sex, group.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

from credentials.private_files import write_public
from evaluation.acquire import Templates
from evaluation.devlists import NEAR_DUPLICATE, Candidate, DevList, Row
from evaluation.errors import DataMissingError
from evaluation.lists import Photo, read_described
from protocol.person import Sex

__all__ = ["candidates", "named_photos", "nameless_photos", "write_lists"]

_HEADER = ("path", "person", "age", "sex", "group")
_PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def named_photos(folder: Path) -> list[Photo]:
    """The photographs in a folder of one folder per person. Raises DataMissingError."""
    try:
        paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in _PHOTOGRAPHS)
        if not paths:
            raise DataMissingError(f"{folder} must hold one folder per person with photographs; it holds none.")
        return [
            Photo(0, path, hashlib.sha256(path.read_bytes()).hexdigest(), path.parent.name, None, Sex.UNKNOWN, "")
            for path in paths
        ]
    except OSError as error:
        raise DataMissingError(f"The photographs in {folder} cannot be read: {error.strerror}.") from error


def nameless_photos(folder: Path) -> list[Photo]:
    """The photographs in a folder that the CSV file beside it describes. Raises DataMissingError, ListRejectedError."""
    description = folder.with_name(f"{folder.name}.csv")
    if not description.is_file():
        raise DataMissingError(f"{description} must describe the photographs in {folder}; it is not there.")
    return list(read_described(description).photos)


def candidates(photos: Sequence[Photo], templates: Templates, root: Path) -> list[Candidate]:
    """Photographs with their templates, and their paths relative to `root`."""
    return [
        Candidate(
            path=photo.path.relative_to(root).as_posix(),
            digest=photo.digest,
            person=photo.person,
            age=photo.age,
            sex=photo.sex,
            group=photo.group,
            vector=templates.by_digest[photo.digest],
        )
        for photo in photos
    ]


def write_lists(lists: Sequence[DevList], folder: Path, pack_digest: str, dropped: int) -> None:
    """Write NAME-gallery.csv and NAME-probes.csv of each list, and lists.json, which says what they are made of.

    Raises credentials' DiskError.
    """
    about: dict[str, dict[str, int | str]] = {}
    for one in lists:
        for side, rows in (("gallery", one.gallery), ("probes", one.probes)):
            data = _csv(rows)
            name = f"{one.name}-{side}.csv"
            write_public(folder / name, data)
            about[name] = {"photographs": len(rows), "sha256": hashlib.sha256(data).hexdigest()}
    summary = {"pack": pack_digest, "near_duplicates_above": NEAR_DUPLICATE, "dropped": dropped, "lists": about}
    write_public(folder / "lists.json", json.dumps(summary, indent=1).encode() + b"\n")


def _csv(rows: Sequence[Row]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(rows)
    return stream.getvalue().encode()
