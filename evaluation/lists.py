"""Lists of photographs and of pairs, read from CSV files whole or not at all.

A path is looked for, in this order: as it stands where it is absolute; in the folder given with --photos;
beside the list; in the folder that has the list's name (lfw_dev_pairs.csv: lfw_dev/); in the folder that the
environment variable MCA_DATA names.
"""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import ListRejectedError
from protocol.person import Sex

__all__ = [
    "Pair",
    "Photo",
    "PhotoList",
    "PhotoPairs",
    "read_described",
    "read_pairs",
    "read_photos",
    "same_photographs",
]

_PHOTO_COLUMNS = ("path", "person", "age", "sex", "group")
_DESCRIBED_COLUMNS = ("file", "age", "sex", "group")
_PAIR_COLUMNS = ("a", "b", "same")
_MAX_AGE = 120
_MAX_TEXT = 1000
_SEXES = {
    "": Sex.UNKNOWN,
    "unknown": Sex.UNKNOWN,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
    "male": Sex.MALE,
    "m": Sex.MALE,
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A row of a list. `person` is empty for someone without a mate, `age` and `group` where not known."""

    line: int
    path: Path
    digest: str  # SHA-256 of the file, 64 hex digits
    person: str
    age: float | None
    sex: Sex
    group: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photographs, by their place in `PhotoPairs.photos`, and whether they show the same person."""

    a: int
    b: int
    same: bool


@dataclass(frozen=True, slots=True)
class PhotoList:
    """A list of photographs, with its own name and digest so that a report can say what was measured."""

    name: str
    digest: str
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class PhotoPairs:
    """A list of pairs; every photograph in it once."""

    name: str
    digest: str
    photos: tuple[Photo, ...]
    pairs: tuple[Pair, ...]


class _Source:
    """A CSV file in hand: its rows, and its complaints."""

    def __init__(self, path: Path, photos: Path | None) -> None:
        self.name = path.name
        try:
            self._data = path.read_bytes()
            self._text = self._data.decode("utf-8-sig")
        except OSError as error:
            raise ListRejectedError(f"The list {self.name} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ListRejectedError(f"The list {self.name} is not UTF-8 text.") from error
        self.digest = hashlib.sha256(self._data).hexdigest()
        data = os.environ.get("MCA_DATA")
        named_after = path.parent / path.stem.removesuffix("_pairs")
        self._roots = [root for root in (photos, path.parent, named_after, Path(data) if data else None) if root]

    def rows(self, columns: tuple[str, ...], required: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Line number and cells, stripped, of each row that is not blank."""
        reader = csv.DictReader(io.StringIO(self._text, newline=""), strict=True)
        try:
            header = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            self._check_header(header, columns, required)
            for row in reader:
                if None in row or None in row.values():
                    raise self.complaint(reader.line_num, f"it must have {len(header)} cells, as the first line has")
                cells = {name: cell.strip() for name, cell in row.items()}
                if any(len(cell) > _MAX_TEXT for cell in cells.values()):
                    raise self.complaint(reader.line_num, f"a cell is longer than {_MAX_TEXT} characters")
                yield reader.line_num, dict.fromkeys(columns, "") | cells
        except csv.Error as error:
            # The outer reader counts a line only once its row is whole.
            raise self.complaint(reader.reader.line_num, f"it is not valid CSV ({error})") from error

    def _check_header(self, header: list[str], columns: tuple[str, ...], required: tuple[str, ...]) -> None:
        if missing := [name for name in required if name not in header]:
            raise self.complaint(1, f"the column {missing[0]!r} is missing; the columns are {','.join(columns)}")
        if strange := [name for name in header if name not in columns]:
            place = header.index(strange[0]) + 1
            raise self.complaint(1, f"column {place} is not one of {','.join(columns)}")
        if len(set(header)) != len(header):
            raise self.complaint(1, "a column stands there twice")

    def complaint(self, line: int, reason: str) -> ListRejectedError:
        return ListRejectedError(f"{self.name}, line {line}: {reason}. Nothing was measured.")

    def photograph(self, line: int, column: str, cell: str) -> tuple[Path, str]:
        """The file a cell names, and its digest."""
        if not cell:
            raise self.complaint(line, f"the column {column!r} is empty")
        found = next((root / cell for root in self._roots if _is_file(root / cell)), None)
        if found is None:
            raise self.complaint(
                line,
                f"the photograph in column {column!r} is not there; paths are relative to the folder given with "
                "--photos, to the list's own folder, or to the folder in MCA_DATA",
            )
        try:
            with found.open("rb") as stream:
                return found, hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise self.complaint(line, f"the photograph in column {column!r}: {error.strerror}") from error


def read_photos(path: Path, photos: Path | None, advance: Callable[[], None] = lambda: None) -> PhotoList:
    """Read a list with the columns path,person,age,sex,group; the last three may be absent.

    `advance` is called after each row. Raises ListRejectedError with the line and the reason.
    """
    return _read_photos(_Source(path, photos), _PHOTO_COLUMNS, ("path", "person"), advance)


def read_described(path: Path, advance: Callable[[], None] = lambda: None) -> PhotoList:
    """Read a collection of nameless people, with the columns file,age,sex,group. Raises ListRejectedError."""
    return _read_photos(_Source(path, None), _DESCRIBED_COLUMNS, _DESCRIBED_COLUMNS, advance)


def _read_photos(
    source: _Source, columns: tuple[str, ...], required: tuple[str, ...], advance: Callable[[], None]
) -> PhotoList:
    file_column = columns[0]
    found: list[Photo] = []
    seen: dict[Path, int] = {}
    for line, row in source.rows(columns, required):
        file, digest = source.photograph(line, file_column, row[file_column])
        if file in seen:
            raise source.complaint(line, f"the photograph stands in line {seen[file]} already")
        seen[file] = line
        age, sex = _age(source, line, row["age"]), _sex(source, line, row["sex"])
        found.append(Photo(line, file, digest, row.get("person", ""), age, sex, row["group"]))
        advance()
    if not found:
        raise source.complaint(2, "there are no photographs in this list")
    return PhotoList(source.name, source.digest, tuple(found))


def read_pairs(path: Path, photos: Path | None, advance: Callable[[], None] = lambda: None) -> PhotoPairs:
    """Read a list with the columns a,b,same, where same is 1 or 0. Raises ListRejectedError as `read_photos`."""
    source = _Source(path, photos)
    places: dict[str, int] = {}
    found: list[Photo] = []
    pairs: list[Pair] = []

    def place(line: int, column: str, cell: str) -> int:
        if cell not in places:
            file, digest = source.photograph(line, column, cell)
            places[cell] = len(found)
            found.append(Photo(line, file, digest, "", None, Sex.UNKNOWN, ""))
        return places[cell]

    for line, row in source.rows(_PAIR_COLUMNS, required=_PAIR_COLUMNS):
        if row["same"] not in {"0", "1"}:
            raise source.complaint(line, "the column 'same' must be 1 or 0")
        pair = Pair(place(line, "a", row["a"]), place(line, "b", row["b"]), row["same"] == "1")
        if pair.a == pair.b:
            raise source.complaint(line, "a photograph is paired with itself")
        pairs.append(pair)
        advance()
    if not pairs:
        raise source.complaint(2, "there are no pairs in this list")
    return PhotoPairs(source.name, source.digest, tuple(found), tuple(pairs))


def same_photographs(some: Iterable[Photo], others: Iterable[Photo]) -> int:
    """How many files of the one list are, byte for byte, in the other too: a search for them proves nothing."""
    return len({photo.digest for photo in some} & {photo.digest for photo in others})


def _age(source: _Source, line: int, cell: str) -> float | None:
    if not cell:
        return None
    try:
        age = float(cell)
    except ValueError:
        age = float("nan")
    if not 0 <= age <= _MAX_AGE:
        raise source.complaint(line, f"the column 'age' must be empty or a number of years from 0 to {_MAX_AGE}")
    return age


def _sex(source: _Source, line: int, cell: str) -> Sex:
    try:
        return _SEXES[cell.lower()]
    except KeyError:
        raise source.complaint(line, "the column 'sex' must be empty, female or male") from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # Too long for a path, or with a null character in it.
        return False
