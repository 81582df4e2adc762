"""The TUF metadata of the watchlist: from what is to be published to the next version of each role. Pure.

A role that says the same as before and is far from its expiry keeps its version, so that units fetch only
what is new. Lengths of life follow who could replay what: the timestamp bounds how long a unit can be kept
from news, the others only how long a stolen key is of use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from hub.watchlist.keys import OnlineKeys
from hub.watchlist.model import PublishedFile
from protocol.ids import SliceName
from protocol.targets import slice_role

S = TypeVar("S", Snapshot, Targets, Timestamp)


@dataclass(frozen=True, slots=True)
class Life:
    """How long metadata is valid, and the age from which it is signed anew."""

    valid: timedelta
    renewed_after: timedelta


TIMESTAMP_LIFE: Final = Life(timedelta(days=1), timedelta(hours=1))
SNAPSHOT_LIFE: Final = Life(timedelta(days=30), timedelta(days=10))
TARGETS_LIFE: Final = Life(timedelta(days=90), timedelta(days=30))

SliceTargets = Mapping[SliceName, Mapping[str, TargetFile]]


@dataclass(frozen=True, slots=True)
class Repository:
    """The current metadata of every online role; None before the first publication."""

    timestamp: Metadata[Timestamp] | None
    snapshot: Metadata[Snapshot] | None
    targets: Metadata[Targets] | None
    slices: Mapping[SliceName, Metadata[Targets]]

    def keyrings(self) -> dict[str, TargetFile]:
        """The published keyrings by path."""
        return {} if self.targets is None else dict(self.targets.signed.targets)

    def segments(self, name: SliceName) -> dict[str, TargetFile]:
        """A slice's live segments by path."""
        return dict(self.slices[name].signed.targets) if name in self.slices else {}

    def files(self) -> list[PublishedFile]:
        """Every metadata file under the name by which units fetch it."""
        files = [_file(slice_role(name), metadata) for name, metadata in self.slices.items()]
        if self.targets is not None:
            files.append(_file(Targets.type, self.targets))
        if self.snapshot is not None:
            files.append(_file(Snapshot.type, self.snapshot))
        if self.timestamp is not None:
            files.append(_file(Timestamp.type, self.timestamp))
        return files

    def target_paths(self) -> set[str]:
        """Where the live targets lie."""
        live = [self.targets, *self.slices.values()]
        targets = [target for metadata in live if metadata is not None for target in metadata.signed.targets.values()]
        return {f"targets/{path}" for target in targets for path in target.get_prefixed_paths()}


def signed_at(timestamp: Metadata[Timestamp]) -> datetime:
    """When a timestamp was signed: TUF writes only when it expires."""
    return timestamp.signed.expires - TIMESTAMP_LIFE.valid


def next_repository(
    old: Repository, keyrings: Mapping[str, TargetFile], segments: SliceTargets, keys: OnlineKeys, now: datetime
) -> Repository:
    """The repository that lists exactly these targets. `old` itself if nothing is to be signed anew."""
    slices = {
        name: _targets(old.slices.get(name), targets, None, keys.slices, now) for name, targets in segments.items()
    }
    targets = _targets(old.targets, keyrings, _delegations(segments, keys.slices), keys.targets, now)
    # With the digest: who has stolen one role's key alone cannot put another file in the place of this version.
    listed = {f"{slice_role(name)}.json": _listed(metadata) for name, metadata in slices.items()}
    snapshot = _snapshot(old.snapshot, listed | {"targets.json": _listed(targets)}, keys.snapshot, now)
    return Repository(_timestamp(old.timestamp, snapshot, keys.timestamp, now), snapshot, targets, slices)


def leapt(old: Repository, versions: int) -> Repository:
    """As if so many versions of every role had been published meanwhile, none of which is signed.

    For a hub that was restored: units have seen versions that it knows nothing of, and accept none twice.
    """
    roles = [old.timestamp, old.snapshot, old.targets, *old.slices.values()]
    for metadata in (role for role in roles if role is not None):
        metadata.signed.version += versions
        metadata.signatures.clear()
    return old


