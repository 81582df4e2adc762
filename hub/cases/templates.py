"""Templates of photographs that were registered before the hub ran the pack that it runs now."""

from collections.abc import Sequence
from enum import Enum

import structlog

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import photo_store, store
from hub.cases.model import WaitingPhoto
from hub.cases.photographs import PhotographReader
from hub.cases.sealing import photo_place
from hub.clock import Clock
from hub.db import Database
from protocol.ids import CaseId, HubId, PhotoId

_log = structlog.get_logger()


class Completion(Enum):
    """What became of one photograph without a template of the hub's pack."""

    DONE = "done"  # There is none.
    MADE = "made"
    UNREADABLE = "unreadable"  # The pack finds no face in it.


class TemplateMaker:
    """Makes the templates that are missing, of every pack that is in use."""

    def __init__(
        self, database: Database, vault: Vault, readers: Sequence[PhotographReader], *, clock: Clock, hub: HubId
    ) -> None:
        """`readers`: one for each pack, the hub's first."""
        self._database = database
        self._vault = vault
        self._readers = readers
        self._clock = clock
        self._hub = hub
        self._unreadable: dict[bytes, set[PhotoId]] = {reader.pack_digest: set() for reader in readers}

    def make(self, case: CaseId | None) -> Completion:
        """Make one template that is missing, if there is one, of one case or of any.

        Raises PackRejectedError for a pack that was altered, StoredDataError for an altered photograph,
        DatabaseUnavailableError.
        """
        for reader in self._readers:
            pack = reader.pack_digest
            with self._database.read() as connection:
                waiting = photo_store.without_template(connection, pack, case, self._unreadable[pack])
            if waiting is not None:
                return self._make(reader, waiting)
        return Completion.DONE

    def unreadable_count(self, pack: bytes) -> int:
        """In how many photographs a pack was found to see no face, since this program started."""
        return len(self._unreadable[pack])

    def _make(self, reader: PhotographReader, waiting: WaitingPhoto) -> Completion:
        original = self._vault.decrypt(waiting.sealed_original, photo_place(waiting.photo, "original"))
        pack = reader.pack_digest
        try:
            template = reader.template(original)
        except RejectedError as error:
            # It keeps its templates of other packs, and is looked at again when the program starts anew.
            self._unreadable[pack].add(waiting.photo)
            _log.warning("photograph.not-embedded", case=waiting.case, reason=type(error).__name__)
            return Completion.UNREADABLE
        sealed = self._vault.encrypt(template.to_bytes(), photo_place(waiting.photo, "template", pack))
        with self._database.begin() as connection:
            if photo_store.insert_template_once(connection, waiting.photo, pack, sealed):
                store.touch(connection, waiting.case)
                action, now = AuditAction.TEMPLATE_ADDED, self._clock()
                record(connection, action, actor=self._hub, subject=waiting.case, at=now, pack=pack.hex())
        return Completion.MADE
