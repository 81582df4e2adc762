"""From encrypted targets on disk to a list that can be searched, in memory only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge_agent.trusted_time import Milliseconds
from edge_agent.watchlist.index import WatchlistIndex, empty_index
from edge_agent.watchlist.keyring import epoch_key, open_keyring
from edge_agent.watchlist.scoring import Scoring
from edge_agent.watchlist.state import START, EncryptedStep, Position, follow
from edge_agent.watchlist.store import (
    Installed,
    LeaseEndedError,
    NeverSyncedError,
    StoredListDamagedError,
    StoredTarget,
    WatchlistStore,
)
from models.pack import Pack
from protocol.ids import SliceName, UnitId
from protocol.keyring import Keyring
from protocol.keys import Identity, PrivateIdentity
from protocol.segment import Segment, decrypt_segment, segment_epoch
from protocol.targets import parse_segment_path


@dataclass(frozen=True, slots=True, eq=False)
class Watchlist:
    """A list that can be searched until its lease ends, and how far each of its slices was followed."""

    installed: Installed
    index: WatchlistIndex
    positions: Mapping[SliceName, Position]


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
        now: Callable[[], Milliseconds],
        destroyable_before: Callable[[], Milliseconds],
    ) -> None:
        """Nothing is read yet. `now`: the trusted time, by which leases end.

        `destroyable_before`: the keys whose lease ended by this moment are destroyed. A hub whose clock is wrong for a
        minute has them refused for as long, and not destroyed.
        """
        self._store = store
        self._unit = unit
        self._identity = identity
        self._hub = hub
        self._dimension = pack.manifest.dimension
        self._scoring = scoring
        self._now = now
        self._destroyable_before = destroyable_before

    def load_installed(self, current: Watchlist | None = None) -> Watchlist:
        """The list in use. Raises NeverSyncedError, or errors as `load` does."""
        while True:
            installed = self._store.installed()
            if installed is None:
                raise NeverSyncedError(
                    "This unit has no watchlist yet, so nobody could be recognised. Connect it and run: mca edge sync"
                )
            try:
                return self.load(installed, current)
            except StoredListDamagedError:
                # Another process may have put a newer list in use meanwhile, and removed what this one named.
                if installed.same_list(self._store.installed()):
                    raise

    def load(self, installed: Installed, current: Watchlist | None = None) -> Watchlist:
        """Open a list whose targets are all stored. Of what `current` holds already, nothing is opened again.

        Raises LeaseEndedError, StoredListDamagedError, SegmentOrderError, ForeignKeyringError, EpochKeyMissingError,
        or protocol errors when what is stored is not a list of this unit.
        """
        self._require_lease(installed, installed.lease_end)
        keyring = self.open_keyring(installed.keyring)
        # The record is a plain file, the keyring is what the hub has signed.
        self._require_lease(installed, keyring.lease_end)
        index, positions, known = empty_index(self._scoring, self._dimension), dict[SliceName, Position](), set[str]()
        if current is not None and not current.index.is_mostly_waste and _continues(current.installed, installed):
            index, positions = current.index, dict(current.positions)
            known = {target.sha256 for target in current.installed.segments}
        for target in installed.segments:
            if target.sha256 not in known:
                step, segment = self._open(keyring, target)
                positions[step.slice] = follow(positions.get(step.slice, START), step, segment)
                index = index.applied(segment)
        return Watchlist(installed, index, MappingProxyType(positions))

    def require_lease(self, watchlist: Watchlist) -> None:
        """Return if this list may still be searched. Raises LeaseEndedError."""
        self._require_lease(watchlist.installed, watchlist.installed.lease_end)

    def open_keyring(self, target: StoredTarget) -> Keyring:
        """A stored keyring. Raises as `load` does."""
        return self.open_envelope(self._store.read(target))

    def open_envelope(self, data: bytes) -> Keyring:
        """A keyring in its envelope. Raises ForeignKeyringError or protocol errors."""
        return open_keyring(data, unit=self._unit, identity=self._identity, hub=self._hub)

    def _require_lease(self, installed: Installed, end: Milliseconds) -> None:
        if self._now() >= end:
            if self._destroyable_before() >= end:
                self._store.end_lease(installed)
            raise LeaseEndedError(
                "This unit has had no word from its hub for so long that its watchlist may not be used any more. "
                "Connect it, or bring a stick, and run: mca edge sync. If it is refused there, the unit was revoked."
            )

    def _open(self, keyring: Keyring, target: StoredTarget) -> tuple[EncryptedStep, Segment]:
        name, sequence = parse_segment_path(target.path)
        data = self._store.read(target)
        step = EncryptedStep(name, sequence, segment_epoch(data))
        return step, decrypt_segment(data, key=epoch_key(keyring, name, step.epoch), path=target.path)


def _continues(old: Installed, new: Installed) -> bool:
    """Whether each slice of the old list goes on in the new one, so that only what follows has to be opened."""
    return all(new.of_slice(name)[: len(segments)] == segments for name, segments in _by_slice(old).items())


def _by_slice(installed: Installed) -> dict[SliceName, tuple[StoredTarget, ...]]:
    return {name: installed.of_slice(name) for name in installed.slices}
