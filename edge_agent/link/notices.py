"""Notices of the hub, kept encrypted. Nothing on the unit shows, sounds or logs that there is one."""

from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from protocol.envelope import Opened


class NoticeStore:
    """Verified notice envelopes on disk; only the unit's keys open them."""

    def __init__(self, database: UnitDatabase, vault: Vault) -> None:
        """Over an open database."""
        self._database = database
        self._vault = vault

    def keep(self, opened: Opened, envelope: bytes) -> None:
        """Keep an envelope; one that is there already changes nothing. Raises the database's errors.

        None is ever removed, so an old one that comes again is no news and brings nothing back.
        """
        sealed = self._vault.encrypt(envelope, f"notice {opened.digest.hex()}")
        with self._database.transaction() as database:
            database.table("notices").insert({"digest": opened.digest, "sealed_envelope": sealed}, ignore=True)
