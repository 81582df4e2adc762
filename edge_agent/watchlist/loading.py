"""From encrypted targets on disk to a list that can be searched, in memory only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from edge_agent.watchlist.index import WatchlistIndex
from edge_agent.watchlist.keyring import epoch_key, open_keyring
from edge_agent.watchlist.scoring import Scoring
from edge_agent.watchlist.state import EncryptedStep, apply_segments, empty_slice
from edge_agent.watchlist.store import Installed, NeverSyncedError, StoredListDamagedError, StoredTarget, WatchlistStore
from models.pack import Pack
from protocol.ids import UnitId
from protocol.keyring import Keyring
from protocol.keys import Identity, PrivateIdentity
from protocol.segment import Segment, decrypt_segment, segment_epoch
from protocol.targets import parse_segment_path
from protocol.watchlist import WatchlistEntry


@dataclass(frozen=True, slots=True, eq=False)
class Watchlist:
    """A list that can be searched."""

    installed: Installed
    index: WatchlistIndex


class WatchlistLoader:
    """Opens lists with the unit's keys, for one pack."""

    def __init__(
        self,
        store: WatchlistStore,
        *,
        unit: UnitId,
        identity: PrivateIdentity,
        hub: Identity,
        pack: Pack,
        scoring: Scoring,
    ) -> None:
        """Nothing is read yet."""
        self._store = store
        self._unit = unit
        self._identity = identity
        self._hub = hub
        self._dimension = pack.manifest.dimension
        self._scoring = scoring

    def load_installed(self) -> Watchlist:
        """The list in use. Raises NeverSyncedError, StoredListDamagedError, or errors as `load` does."""
        while True:
            installed = self._store.installed()
            if installed is None:
                raise NeverSyncedError(
                    "This unit has no watchlist yet, so nobody could be recognised. Connect it and run: mca edge sync"
                )
            try:
                return self.load(installed)
            except StoredListDamagedError:
                # Another process may have put a newer list in use meanwhile, and removed what this one named.
                if installed.same_list(self._store.installed()):
                    raise

    def load(self, installed: Installed) -> Watchlist:
        """Open a list whose targets are all stored.

        Raises StoredListDamagedError, SegmentOrderError, ForeignKeyringError, EpochKeyMissingError, or
        protocol errors when what is stored is not a list of this unit.
        """
        entries = self._entries(self.open_keyring(installed.keyring), installed.segments)
        index = WatchlistIndex(entries, scoring=self._scoring, dimension=self._dimension)
        return Watchlist(installed, index)

    def open_keyring(self, target: StoredTarget) -> Keyring:
        """A stored keyring. Raises as `load` does."""
        data = self._store.read(target)
        return open_keyring(data, unit=self._unit, identity=self._identity, hub=self._hub)

    def _entries(self, keyring: Keyring, segments: Iterable[StoredTarget]) -> Iterator[WatchlistEntry]:
        for name, targets in groupby(segments, key=lambda target: parse_segment_path(target.path)[0]):
            steps = (self._open(keyring, target) for target in targets)
            yield from apply_segments(empty_slice(name), steps).entries.values()

    def _open(self, keyring: Keyring, target: StoredTarget) -> tuple[EncryptedStep, Segment]:
        name, sequence = parse_segment_path(target.path)
        data = self._store.read(target)
        step = EncryptedStep(name, sequence, segment_epoch(data))
        return step, decrypt_segment(data, key=epoch_key(keyring, name, step.epoch), path=target.path)
