"""Notices of the hub, kept encrypted for as long as they are of use, and shown to signed-in staff alone.

Nothing on the unit shows, sounds or logs that there is one: docs/adr/0147-an-inbox-that-looks-alike.md
"""

from collections.abc import Iterator
from dataclasses import dataclass

from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.trusted_time import Milliseconds
from protocol.ids import SightingId
from protocol.notice import Notice
from protocol.staff import StaffId


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as one person sees it. `key`: 64 hexadecimal digits that name it to the inbox."""

    key: str
    notice: Notice
    read: bool


class NoticeStore:
    """Raises the database's errors and StoredDataError from every method."""

    def __init__(self, database: UnitDatabase, vault: Vault, keep: Milliseconds) -> None:
        """Over an open database. `keep`: for how long after its decision a notice is shown."""
        self._database = database
        self._vault = vault
        self._keep = keep

    def keep(self, digest: bytes, notice: Notice) -> None:
        """Keep a verified notice. `digest`: of its envelope; one that was here before changes nothing.

        What it was stays known when its content is gone, so that an old one that comes again brings nothing back.
        """
        sealed = self._vault.encrypt(notice.to_bytes(), _place(digest))
        row = {"digest": digest, "sealed": sealed, "erase_after": notice.decided_at + self._keep}
        with self._database.transaction() as database:
            database.table("notices").insert(row, ignore=True)

    def shown_to(self, reader: StaffId) -> list[ShownNotice]:
        """The newest notice of each intake, the newest first."""
        with self._database.reading() as database:
            rows = database.execute(
                "SELECT notices.digest, sealed, reader IS NOT NULL FROM notices LEFT JOIN notice_readers "
                "ON notice_readers.digest = notices.digest AND reader = ? WHERE sealed IS NOT NULL",
                [reader],
            ).fetchall()
        newest: dict[SightingId, ShownNotice] = {}
        for shown in sorted(self._open(rows), key=lambda shown: shown.notice.decided_at):
            newest[shown.notice.sighting_id] = shown
        return sorted(newest.values(), key=lambda shown: -shown.notice.decided_at)

    def mark_read(self, reader: StaffId, key: str) -> None:
        """Somebody has opened a notice. One that is gone meanwhile is no mistake."""
        with self._database.transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO notice_readers (digest, reader) SELECT digest, ? FROM notices "
                "WHERE hex(digest) = ? AND sealed IS NOT NULL",
                [reader, key.upper()],
            )

    def erase_expired(self, before: Milliseconds) -> None:
        """Erase the content of notices, and who read them. `before`: a moment that has surely passed."""
        with self._database.transaction() as database:
            database.execute(
                "DELETE FROM notice_readers WHERE digest IN (SELECT digest FROM notices WHERE erase_after < ?)",
                [before],
            )
            database.execute("UPDATE notices SET sealed = NULL WHERE erase_after < ? AND sealed IS NOT NULL", [before])

    def _open(self, rows: list[tuple[bytes, bytes, int]]) -> Iterator[ShownNotice]:
        for digest, sealed, read in rows:
            notice = Notice.from_bytes(self._vault.decrypt(bytes(sealed), _place(digest)))
            yield ShownNotice(digest.hex(), notice, bool(read))


def _place(digest: bytes) -> str:
    return f"notice {digest.hex()}"
