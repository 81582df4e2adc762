"""The list that the agent holds in memory, and when it has to be opened anew."""

from dataclasses import replace

import structlog

from edge_agent.watchlist.loading import Watchlist, WatchlistLoader
from edge_agent.watchlist.store import (
    Installed,
    LeaseEndedError,
    StoredListDamagedError,
    WatchlistStore,
    WatchlistUnusableError,
)
from edge_agent.watchlist.sync import Synced
from faults import RejectedError

logger = structlog.get_logger()


class CurrentList:
    """Follows what is installed on disk, whichever process installed it."""

    def __init__(self, store: WatchlistStore, loader: WatchlistLoader) -> None:
        """Nothing is read yet."""
        self._store = store
        self._loader = loader
        self.watchlist: Watchlist | None = None

    @property
    def timestamp_version(self) -> int:
        """Of the hub's timestamp that the list was last compared with; 0 when there is no list."""
        return 0 if self.watchlist is None else self.watchlist.installed.timestamp_version

    def load(self) -> None:
        """Open what is on disk. A list that is missing or does not open is said and left to the next sync."""
        try:
            self.watchlist = self._loader.load_installed(self.watchlist)
        except (WatchlistUnusableError, RejectedError) as error:
            if isinstance(error, LeaseEndedError):
                self.watchlist = None
            logger.warning("watchlist.none", reason=str(error))
        else:
            self._say()

    def take(self, synced: Synced) -> bool:
        """After a synchronisation; whether the list's version is another than before."""
        before = self._version
        if synced.watchlist is not None:
            self.watchlist = synced.watchlist
            self._say()
        elif not self._note(synced.installed):
            self.load()
        return self._version != before

    def reload_if_changed(self) -> bool:
        """After another process may have installed a list; whether the version is another than before."""
        before = self._version
        try:
            installed = self._store.installed()
        except StoredListDamagedError:
            return False
        if installed is not None and not self._note(installed):
            self.load()
        self.expire()
        return self._version != before

    def take_keyring(self, envelope: bytes) -> None:
        """A keyring that came as a message: one without keys tells that the unit is revoked, and ends the lease.

        With keys it is left for the repository to confirm. Raises ForeignKeyringError, protocol errors or DiskError.
        """
        keyring = self._loader.open_envelope(envelope)
        installed = self._store.readable()
        if not keyring.keys and installed is not None:
            self._store.end_lease(installed)
            self.reload_if_changed()

    def expire(self) -> None:
        """Let go of a list whose lease has ended."""
        try:
            if self.watchlist is not None:
                self._loader.require_lease(self.watchlist)
        except LeaseEndedError as error:
            self.watchlist = None
            logger.warning("watchlist.none", reason=str(error))

    @property
    def _version(self) -> int:
        return 0 if self.watchlist is None else self.watchlist.installed.list_version

    def _note(self, installed: Installed) -> bool:
        """Take over what is said of the list in memory; False when that is not the list installed."""
        if self.watchlist is None or not installed.same_list(self.watchlist.installed):
            return False
        self.watchlist = replace(self.watchlist, installed=installed)
        return True

    def _say(self) -> None:
        if self.watchlist is not None:
            logger.info("watchlist.loaded", list_version=self._version)
            if self.watchlist.index.incomparable:
                # Their children cannot be recognised here until hub and unit run the same pack.
                logger.warning("watchlist.incomparable", templates=self.watchlist.index.incomparable)
