"""Intakes that wait, kept templates and consent records on disk: encrypted one by one under the unit's vault."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import sqlite_utils

from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.trusted_time import Milliseconds
from protocol.moment import Moment

Drawer: TypeAlias = Literal["waiting", "kept", "consents"]  # The tables' names: SQL takes none as a parameter.
DRAWERS: Final[tuple[Drawer, ...]] = get_args(Drawer)

_EXPIRED: Final = "expired_intakes"
_ROUND: Final = "round"


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """Intakes that wait and their bytes, records that are kept, and intakes erased unmatched since provisioning."""

    waiting: int
    waiting_bytes: int
    kept: int
    expired: int


@dataclass(frozen=True, slots=True)
class Round:
    """A later search: with which list, when, and what is to be known at the next."""

    list_version: int
    at: Milliseconds
    content: bytes


class IntakeStore:
    """Drawers of encrypted records. Raises the database's errors and StoredDataError from every method."""

    def __init__(self, database: UnitDatabase, vault: Vault) -> None:
        """Over an open database."""
        self._database = database
        self._vault = vault

    def add(
        self, tables: sqlite_utils.Database, drawer: Drawer, content: bytes, captured: Moment, keep: Milliseconds
    ) -> None:
        """Keep a record, in the caller's transaction, for `keep` milliseconds after it was captured."""
        row = tables.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [drawer]).fetchone()
        number = 1 if row is None else int(row[0]) + 1  # Never one that another record had.
        tables.table(drawer).insert(
            {
                "id": number,
                "sealed": self._vault.encrypt(content, _place(drawer, number)),
                "keep": keep,
                "erase_after": None if captured.latest is None else captured.latest + keep,
            }
        )

    def replace(self, tables: sqlite_utils.Database, drawer: Drawer, number: int, content: bytes) -> bool:
        """Put another content into a record, in the caller's transaction; False when it is gone."""
        sealed = self._vault.encrypt(content, _place(drawer, number))
        changed = tables.execute(f"UPDATE {drawer} SET sealed = ? WHERE id = ?", [sealed, number])  # noqa: S608
        return bool(changed.rowcount)

    def remove(self, tables: sqlite_utils.Database, drawer: Drawer, number: int) -> bool:
        """Erase a record, in the caller's transaction; False when it is gone already."""
        return bool(tables.execute(f"DELETE FROM {drawer} WHERE id = ?", [number]).rowcount)  # noqa: S608

    def numbers(self, drawer: Drawer, limit: int) -> list[int]:
        """The oldest records."""
        with self._database.reading() as tables:
            rows = tables.execute(f"SELECT id FROM {drawer} ORDER BY id LIMIT ?", [limit])  # noqa: S608
            return [number for (number,) in rows.fetchall()]

    def content(self, drawer: Drawer, number: int) -> bytes | None:
        """A record; None when it is gone."""
        with self._database.reading() as tables:
            row = tables.execute(f"SELECT sealed FROM {drawer} WHERE id = ?", [number]).fetchone()  # noqa: S608
        return None if row is None else self._vault.decrypt(bytes(row[0]), _place(drawer, number))

    def keep_of(self, number: int) -> Milliseconds:
        """For how long a kept record may be kept after its capture."""
        with self._database.reading() as tables:
            (keep,) = tables.execute("SELECT keep FROM kept WHERE id = ?", [number]).fetchone()
        return int(keep)

    def date(self, now: Moment) -> None:
        """Give what was captured while the clock was unset its end, once the hub has said what time it is."""
        if now.latest is not None:
            with self._database.transaction() as tables:
                for drawer in DRAWERS:
                    tables.execute(
                        f"UPDATE {drawer} SET erase_after = ? + keep WHERE erase_after IS NULL",  # noqa: S608
                        [now.latest],
                    )

    def expired(self, drawer: Drawer, before: Milliseconds, limit: int) -> list[int]:
        """Records that had to be erased by a moment that has surely passed, oldest first."""
        with self._database.reading() as tables:
            rows = tables.execute(
                f"SELECT id FROM {drawer} WHERE erase_after < ? ORDER BY id LIMIT ?",  # noqa: S608
                [before, limit],
            )
            return [number for (number,) in rows.fetchall()]

    def count_expired(self, tables: sqlite_utils.Database, more: int) -> None:
        """Remember that so many intakes were erased unmatched, in the caller's transaction."""
        tables.table("state", pk="name").upsert({"name": _EXPIRED, "value": _read(tables, _EXPIRED) + more})

    def last_round(self) -> Round | None:
        """The last later search; None before the first."""
        with self._database.reading() as tables:
            row = tables.execute("SELECT list_version, at, sealed FROM round").fetchone()
        return None if row is None else Round(row[0], row[1], self._vault.decrypt(bytes(row[2]), _ROUND))

    def note_round(self, tables: sqlite_utils.Database, held: Round) -> None:
        """Remember a later search, in the caller's transaction."""
        sealed = self._vault.encrypt(held.content, _ROUND)
        tables.table("round", pk="id").upsert(
            {"id": 1, "list_version": held.list_version, "at": held.at, "sealed": sealed}
        )

    def counts(self) -> IntakeCounts:
        """How many there are."""
        with self._database.reading() as tables:
            waiting, size, kept = tables.execute(
                "SELECT count(*), coalesce(sum(length(sealed)), 0), (SELECT count(*) FROM kept) FROM waiting"
            ).fetchone()
            return IntakeCounts(waiting, size, kept, _read(tables, _EXPIRED))


def _place(drawer: Drawer, number: int) -> str:
    return f"{drawer} {number}"


def _read(tables: sqlite_utils.Database, name: str) -> int:
    row = tables.execute("SELECT value FROM state WHERE name = ?", [name]).fetchone()
    return 0 if row is None else int(row[0])
