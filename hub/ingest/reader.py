"""Reading sightings back, for the rooms in which people decide on them."""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.db import Database
from hub.ingest import count_store, look_store, rejection_store, store
from hub.ingest.model import Counts, Finding, IntakeFacts, StoredSighting
from protocol import cbor
from protocol.circumstances import Circumstances
from protocol.fields import Fields
from protocol.ids import CaseId, SightingId

_CIRCUMSTANCES: Final = 4096


class UnknownSightingError(RejectedError):
    """There is no such sighting, or it holds no picture."""


class SightingReader:
    """The sightings that were received, and their faces."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """`vault` opens the pictures."""
        self._database = database
        self._vault = vault

    def sighting(self, connection: Connection, sighting_id: SightingId) -> StoredSighting:
        """Raises UnknownSightingError."""
        found = store.find(connection, [sighting_id])
        if not found:
            raise UnknownSightingError("There is no such sighting.")
        return found[sighting_id]

    def sightings(self, connection: Connection, wanted: Collection[SightingId]) -> dict[SightingId, StoredSighting]:
        """Those of the sightings that there are."""
        return store.find(connection, wanted)

    def finding(self, connection: Connection, sighting_id: SightingId, case: CaseId) -> Finding:
        """What the unit and the hub's own recogniser say of a candidate. Raises UnknownSightingError."""
        sighting = self.sighting(connection, sighting_id)
        candidate = next((one for one in sighting.candidates if one.case == case), None)
        if candidate is None:
            raise UnknownSightingError("There is no such candidate of this sighting.")
        looked, look = look_store.find(connection, sighting_id, case)
        return Finding(candidate, sighting.comparable, sighting.frames, sighting.quality.warning, looked, look)

    def portrait(self, sighting_id: SightingId) -> bytes:
        """The intake's face for people, a JPEG. Raises UnknownSightingError."""
        _, sealed = self._sealed_face(sighting_id)
        return self._vault.decrypt(sealed, place(sighting_id, "portrait"))

    def crop(self, sighting_id: SightingId) -> bytes:
        """The intake's face as the recogniser saw it, a PNG of 112×112 pixels. Raises UnknownSightingError."""
        sealed, _ = self._sealed_face(sighting_id)
        return self._vault.decrypt(sealed, place(sighting_id, "crop"))

    def basis_reference(self, connection: Connection, sighting_id: SightingId) -> str:
        """The number of the form, order or decision that permitted the photograph. Raises UnknownSightingError."""
        sealed = store.sealed_basis_reference(connection, sighting_id)
        if sealed is None:
            raise UnknownSightingError("There is no such sighting.")
        return self._vault.decrypt(sealed, place(sighting_id, "basis")).decode()

    def consent(self, connection: Connection, sighting_id: SightingId) -> bytes:
        """The record of what permitted the photograph, as its unit signed it. Raises UnknownSightingError."""
        sealed = store.sealed_consent(connection, sighting_id)
        if sealed is None:
            raise UnknownSightingError("There is no such sighting, or it is from before consent records.")
        return self._vault.decrypt(sealed, place(sighting_id, "consent"))

    def circumstances(self, connection: Connection, sighting_id: SightingId) -> Circumstances:
        """How the intake was taken, as staff recorded it. Raises UnknownSightingError."""
        sealed = store.sealed_circumstances(connection, sighting_id)
        if sealed is None:
            raise UnknownSightingError("There is no such sighting, or it is from before this was recorded.")
        data = self._vault.decrypt(sealed, place(sighting_id, "circumstances"))
        return Circumstances.read(Fields(cbor.decode(data, limit=_CIRCUMSTANCES), kind="account of an intake"))

    def facts(self, connection: Connection, start: int, end: int) -> Iterator[IntakeFacts]:
        """What statistics need of the intakes received from `start` to before `end`."""
        return count_store.facts(connection, start, end)

    def rejections(self, connection: Connection) -> dict[str, int]:
        """How many messages were refused for each reason, which is an error's name."""
        return rejection_store.by_reason(connection)

    def counts(self, connection: Connection) -> Counts:
        """What was received so far."""
        return count_store.counts(connection)

    def _sealed_face(self, sighting_id: SightingId) -> tuple[bytes, bytes]:
        with self._database.read() as connection:
            sealed = store.sealed_face(connection, sighting_id)
        if sealed is None:
            raise UnknownSightingError("There is no such sighting with a face.")
        return sealed


def place(sighting_id: SightingId, column: str) -> str:
    """Where a column of a sighting is, for the vault."""
    return f"sightings/{column}/{sighting_id}"
