"""The list of control pairs that an installation supplies: a folder with pictures and a manifest.csv.

Columns: `probe` and `reference` (files of the folder), `same` (yes or no), `sex`, `age_band` (of the probe),
`born_from` and `born_to` (months, YYYY-MM, of the reference), `taken` (day of the reference, may be empty), `origin`
(whose photographs they are and on what terms: public domain or made by a program).
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hub.review.errors import ControlPairsError
from protocol.errors import FieldError
from protocol.person import AgeBand, BirthBand, Month, Sex

_NAME: Final = "manifest.csv"
_COLUMNS: Final = ("probe", "reference", "same", "sex", "age_band", "born_from", "born_to", "taken", "origin")
_MAX_BYTES: Final = 32 * 1024 * 1024
_MAX_ORIGIN: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the manifest with its pictures' bytes."""

    line: int
    probe: bytes
    reference: bytes
    same: bool
    sex: Sex
    age_band: AgeBand
    birth: BirthBand
    taken: date | None
    origin: str


def read_manifest(folder: Path) -> Iterator[Entry]:
    """Each line in turn. Raises ControlPairsError, whose message names the line."""
    try:
        with (folder / _NAME).open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            if tuple(table.fieldnames or ()) != _COLUMNS:
                raise ControlPairsError(f"The first line of {_NAME} must be: {','.join(_COLUMNS)}")
            for row in table:
                yield _entry(folder, table.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ControlPairsError(f"{_NAME} in {folder} cannot be read: {error}.") from error


def _entry(folder: Path, line: int, row: Mapping[str, str | None]) -> Entry:
    fields = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    if fields["same"] not in {"yes", "no"}:
        raise ControlPairsError(f"Line {line}: 'same' must be yes or no.")
    if not fields["origin"] or len(fields["origin"]) > _MAX_ORIGIN:
        raise ControlPairsError(f"Line {line}: 'origin' must say in {_MAX_ORIGIN} letters whose photographs they are.")
    try:
        return Entry(
            line=line,
            probe=_picture(folder, line, fields["probe"]),
            reference=_picture(folder, line, fields["reference"]),
            same=fields["same"] == "yes",
            sex=Sex(fields["sex"]),
            age_band=AgeBand(fields["age_band"]),
            birth=BirthBand(_month(fields["born_from"]), _month(fields["born_to"])),
            taken=date.fromisoformat(fields["taken"]) if fields["taken"] else None,
            origin=fields["origin"],
        )
    except (ValueError, FieldError) as error:
        raise ControlPairsError(f"Line {line}: {error}.") from error


def _month(text: str) -> Month:
    year, _, month = text.partition("-")
    return Month(int(year), int(month))


def _picture(folder: Path, line: int, name: str) -> bytes:
    path = folder / name
    if not name or path.resolve().parent != folder.resolve():
        raise ControlPairsError(f"Line {line}: {name!r} is not a file of the folder.")
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ControlPairsError(f"Line {line}: {name!r} cannot be read: {error.strerror}.") from error