def _targets(
    old: Metadata[Targets] | None,
    targets: Mapping[str, TargetFile],
    delegations: Delegations | None,
    signer: CryptoSigner,
    now: datetime,
) -> Metadata[Targets]:
    if (
        old is not None
        and (old.signed.targets, old.signed.delegations) == (targets, delegations)
        and _is_fresh(old, TARGETS_LIFE, signer, now)
    ):
        return old
    version = 1 if old is None else old.signed.version + 1
    signed = Targets(version=version, expires=now + TARGETS_LIFE.valid, targets=dict(targets), delegations=delegations)
    return _sign(signed, signer)


def _delegations(segments: SliceTargets, signer: CryptoSigner) -> Delegations:
    key = signer.public_key
    roles = {
        slice_role(name): DelegatedRole(
            slice_role(name), [key.keyid], 1, terminating=True, paths=[f"{slice_role(name)}/*"]
        )
        for name in sorted(segments)
    }
    return Delegations({key.keyid: key}, roles)


def _snapshot(
    old: Metadata[Snapshot] | None, meta: dict[str, MetaFile], signer: CryptoSigner, now: datetime
) -> Metadata[Snapshot]:
    if old is not None and old.signed.meta == meta and _is_fresh(old, SNAPSHOT_LIFE, signer, now):
        return old
    version = 1 if old is None else old.signed.version + 1
    # Not one of TUF's own fields: units show it to say how old their list is.
    published = {"published_at": round(now.timestamp() * 1000)}
    expires = now + SNAPSHOT_LIFE.valid
    return _sign(Snapshot(version=version, expires=expires, meta=meta, unrecognized_fields=published), signer)


def _timestamp(
    old: Metadata[Timestamp] | None, snapshot: Metadata[Snapshot], signer: CryptoSigner, now: datetime
) -> Metadata[Timestamp]:
    meta = _listed(snapshot)
    if old is not None and old.signed.snapshot_meta == meta and _is_fresh(old, TIMESTAMP_LIFE, signer, now):
        return old
    version = 1 if old is None else old.signed.version + 1
    # Not one of TUF's own fields: units show it to say since when nobody has confirmed that their list is the newest.
    signed = {"signed_at": round(now.timestamp() * 1000)}
    expires = now + TIMESTAMP_LIFE.valid
    return _sign(Timestamp(version=version, expires=expires, snapshot_meta=meta, unrecognized_fields=signed), signer)


def _listed(metadata: Metadata[S]) -> MetaFile:
    return MetaFile.from_data(metadata.signed.version, to_bytes(metadata), ["sha256"])


def _is_fresh(old: Metadata[S], life: Life, signer: CryptoSigner, now: datetime) -> bool:
    # What a clock signed that ran ahead would hold too long. A signature by another key than today's is one that a
    # newly installed root no longer names.
    signed_from = old.signed.expires - life.valid
    return signed_from <= now < signed_from + life.renewed_after and signer.public_key.keyid in old.signatures


def _sign(signed: S, signer: CryptoSigner) -> Metadata[S]:
    # TUF counts whole seconds.
    signed.expires = signed.expires.replace(microsecond=0)
    metadata = Metadata(signed)
    metadata.sign(signer)
    return metadata


def to_bytes(metadata: Metadata[S]) -> bytes:
    """The file's bytes: compact JSON."""
    return metadata.to_bytes(JSONSerializer(compact=True))


def _file(role: str, metadata: Metadata[S]) -> PublishedFile:
    version = metadata.signed.version
    name = f"{role}.json" if role == Timestamp.type else f"{version}.{role}.json"
    return PublishedFile(f"metadata/{name}", to_bytes(metadata), role, version)
