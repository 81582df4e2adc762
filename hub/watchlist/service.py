"""Publishing: from the cases that are listed to the repository that units fetch.

A publication is one transaction of the database, files included. So a unit that reads in between sees the
repository as it was before or as it is after, and a crash leaves nothing half done (ADR 0030).
"""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService
from hub.clock import DAY, HOUR, MINUTE, Clock
from hub.db import Database
from hub.fleet.service import FleetService, UnknownUnitError
from hub.watchlist import store
from hub.watchlist.export import ExportRefusedError, plan_export, write_export
from hub.watchlist.keys import OnlineKeys, TrustError, load_online_keys
from hub.watchlist.model import Published, SliceChange
from hub.watchlist.publisher import Publisher, versions
from hub.watchlist.segments import SegmentMaker
from protocol.ids import CaseId, HubId, SliceName, UnitId
from protocol.stick import Stick

__all__ = [
    "GRACE",
    "ExportRefusedError",
    "OnlineKeys",
    "Published",
    "TrustError",
    "WatchlistService",
    "load_online_keys",
]

# Files that are no longer referenced stay this long, for units that are in the middle of fetching them.
GRACE: Final = 10 * MINUTE

_log = structlog.get_logger()


class WatchlistService:
    """The published watchlist of one hub."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        keys: OnlineKeys,
        cases: CaseService,
        fleet: FleetService,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        slices: Collection[SliceName],
        pack_digest: bytes,
        lease_days: int,
        compaction_hours: int,
    ) -> None:
        """`slices`: the parts of the watchlist that this hub publishes; `pack_digest`: what the hub recognises with.

        `lease_days`: for how long a unit that hears nothing may use its list. `compaction_hours`: after which nothing
        published holds a case that was removed.
        """
        self._database = database
        self._cases = cases
        self._fleet = fleet
        self._clock = clock
        self._hub = hub
        self._slices = sorted(slices)
        self._pack_digest = pack_digest
        self._publisher = Publisher(vault, keys, fleet, lease=lease_days * DAY)
        self._segments = SegmentMaker(vault, entropy, compact_after=compaction_hours * HOUR)

    def take_keys(self, keys: OnlineKeys) -> None:
        """Sign with these from now on.

        Raises TrustError where units that trust the published root would not follow, or DatabaseUnavailableError.
        """
        publisher = self._publisher.signing_with(keys)
        with self._database.read() as connection:
            publisher.require_followed(connection)
        self._publisher = publisher

    def publish(self, reason: str) -> Published:
        """Publish what is listed now to the units that are enrolled now; nothing, if all of it is published.

        Raises UnitFileError, TrustError or DatabaseUnavailableError, having published nothing.
        """
        self._fleet.refresh()
        while True:
            # Encrypting a long list takes seconds, in which sightings must be able to commit: so it is done
            # before the transaction that writes, and again if another process published meanwhile.
            with self._database.read() as connection:
                base = self._base(connection)
                changes = self._changes(connection)
            with self._database.begin() as connection:
                if self._base(connection) != base:
                    continue
                published = self._publisher.publish(connection, self._slices, changes, self._clock())
                if published.changed:
                    self._record(connection, changes, published, reason)
                return published

    def renew(self) -> Published:
        """Sign anew what would expire, and delete what nobody can be fetching any more."""
        now = self._clock()
        with self._database.begin() as connection:
            store.delete_withdrawn(connection, now - GRACE)
            return self._publisher.renew(connection, now)

    def is_changing_pack(self, connection: Connection) -> bool:
        """Whether some unit may still run another pack than the hub: until then the list serves both."""
        return not self._fleet.all_run(connection, self._pack_digest)

    def is_compaction_due(self, connection: Connection) -> bool:
        """Whether `publish` has something to do although no case changed."""
        now = self._clock()
        return any(self._segments.is_due(state, now) for state in store.slice_states(connection))

    def leap(self, connection: Connection, by: int, now: int) -> Published:
        """Sign what is published anew, so many versions ahead: after a restore, units may have seen those between."""
        return self._publisher.leap(connection, by, now)

    def export(self, unit: UnitId, folder: Path, actor: str) -> Stick:
        """Write what is published for a unit to a USB stick, signed anew if that is due; what was written.

        Raises ExportRefusedError, UnknownUnitError, UnitFileError, DiskError or DatabaseUnavailableError.
        """
        self._fleet.refresh()
        self.renew()
        with self._database.begin() as connection:
            if unit not in {each.id for each in self._fleet.units(connection)}:
                raise UnknownUnitError(f"No unit {unit} is enrolled.")
            export = plan_export(connection, self._publisher.load(connection), hub=self._hub, unit=unit)
            # Before a byte is written, so that no stick exists that the trail does not know of.
            record(
                connection,
                AuditAction.WATCHLIST_EXPORTED,
                actor=actor,
                subject=unit,
                at=self._clock(),
                list_version=export.stick.list_version,
            )
        write_export(export, folder, self.read)
        return export.stick

    def versions(self, connection: Connection) -> Published:
        """What is published; versions are 0 before the first publication."""
        return versions(connection)

    def timestamp_signed_at(self, connection: Connection) -> int | None:
        """When the current timestamp was signed, in milliseconds since 1970 UTC; None before the first."""
        return self._publisher.timestamp_signed_at(connection)

    def entry_count(self, connection: Connection) -> int:
        """How many cases are published."""
        return store.entry_count(connection)

    def is_listed(self, connection: Connection, case: CaseId) -> bool:
        """Whether the list as it was last published names a case."""
        return store.is_listed(connection, case)

    def may_hold(self, connection: Connection, case: CaseId) -> bool:
        """Whether anything that units can still fetch may hold an entry of a case, its newest or an earlier one."""
        return store.is_listed(connection, case) or store.has_superseded(connection)

    def size(self, path: str) -> int | None:
        """The length of a file of the repository (`metadata/…` or `targets/…`), or None when it has no such file."""
        with self._database.read() as connection:
            return store.size(connection, path)

    def read(self, path: str, start: int, length: int) -> bytes | None:
        """At most `length` bytes of a file from `start` on, or None when it is gone."""
        with self._database.read() as connection:
            return store.read(connection, path, start, length)

    def _base(self, connection: Connection) -> tuple[object, ...]:
        units = tuple(unit.to_record() for unit in self._fleet.units(connection))
        return versions(connection).list_version, units

    def _changes(self, connection: Connection) -> list[SliceChange]:
        published = self._publisher.load(connection)
        rekeyed = self._slices_with_lost_readers(connection)
        every_pack = self.is_changing_pack(connection)
        version = versions(connection).list_version + 1
        changes = (
            self._segments.next_change(
                name,
                store.slice_state(connection, name),
                self._cases.listed_digests(connection, name, every_pack=every_pack),
                partial(self._cases.entries, connection, every_pack=every_pack),
                live_segments=len(published.segments(name)),
                new_epoch=name in rekeyed,
                version=version,
                now=self._clock(),
            )
            for name in self._slices
        )
        return [change for change in changes if change is not None]

    def _slices_with_lost_readers(self, connection: Connection) -> set[SliceName]:
        # A unit that was enrolled anew has another sealing key: its old device is a reader that was lost.
        now = {(unit.id, unit.identity.seal_key.key_id): unit.slices for unit in self._fleet.units(connection)}
        return {
            name
            for reader in store.readers(connection).values()
            for name in reader.slices
            if name not in now.get((reader.unit, reader.recipient), ())
        }

    def _record(self, connection: Connection, changes: list[SliceChange], published: Published, reason: str) -> None:
        record(
            connection,
            AuditAction.WATCHLIST_PUBLISHED,
            actor=self._hub,
            subject=self._hub,
            at=self._clock(),
            reason=reason,
            list_version=published.list_version,
            upserts=sum(len(change.entries) for change in changes),
            removed=sum(len(change.removed) for change in changes),
        )
        _log.info("watchlist.published", list_version=published.list_version, reason=reason)
