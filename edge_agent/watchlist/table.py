"""Entries and templates in memory, column by column, only ever added to.

What was written is never moved or changed. So an index over the first so many rows goes on as it was while more
are added behind them, without a lock and without a copy.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Generic, TypeVar

import faiss
import numpy as np
from numpy.typing import NDArray

from edge_agent.watchlist.scoring import Scoring
from protocol.columns import PHOTO_BYTES, EntryColumns, TemplateColumns, column
from protocol.ids import CaseId, PhotoId, SliceName

BLOCK: Final = 8192
"""Templates in one block, which is what a list grows by and what is prepared at once."""

# float16 keeps a unit vector well within this of its length.
_LENGTH_TOLERANCE: Final = 4e-3
# A column of the wire, and of which numbers it is here.
_KEPT: Final = (
    ("sexes", np.int8),
    ("born_from", np.int32),
    ("born_to", np.int32),
    ("expires", np.int32),
    ("listed", np.int64),
)

T = TypeVar("T", bound=np.generic)


class Column(Generic[T]):
    """Numbers that are only added to. A slice that somebody holds stays as it is when the column outgrows its array."""

    def __init__(self, dtype: type[T]) -> None:
        self._values: NDArray[T] = np.empty(0, dtype)
        self.count = 0

    def extend(self, values: NDArray[T]) -> None:
        """Add numbers (n,) behind the others."""
        end = self.count + len(values)
        if end > len(self._values):
            grown = np.empty(max(end, 2 * len(self._values)), self._values.dtype)
            grown[: self.count] = self._values[: self.count]
            self._values = grown
        self._values[self.count : end] = values
        self.count = end

    def first(self, count: int) -> NDArray[T]:
        """The first numbers (count,)."""
        return self._values[:count]


class Block:
    """Up to `size` templates: as FAISS searches them, whose they are and of which photo."""

    def __init__(self, size: int, width: int) -> None:
        self.index = faiss.IndexFlatIP(width)
        # Written where FAISS reads: its `add` would hold the rows twice.
        self.index.codes.resize(size * width * 4)
        self.rows = faiss.rev_swig_ptr(self.index.get_xb(), size * width).reshape(size, width)
        self.owners = np.empty(size, np.int32)
        self.photos = np.empty((size, PHOTO_BYTES), np.uint8)
        self.count = 0

    def fill(self, part: "Templates", scoring: Scoring) -> int:
        """Take as many templates as there is room for, behind the others; how many."""
        start, taken = self.count, min(len(self.owners) - self.count, len(part.owners))
        end = start + taken
        self.rows[start:end] = scoring.gallery(unit_rows(part.vectors[:taken]))
        self.owners[start:end] = part.owners[:taken]
        self.photos[start:end] = part.photos[:taken]
        self.count = self.index.ntotal = end
        return taken


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Templates (m, d) float16 with the entries (m,) and photos (m, 8) that they are of."""

    vectors: NDArray[np.float16]
    owners: NDArray[np.int32]
    photos: NDArray[np.uint8]

    def from_row(self, start: int) -> "Templates":
        """Without the first `start`."""
        return Templates(self.vectors[start:], self.owners[start:], self.photos[start:])


@dataclass(frozen=True, slots=True)
class Extent:
    """The first so many entries and templates of a table."""

    entries: int
    rows: int


