"""One publication inside one transaction: files, keyrings, metadata, and what they were made from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

from hub.atrest import Vault
from hub.clock import moment
from hub.fleet.service import FleetService, Unit
from hub.watchlist import store
from hub.watchlist.keys import OnlineKeys, TrustError, parse_root, require_successor
from hub.watchlist.model import Published, PublishedFile, Reader, SliceChange, SliceState
from hub.watchlist.repository import Repository, leapt, next_repository, signed_at
from hub.watchlist.segments import epoch_key, sealed_epoch_key
from protocol.envelope import MessageType
from protocol.ids import SliceName
from protocol.keyring import Keyring
from protocol.segment import EpochKey
from protocol.targets import keyring_path, segment_path, slice_role

Targeted = Mapping[str, TargetFile]

_RENEWED_AFTER: Final = 4
"""The part of a lease after which it is renewed: a unit that last looked just before then has the rest of it."""


class Publisher:
    """Writes publications; whoever calls it holds the transaction."""

    def __init__(self, vault: Vault, keys: OnlineKeys, fleet: FleetService, *, lease: int) -> None:
        """`keys` sign the metadata, `fleet` seals each unit's keyring, for `lease` milliseconds."""
        self._lease = lease
        self._vault = vault
        self._keys = keys
        self._fleet = fleet

    def signing_with(self, keys: OnlineKeys) -> "Publisher":
        """The same with other keys."""
        return Publisher(self._vault, keys, self._fleet, lease=self._lease)

    def require_followed(self, connection: Connection) -> None:
        """Return if units that trust the published root will follow to these keys. Raises TrustError."""
        self._new_roots(connection)

    def load(self, connection: Connection) -> Repository:
        """The repository as it is published."""
        timestamp = store.current(connection, Timestamp.type)
        snapshot = store.current(connection, Snapshot.type)
        targets = store.current(connection, Targets.type)
        return Repository(
            None if timestamp is None else Metadata[Timestamp].from_bytes(timestamp),
            None if snapshot is None else Metadata[Snapshot].from_bytes(snapshot),
            None if targets is None else Metadata[Targets].from_bytes(targets),
            {
                name: Metadata[Targets].from_bytes(data)
                for name in store.slices(connection)
                if (data := store.current(connection, slice_role(name))) is not None
            },
        )

    def publish(
        self, connection: Connection, slices: Collection[SliceName], changes: Sequence[SliceChange], now: int
    ) -> Published:
        """Apply `changes` to `slices`, bring the keyrings to the units enrolled now, and sign what is new."""
        for root in self._new_roots(connection):
            store.put_file(connection, root)
        old = self.load(connection)
        # TUF lets no role disappear: a slice that the hub has given up stays, empty.
        segments: dict[SliceName, Targeted] = {name: {} for name in old.slices}
        segments |= {name: old.segments(name) for name in slices}
        for change in changes:
            kept = {} if change.snapshot else segments[change.key.slice]
            segments[change.key.slice] = {**kept, **self._put_segments(connection, change)}
        keyrings = self._put_keyrings(connection, slices, old.keyrings(), now)
        return self._sign(connection, old, keyrings, segments, now)

    def renew(self, connection: Connection, now: int) -> Published:
        """Sign anew whatever is due, and let no lease of a unit that is enrolled run out; nothing else changes."""
        old = self.load(connection)
        if old.timestamp is None:
            return versions(connection)
        # Keys that were taken up since the last publication sign from now on: units need the root that names them.
        for root in self._new_roots(connection):
            store.put_file(connection, root)
        keyrings = self._renew_keyrings(connection, old.keyrings(), now)
        return self._sign(connection, old, keyrings, {name: old.segments(name) for name in old.slices}, now)

    def timestamp_signed_at(self, connection: Connection) -> int | None:
        """When the current timestamp was signed, in milliseconds since 1970 UTC; None before the first."""
        timestamp = self.load(connection).timestamp
        return None if timestamp is None else round(signed_at(timestamp).timestamp() * 1000)

    def leap(self, connection: Connection, by: int, now: int) -> Published:
        """Sign what is published anew, so many versions ahead."""
        published = self.load(connection)
        if published.timestamp is None:
            return versions(connection)
        kept = published.keyrings(), {name: published.segments(name) for name in published.slices}
        return self._sign(connection, leapt(published, by), *kept, now)

    def _new_roots(self, connection: Connection) -> list[PublishedFile]:
        """Every root from the one that is published to today's: units take one after the other. Raises TrustError."""
        newest = self._keys.root.signed.version
        published = store.current(connection, Root.type)
        if published == self._keys.root_bytes:
            return []
        oldest = min((*self._keys.earlier_roots, newest))
        first = oldest if published is None else min(parse_root(published).signed.version + 1, newest)
        roots: list[PublishedFile] = []
        for version in range(first, newest + 1):
            data = self._keys.root_bytes if version == newest else self._keys.earlier_roots.get(version)
            if data is None:
                raise TrustError(
                    f"Units take one TUF root after the other, and {version} is missing before {newest}: "
                    f"put {version}.root.json beside root.json."
                )
            if published is not None:
                require_successor(published, parse_root(data))
            roots.append(PublishedFile(f"metadata/{version}.root.json", data, Root.type, version))
            published = data
        return roots

    def _put_segments(self, connection: Connection, change: SliceChange) -> dict[str, TargetFile]:
        key = change.key
        state = SliceState(
            key.slice,
            key.epoch,
            sealed_epoch_key(key, self._vault),
            change.last_sequence,
            change.changes,
            change.superseded_at,
            change.entries,
        )
        store.put_slice(connection, state)
        store.put_entries(connection, key.slice, change.entries, change.removed)
        targets: dict[str, TargetFile] = {}
        for sequence, segment in change.segments.items():
            targets |= _put_target(connection, segment_path(key.slice, sequence), segment)
        return targets

    def _put_keyrings(
        self, connection: Connection, slices: Collection[SliceName], published: Targeted, now: int
    ) -> Targeted:
        keys = self._epoch_keys(connection)
        readers = store.readers(connection)
        keyrings: dict[str, TargetFile] = {}
        for unit in self._fleet.units(connection):
            path = keyring_path(unit.id)
            granted = tuple(keys[name] for name in unit.slices if name in keys and name in slices)
            old = readers.pop(unit.id, None)
            reader = self._reader(unit, granted, now)
            if old is not None and path in published and replace(reader, lease_end=old.lease_end) == old:
                keyrings[path] = published[path]
            else:
                keyrings |= self._put_keyring(connection, reader, granted)
        for unit_id in readers:
            store.remove_reader(connection, unit_id)
        return keyrings

    def _renew_keyrings(self, connection: Connection, published: Targeted, now: int) -> Targeted:
        readers = store.readers(connection)
        # All at once: each time one changes, every unit fetches the list of all of them.
        if all(reader.lease_end - now >= self._lease - self._lease // _RENEWED_AFTER for reader in readers.values()):
            return published
        keys = self._epoch_keys(connection)
        keyrings = dict(published)
        for unit in self._fleet.units(connection):
            old = readers.get(unit.id)
            if old is not None:
                # What a unit may read is for a publication to change, together with the slices' keys.
                granted = tuple(keys[name] for name in old.slices)
                reader = self._reader(unit, granted, now)
                if replace(reader, lease_end=old.lease_end) == old:
                    keyrings |= self._put_keyring(connection, reader, granted)
        return keyrings

    def _put_keyring(
        self, connection: Connection, reader: Reader, granted: tuple[EpochKey, ...]
    ) -> dict[str, TargetFile]:
        keyring = Keyring(reader.unit, granted, reader.lease_end)
        envelope = self._fleet.seal(connection, reader.unit, MessageType.KEYRING, keyring.to_bytes())
        store.put_reader(connection, reader)
        return _put_target(connection, keyring_path(reader.unit), envelope)

    def _reader(self, unit: Unit, granted: tuple[EpochKey, ...], now: int) -> Reader:
        recipient = unit.identity.seal_key.key_id
        keys = Keyring(unit.id, granted, lease_end=0).to_bytes()
        digest = self._vault.index(recipient + keys, "watchlist_readers/digest")
        return Reader(unit.id, tuple(key.slice for key in granted), recipient, digest, now + self._lease)

    def _epoch_keys(self, connection: Connection) -> dict[SliceName, EpochKey]:
        return {state.name: epoch_key(state, self._vault) for state in store.slice_states(connection)}

    def _sign(
        self,
        connection: Connection,
        old: Repository,
        keyrings: Targeted,
        segments: Mapping[SliceName, Targeted],
        now: int,
    ) -> Published:
        new = next_repository(old, keyrings, segments, self._keys, moment(now))
        files = new.files()
        for file in set(files).difference(old.files()):
            store.put_file(connection, file)
        live = {file.path for file in files} | new.target_paths() | store.paths(connection, Root.type)
        store.withdraw_others(connection, live, now)
        return versions(connection, changed=new.snapshot is not old.snapshot)


def versions(connection: Connection, *, changed: bool = False) -> Published:
    """What is published; versions are 0 before the first publication."""
    list_version, timestamp = store.version(connection, Snapshot.type), store.version(connection, Timestamp.type)
    return Published(list_version, timestamp, changed)


def _put_target(connection: Connection, path: str, content: bytes) -> dict[str, TargetFile]:
    target = TargetFile.from_data(path, content, ["sha256"])
    (prefixed,) = target.get_prefixed_paths()
    store.put_file(connection, PublishedFile(f"targets/{prefixed}", content))
    return {path: target}
