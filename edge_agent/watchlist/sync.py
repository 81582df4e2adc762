"""One synchronisation: look, fetch what is new, open it to be sure that it is a list, and put it in use."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import structlog

from edge_agent.trusted_time import Milliseconds, as_datetime
from edge_agent.watchlist.fetcher import ResumingFetcher
from edge_agent.watchlist.keyring import slices_of
from edge_agent.watchlist.loading import Watchlist, WatchlistLoader
from edge_agent.watchlist.repository import KeyringMissingError, Repository
from edge_agent.watchlist.stick import StickFetcher
from edge_agent.watchlist.store import Installed, LeaseEndedError, StoredTarget, WatchlistStore
from protocol.ids import UnitId

logger = structlog.get_logger()


class RevokedError(LeaseEndedError):
    """The hub has signed that this unit may hold no list any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Synced:
    """What a synchronisation ended with. `watchlist` is there when the contents changed, opened."""

    installed: Installed
    watchlist: Watchlist | None


class Synchroniser:
    """Brings the unit's list to the hub's newest."""

    def __init__(
        self,
        store: WatchlistStore,
        loader: WatchlistLoader,
        *,
        unit: UnitId,
        url: str,
        root: bytes,
        open_fetcher: Callable[[], ResumingFetcher | StickFetcher],
        now: Callable[[], Milliseconds],
        heard: Callable[[Milliseconds], None],
    ) -> None:
        """`root`: the TUF root that provisioning gave; `now`: the trusted time.

        `heard`: told when the hub signed what was verified, which is a time that has passed.
        """
        self._store = store
        self._loader = loader
        self._unit = unit
        self._url = url
        self._root = root
        self._open_fetcher = open_fetcher
        self._now = now
        self._heard = heard

    def sync(self, in_memory: Watchlist | None = None) -> Synced:
        """Whatever goes wrong, the list that was in use stays in use. `in_memory`: what need not be opened again.

        Raises RevokedError, having destroyed the list's keys; StickRejectedError, HubUnreachableError,
        KeyringMissingError, RepositoryRejectedError, DiskError, or errors as `WatchlistLoader.load` does when what the
        hub signed is not a list of this unit.
        """
        with self._store.exclusive(), closing(self._open_fetcher()) as fetcher:
            now = self._now()
            repository = Repository(self._store, url=self._url, root=self._root, fetcher=fetcher, now=as_datetime(now))
            if repository.signed_at is not None:
                self._heard(repository.signed_at)
            return self._install(repository, now, in_memory)

    def _install(self, repository: Repository, now: Milliseconds, in_memory: Watchlist | None) -> Synced:
        current = self._store.readable()
        keyring = self._keyring(repository, current)
        opened = self._loader.open_keyring(keyring)
        version = repository.list_version
        first_seen = current.published_at if current and current.list_version == version else now
        installed = Installed(
            list_version=version,
            timestamp_version=repository.timestamp_version,
            published_at=repository.published_at or first_seen,
            synced_at=now,
            # A hub whose clock is ahead must not make a list fresher than now.
            confirmed_at=min(now, repository.signed_at or now),
            lease_end=opened.lease_end,
            keyring=keyring,
            segments=tuple(segment for name in slices_of(opened) for segment in repository.segments(name)),
        )
        # Opened before it is put in use: a list that does not open must not replace one that does.
        watchlist = None if installed.same_list(current) else self._loader.load(installed, in_memory)
        self._store.install(installed)
        logger.info("watchlist.synced", list_version=version, changed=watchlist is not None)
        return Synced(installed, watchlist)

    def _keyring(self, repository: Repository, current: Installed | None) -> StoredTarget:
        try:
            return repository.keyring(self._unit)
        except KeyringMissingError as error:
            if current is None:
                raise
            # The hub signed that this unit holds none, which it did before.
            self._store.end_lease(current)
            raise RevokedError(
                "The hub has ended this unit's access to the watchlist, and the unit has destroyed its keys. If the "
                "unit is where it belongs, ask the hub's operator to enrol it."
            ) from error
