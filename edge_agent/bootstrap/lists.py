"""Where a unit's watchlist comes from."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge_agent.bootstrap.unit import Unit
from edge_agent.watchlist.fetcher import ResumingFetcher
from edge_agent.watchlist.repository import read_root
from edge_agent.watchlist.stick import STICK_URL, StickFetcher, open_stick
from edge_agent.watchlist.sync import Synchroniser


def build_synchroniser(unit: Unit, stopping: Callable[[], bool]) -> Synchroniser:
    """Raises PrivateFileError or RepositoryRejectedError for files that are missing."""
    settings = unit.settings
    return Synchroniser(
        unit.store,
        unit.loader,
        unit=settings.unit,
        url=settings.watchlist_url,
        root=read_root(settings.tuf_root),
        open_fetcher=partial(
            ResumingFetcher,
            unit.tls_context(),
            unit.store.partial,
            stopping=stopping,
            bytes_per_second=settings.sync_bytes_per_second,
        ),
        now=unit.clock.now,
        heard=unit.clock.not_before,
    )


def build_stick_synchroniser(unit: Unit, folder: Path) -> Synchroniser:
    """From a USB stick instead of the network. Raises RepositoryRejectedError for a root that is missing."""

    def open_fetcher() -> StickFetcher:
        return open_stick(folder, unit=unit.settings.unit, installed=unit.store.readable(), now=unit.clock.now())

    return Synchroniser(
        unit.store,
        unit.loader,
        unit=unit.settings.unit,
        url=STICK_URL,
        root=read_root(unit.settings.tuf_root),
        open_fetcher=open_fetcher,
        now=unit.clock.now,
        heard=unit.clock.not_before,
    )
