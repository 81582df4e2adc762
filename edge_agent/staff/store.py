"""The list of staff and the failed attempts on disk, encrypted under the unit's vault."""

from collections.abc import Mapping
from typing import Final

import sqlite_utils
import structlog

from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.staff.lockout import Failures
from protocol import cbor
from protocol.errors import FieldError, ReplayedError
from protocol.fields import Fields
from protocol.ids import SiteId
from protocol.staff import MAX_BYTES, StaffId, StaffList

logger = structlog.get_logger()

_LIST: Final = "list"
_FAILURES: Final = "failures"


class StaffStore:
    """Raises the database's errors and StoredDataError from every method."""

    def __init__(self, database: UnitDatabase, vault: Vault, site: SiteId) -> None:
        """Over an open database. `site`: where the unit stands."""
        self._database = database
        self._vault = vault
        self._site = site

    def take(self, payload: bytes) -> None:
        """Keep the list that the hub has signed for this unit; one that is here already changes nothing.

        Failed attempts are forgotten of people who are gone, or were given another PIN.
        Raises MalformedError, FieldError for another site's, or ReplayedError for one that is older.
        """
        new = StaffList.from_bytes(payload)
        if new.site != self._site:
            raise FieldError(f"A list of the staff of {new.site} came to a unit of {self._site}.")
        with self._database.transaction() as tables:
            old = self._read(tables)
            if old is not None and new.serial < old.serial:
                raise ReplayedError("A list of staff that is older than the one that this unit has.")
            if old is not None and new.serial == old.serial:
                return
            self._write(tables, _LIST, payload)
            self._put_failures(tables, _still_meant(self._failures(tables), old, new))
        logger.info("staff.list_taken", serial=new.serial, members=len(new.members))

    def list(self) -> StaffList | None:
        """The newest list; None before the first."""
        with self._database.reading() as tables:
            return self._read(tables)

    def failures(self, tables: sqlite_utils.Database, member: StaffId) -> Failures | None:
        """A person's failed attempts in a row, in the caller's transaction."""
        return self._failures(tables).get(member)

    def note(self, tables: sqlite_utils.Database, member: StaffId, failures: Failures | None) -> None:
        """Remember a person's failed attempts, or that there are none, in the caller's transaction."""
        known = {other: each for other, each in self._failures(tables).items() if other != member}
        self._put_failures(tables, known if failures is None else known | {member: failures})

    def most_failures(self) -> int:
        """The most failed attempts in a row that anybody's account has seen."""
        with self._database.reading() as tables:
            return max((failures.count for failures in self._failures(tables).values()), default=0)

    def _read(self, tables: sqlite_utils.Database) -> StaffList | None:
        payload = self._content(tables, _LIST)
        return None if payload is None else StaffList.from_bytes(payload)

    def _failures(self, tables: sqlite_utils.Database) -> Mapping[StaffId, Failures]:
        content = self._content(tables, _FAILURES)
        if content is None:
            return {}
        fields = Fields(cbor.decode(content, limit=MAX_BYTES), kind="record of failed attempts")
        return {StaffId(member): Failures.read(fields.child(member)) for member in fields.names()}

    def _put_failures(self, tables: sqlite_utils.Database, failures: Mapping[StaffId, Failures]) -> None:
        value: cbor.Value = {str(member): each.to_value() for member, each in failures.items()}
        self._write(tables, _FAILURES, cbor.encode(value))

    def _content(self, tables: sqlite_utils.Database, name: str) -> bytes | None:
        row = tables.execute("SELECT sealed FROM staff WHERE name = ?", [name]).fetchone()
        return None if row is None else self._vault.decrypt(bytes(row[0]), _place(name))

    def _write(self, tables: sqlite_utils.Database, name: str, content: bytes) -> None:
        sealed = self._vault.encrypt(content, _place(name))
        tables.table("staff", pk="name").upsert({"name": name, "sealed": sealed})


def _still_meant(
    failures: Mapping[StaffId, Failures], old: StaffList | None, new: StaffList
) -> Mapping[StaffId, Failures]:
    before = {} if old is None else {member.id: member.verifier for member in old.members}
    after = {member.id: member.verifier for member in new.members}
    return {
        member: each for member, each in failures.items() if member in after and before.get(member) == after[member]
    }


def _place(name: str) -> str:
    return f"staff {name}"