class Table:
    """All entries that were added, of whatever slice, whether a list still holds them or not."""

    def __init__(self, scoring: Scoring, dimension: int, block: int) -> None:
        """`dimension`: of the templates of `scoring`'s pack; others are counted and set aside. `block`: rows of one."""
        self.scoring = scoring
        self.block = block
        self.blocks: list[Block] = []
        self.cases: list[CaseId] = []
        self.slices: list[SliceName] = []
        self.slice_codes = Column(np.int16)
        self.incomparable = Column(np.uint8)
        self._columns: dict[str, Column[Any]] = {name: Column(dtype) for name, dtype in _KEPT}
        self._previous = Column(np.int32)
        self._latest: dict[tuple[int, CaseId], int] = {}
        self._dimension = dimension
        self._width = scoring.gallery(np.empty((0, dimension), np.float32)).shape[1]
        self._lock = Lock()

    @property
    def rows(self) -> int:
        """How many templates there are."""
        return self.block * (len(self.blocks) - 1) + self.blocks[-1].count if self.blocks else 0

    def column(self, name: str, count: int) -> NDArray[np.signedinteger]:
        """The first numbers (count,) of a column of `EntryColumns`."""
        values: NDArray[np.signedinteger] = self._columns[name].first(count)
        return values

    def append(self, name: SliceName, added: EntryColumns) -> Extent:
        """Add entries of a slice; how far the table reaches with them."""
        with self._lock:
            start = len(self.cases)
            code = self._code(name)
            for kept, dtype in _KEPT:
                self._columns[kept].extend(column(getattr(added, kept), kept).astype(dtype))
            self.slice_codes.extend(np.full(len(added.cases), code, np.int16))
            self._previous.extend(np.array([self._latest.get((code, case), -1) for case in added.cases], np.int32))
            self._latest.update(((code, case), start + row) for row, case in enumerate(added.cases))
            self.incomparable.extend(self._take(added.templates, start, len(added.cases)))
            self.cases.extend(added.cases)
            return Extent(len(self.cases), self.rows)

    def find(self, name: SliceName, case: CaseId, present: NDArray[np.bool_]) -> int | None:
        """The number of a case's entry among those that are present; None if there is none."""
        number = self._latest.get((self._code(name), case), -1)
        previous = self._previous.first(self._previous.count)
        # A later entry may be of a list that was never put in use.
        while number >= 0 and not (number < len(present) and present[number]):
            number = int(previous[number])
        return None if number < 0 else number

    def owner(self, row: int) -> tuple[CaseId, PhotoId]:
        """Whose template stands in a row, and of which photo."""
        block, place = self.blocks[row // self.block], row % self.block
        return self.cases[block.owners[place]], PhotoId(block.photos[place].tobytes().hex())

    def template(self, row: int) -> NDArray[np.float32]:
        """The template (d,) of a row."""
        values: NDArray[np.float32] = self.blocks[row // self.block].rows[row % self.block, : self._dimension]
        return values

    def _code(self, name: SliceName) -> int:
        if name not in self.slices:
            self.slices.append(name)
        return self.slices.index(name)

    def _take(self, templates: tuple[TemplateColumns, ...], start: int, entries: int) -> NDArray[np.uint8]:
        """Add the templates that can be compared; how many cannot, of each entry (entries,)."""
        left_out = np.zeros(entries, np.int64)
        for part in templates:
            owners = np.frombuffer(part.owners, "<u4").astype(np.int32)
            vectors = np.frombuffer(part.vectors, "<f2").reshape(len(owners), -1)
            usable = np.zeros(len(owners), np.bool_)
            if part.pack_digest.hex() == self.scoring.pack_digest and vectors.shape[1] == self._dimension:
                usable = _are_unit(vectors)
                photos = np.frombuffer(part.photos, np.uint8).reshape(-1, PHOTO_BYTES)
                self._add(Templates(vectors[usable], start + owners[usable], photos[usable]))
            left_out += np.bincount(owners[~usable], minlength=entries)
        return left_out.astype(np.uint8)

    def _add(self, part: Templates) -> None:
        while len(part.owners):
            if not self.blocks or self.blocks[-1].count == self.block:
                self.blocks.append(Block(self.block, self._width))
            part = part.from_row(self.blocks[-1].fill(part, self.scoring))


def unit_rows(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Rounded templates (n, d), brought back to unit length."""
    wide = vectors.astype(np.float32)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), np.float32)


def _are_unit(vectors: NDArray[np.float16]) -> NDArray[np.bool_]:
    """(n,) whether each is a unit vector; one with a value that is no number is none."""
    lengths = np.concatenate(
        [np.linalg.norm(vectors[at : at + BLOCK].astype(np.float32), axis=1) for at in range(0, len(vectors), BLOCK)]
    )
    sound: NDArray[np.bool_] = np.abs(lengths - 1) <= _LENGTH_TOLERANCE
    return sound
