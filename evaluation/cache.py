"""Templates kept between runs, so that a measurement that was cut off goes on where it stopped.

One SQLite file per pack in a folder that only its owner may open. It holds biometric templates: who has it can
tell whether a person they have a photograph of was among those measured. docs/evaluation.md says how to delete it.
"""

import os
import sqlite3
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import CacheRefusedError
from models.errors import TemplateRejectedError
from models.template import template_from_bytes

__all__ = ["TemplateCache", "default_cache_path"]

# Counts changes of evaluation.acquire that choose another face or template for the same photograph.
_REVISION = 1
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# Biometric templates of an evaluation (mca evaluate). This file keeps them out of backups.
# The whole folder may be deleted at any time: the next evaluation then takes longer.
"""


def default_cache_path() -> Path:
    """`missing-child-alert/evaluation` in the user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "missing-child-alert" / "evaluation"


class TemplateCache:
    """The templates of one pack, by the digest of the photograph's file."""

    def __init__(self, folder: Path, pack_digest: str, dimension: int) -> None:
        """Open, or make, the pack's file in `folder`. Raises CacheRefusedError where others could read it."""
        self._pack_digest, self._dimension = pack_digest, dimension
        _make_private(folder)
        self._path = folder / f"{pack_digest}.sqlite"
        try:
            # Made here, because SQLite would make it readable by everyone and its journals take its mode.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            self._database = sqlite3.connect(self._path, isolation_level=None)
            if self._database.execute("PRAGMA user_version").fetchone() != (_REVISION,):
                self._database.execute("DROP TABLE IF EXISTS templates")
                self._database.execute("CREATE TABLE templates (photograph BLOB PRIMARY KEY, vector BLOB)")
                self._database.execute(f"PRAGMA user_version = {_REVISION}")
        except (OSError, sqlite3.Error) as error:
            raise self._refusal(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def find(self, photographs: Iterable[str]) -> dict[str, NDArray[np.float32] | None]:
        """The templates (d,) of those files, by their SHA-256, that were looked at before; None: no usable face.

        Raises CacheRefusedError where what is kept is no template of this pack.
        """
        query = "SELECT vector FROM templates WHERE photograph = ?"
        found: dict[str, NDArray[np.float32] | None] = {}
        try:
            for digest in photographs:
                if row := self._database.execute(query, (bytes.fromhex(digest),)).fetchone():
                    found[digest] = None if row[0] is None else self._vector(row[0])
        except (sqlite3.Error, TemplateRejectedError) as error:
            raise self._refusal(error) from error
        return found

    def _vector(self, data: bytes) -> NDArray[np.float32]:
        return template_from_bytes(data, self._pack_digest, self._dimension).vector

    def put(self, rows: Iterable[tuple[str, NDArray[np.float32] | None]]) -> None:
        """Keep templates, or that there is none, by photograph. All are on disk when this returns, or none."""
        values = [
            (bytes.fromhex(digest), None if vector is None else vector.astype("<f4").tobytes())
            for digest, vector in rows
        ]
        try:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO templates VALUES (?, ?)", values)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> CacheRefusedError:
        return CacheRefusedError(
            f"The cached templates in {self._path} cannot be used ({error}). Delete that file, or name another "
            "folder with --cache."
        )


def _make_private(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise CacheRefusedError(
                f"{folder} is to hold biometric templates and must be a folder of your own that nobody else can "
                f"open. Run: chmod 700 {folder}, or name another folder with --cache."
            )
        (folder / "CACHEDIR.TAG").write_text(_TAG)
        # Should the folder lie in a repository after all, nothing of it is ever committed.
        (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise CacheRefusedError(f"The cache folder {folder} cannot be used: {error.strerror}.") from error
