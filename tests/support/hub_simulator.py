"""A hub as a unit sees it, for the unit's tests: a real TUF repository over real HTTPS with mutual TLS, and a real
MQTT peer that answers sightings with signed receipts. It keeps everything in memory and can be told to be hostile.
"""

import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

from credentials.identity import load_identity, read_card
from credentials.tls import client_context, server_context
from protocol.announcement import Announcement
from protocol.columns import EntryColumns, entry_columns
from protocol.envelope import Header, MessageType, Opened, digest, open_envelope, seal
from protocol.found import FoundChild
from protocol.health import Health
from protocol.ids import CaseId, SliceName, UnitId, parse_hub_id
from protocol.keyring import Keyring
from protocol.keys import Identity
from protocol.losses import Losses
from protocol.notice import Notice, NoticeKind
from protocol.receipt import Receipt, Verdict
from protocol.segment import EpochKey, Segment, encrypt_segment
from protocol.sighting import Sighting
from protocol.signed_time import SignedTime
from protocol.staff import StaffList
from protocol.targets import keyring_path, segment_path, slice_role
from protocol.topics import UPWARD, UnitChannel, hub_subscription, parse_unit_topic, unit_topic, watchlist_topic
from protocol.watchlist import WatchlistEntry
from protocol.withdrawal import Withdrawal
from tests.support.units_server import UnitsServer

T = TypeVar("T")

PATIENCE: Final = float(os.environ.get("MCA_TEST_PATIENCE", "1"))
"""How many times longer than otherwise a test waits before it gives up: for an emulated machine."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def wait_until(condition: Callable[[], T | None], *, seconds: float = 60) -> T:
    """What `condition` gives once it gives something. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {seconds} s: {condition}"
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class Heard:
    """A sighting as it arrived."""

    header: Header
    sighting: Sighting
    envelope: bytes


class SimulatedRepository:
    """The TUF repository, signed with the keys that provisioning made. `publish` turns it into files."""

    def __init__(self, provisioned: Path) -> None:
        self._folder = provisioned / "hub"
        self.identity = load_identity(self._folder)
        self.read_keys()
        self.keys: dict[SliceName, list[EpochKey]] = {}
        self.segments: dict[SliceName, dict[int, bytes]] = {}
        self.keyrings: dict[UnitId, bytes] = {}
        self.versions = {"timestamp": 0, "snapshot": 0, "targets": 0}
        self.timestamp_life = timedelta(days=1)
        self.lease = timedelta(days=14)
        self.published_at: int | None = None
        self._sequence = 0
        self._listed: dict[str, MetaFile] = {}  # what the next snapshot says of each role

    def read_keys(self) -> None:
        """Sign from now on with the keys that lie in the hub's folder."""
        self._signers = {name: self._signer(name) for name in ("targets", "snapshot", "timestamp", "slices")}

    def card(self, unit: UnitId) -> Identity:
        return read_card(self._folder.parent / "units" / unit.partition("/")[2] / "card.json")

    def give_keyring(self, unit: UnitId, slices: Iterable[SliceName], *, sealed_to: UnitId | None = None) -> None:
        """Seal the slices' keys to a unit; `sealed_to` another than it names is what an attacker might try."""
        keys = tuple(key for name in slices for key in self._epochs(name))
        ring = Keyring(unit, keys, now_ms() + round(self.lease.total_seconds() * 1000))
        self.keyrings[unit] = self.seal(ring.to_bytes(), MessageType.KEYRING, sealed_to or unit)

    def seal(self, payload: bytes, kind: MessageType, unit: UnitId) -> bytes:
        self._sequence += 1
        return seal(
            payload,
            message_type=kind,
            sender=self.identity,
            recipient=self.card(unit),
            sequence=self._sequence,
            now=now_ms(),
        )

    def start_epoch(self, name: SliceName) -> None:
        """A new key for what is published from now on."""
        epochs = self._epochs(name)
        epochs.append(EpochKey(name, epochs[-1].epoch + 1, secrets.token_bytes(32)))

    def snapshot(self, name: SliceName, entries: Iterable[WatchlistEntry]) -> None:
        """Replace the slice's segments by one that holds these entries."""
        sequence = max(self.segments.get(name, {0: b""})) + 1
        segment = Segment(name, sequence, snapshot=True, upserts=self._columns(entries), removals=())
        self.segments[name] = {sequence: self.encrypt(segment)}

    def delta(self, name: SliceName, upserts: Iterable[WatchlistEntry] = (), removals: Iterable[CaseId] = ()) -> None:
        """Append a segment."""
        sequence = max(self.segments[name]) + 1
        segment = Segment(name, sequence, snapshot=False, upserts=self._columns(upserts), removals=tuple(removals))
        self.segments[name][sequence] = self.encrypt(segment)

    def _columns(self, entries: Iterable[WatchlistEntry]) -> EntryColumns:
        """Entries as the next version of the list brings them."""
        new = list(entries)
        return entry_columns(new, [self.versions["snapshot"] + 1] * len(new))

    def encrypt(self, segment: Segment, *, path: str | None = None) -> bytes:
        path = path or segment_path(segment.slice, segment.sequence)
        return encrypt_segment(segment, key=self._epochs(segment.slice)[-1], path=path, nonce=secrets.token_bytes(12))

    def publish(self, *, listed: dict[SliceName, dict[str, bytes]] | None = None) -> dict[str, bytes]:
        """The next version of every role as files; `listed` overrides which targets each slice's role lists."""
        files: dict[str, bytes] = {}
        slices = listed or {
            name: {segment_path(name, number): data for number, data in segments.items()}
            for name, segments in self.segments.items()
        }
        for name, targets in slices.items():
            files |= self._targets(slice_role(name), targets, "slices", None)
        rings = {keyring_path(unit): data for unit, data in self.keyrings.items()}
        files |= self._targets("targets", rings, "targets", self._delegations(slices))
        # TUF refuses a snapshot that no longer mentions a role; a slice that ends only loses its delegation.
        signed = Snapshot(self._next("snapshot"), expires=self._later(7), meta=self._listed)
        snapshot = self._top("snapshot", signed)
        files |= snapshot
        (data,) = snapshot.values()
        latest = MetaFile.from_data(signed.version, data, ["sha256"])
        expires = (datetime.now(UTC) + self.timestamp_life).replace(microsecond=0)
        files |= self._top("timestamp", Timestamp(self._next("timestamp"), expires=expires, snapshot_meta=latest))
        files |= {
            f"/watchlist/metadata/{Metadata.from_file(str(path)).signed.version}.root.json": path.read_bytes()
            for path in (self._folder / "tuf").glob("*root.json")
        }
        return files

    def _targets(
        self, role: str, contents: dict[str, bytes], signer: str, delegations: Delegations | None
    ) -> dict[str, bytes]:
        infos = {path: TargetFile.from_data(path, data, ["sha256"]) for path, data in contents.items()}
        signed = Targets(self._next(role), expires=self._later(30), targets=infos, delegations=delegations)
        metadata = Metadata(signed)
        metadata.sign(self._signers[signer])
        data = metadata.to_bytes()
        self._listed[f"{role}.json"] = MetaFile.from_data(signed.version, data, ["sha256"])
        files = {f"/watchlist/metadata/{self.versions[role]}.{role}.json": data}
        for path, content in contents.items():
            (place,) = infos[path].get_prefixed_paths()
            files[f"/watchlist/targets/{place}"] = content
        return files

    def _top(self, role: str, signed: Snapshot | Timestamp) -> dict[str, bytes]:
        if isinstance(signed, Snapshot) and self.published_at is not None:
            signed.unrecognized_fields["published_at"] = self.published_at
        metadata: Metadata[Any] = Metadata(signed)
        metadata.sign(self._signers[role])
        name = "timestamp.json" if role == "timestamp" else f"{self.versions[role]}.{role}.json"
        return {f"/watchlist/metadata/{name}": metadata.to_bytes()}

    def _delegations(self, slices: Iterable[SliceName]) -> Delegations:
        key = self._signers["slices"].public_key
        roles = {
            slice_role(name): DelegatedRole(
                slice_role(name), [key.keyid], 1, terminating=True, paths=[f"{slice_role(name)}/*"]
            )
            for name in slices
        }
        return Delegations({key.keyid: key}, roles)

    def _epochs(self, name: SliceName) -> list[EpochKey]:
        return self.keys.setdefault(name, [EpochKey(name, 1, secrets.token_bytes(32))])

    def _next(self, role: str) -> int:
        self.versions[role] = self.versions.get(role, 0) + 1
        return self.versions[role]

    def _later(self, days: int) -> datetime:
        return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)

    def _signer(self, name: str) -> CryptoSigner:
        key = load_pem_private_key((self._folder / "tuf" / f"{name}.key").read_bytes(), None)
        assert isinstance(key, Ed25519PrivateKey)
        return CryptoSigner(key)


class HubPeer:
    """The hub at the broker. It answers loss records, and sightings while `answering`, with a receipt."""

    def __init__(self, provisioned: Path, repository: SimulatedRepository, broker_port: int) -> None:
        self._repository = repository
        self._hub = parse_hub_id(repository.identity.name)
        self.answering = True
        self.sightings: list[Heard] = []
        self.health: list[Health] = []
        self.losses: list[Losses] = []
        self.withdrawals: list[Withdrawal] = []
        self.gone: list[UnitId] = []
        self.found: list[FoundChild] = []
        self.staff: bytes | None = None
        """A list of staff for units that report another serial than its own."""
        self.refusing = False
        """Answer sightings with a refusal for good."""
        self.clock = now_ms
        """What the hub says when it is asked for the time."""
        tls = provisioned / "hub" / "tls"
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self._hub, protocol=mqtt.MQTTv5, manual_ack=False
        )
        self._client.tls_set_context(
            client_context(authority=tls / "ca.crt", certificate=tls / "hub.crt", key=tls / "hub.key")
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._port = broker_port

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", self._port, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._subscribed.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # paho's only way to close the pair of sockets by which it wakes its own loop.
        self._client.reinitialise()

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def announce(self) -> None:
        version = self._repository.versions["timestamp"]
        self.send(watchlist_topic(self._hub), Announcement(version).to_bytes(), retain=True)

    def send_receipt(self, heard: Heard, **changes: Any) -> None:
        """A receipt for what was heard, or with `changes` to its fields."""
        receipt = replace(Receipt(digest(heard.envelope), now_ms()), **changes)
        self._send_sealed(heard.sighting.unit, UnitChannel.RECEIPTS, MessageType.RECEIPT, receipt.to_bytes())

    def send_notice(self, heard: Heard) -> bytes:
        """Ask the site to telephone; the envelope."""
        notice = Notice(heard.sighting.sighting_id, heard.sighting.reference, NoticeKind.CALL_DESK, now_ms())
        return self._send_sealed(heard.sighting.unit, UnitChannel.NOTICES, MessageType.NOTICE, notice.to_bytes())

    def _send_sealed(self, unit: UnitId, channel: UnitChannel, kind: MessageType, payload: bytes) -> bytes:
        envelope = self._repository.seal(payload, kind, unit)
        self.send(unit_topic(unit, channel), envelope)
        return envelope

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(hub_subscription(self._hub, channel), 1) for channel in UPWARD])

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        unit, channel = parse_unit_topic(message.topic)
        payload = bytes(message.payload)
        match channel:
            case UnitChannel.PRESENCE:
                self.gone.append(unit)
            case UnitChannel.HEALTH:
                report = Health.from_bytes(self._open(payload, unit, MessageType.HEALTH).payload)
                self.health.append(report)
                if report.challenge is not None:
                    answer = SignedTime(report.challenge, self.clock(), 1).to_bytes()
                    self._answer(unit, UnitChannel.TIME, MessageType.TIME, answer)
                if self.staff is not None and report.staff_serial != StaffList.from_bytes(self.staff).serial:
                    self._answer(unit, UnitChannel.STAFF, MessageType.STAFF, self.staff)
            case UnitChannel.LOSSES:
                opened = self._open(payload, unit, MessageType.LOSS)
                self.losses.append(Losses.from_bytes(opened.payload))
                self._answer_receipt(unit, opened, Verdict.COMMITTED)
            case UnitChannel.WITHDRAWALS:
                opened = self._open(payload, unit, MessageType.WITHDRAWAL)
                self.withdrawals.append(Withdrawal.from_bytes(opened.payload))
                self._answer_receipt(unit, opened, Verdict.COMMITTED)
            case UnitChannel.FOUND:
                opened = self._open(payload, unit, MessageType.FOUND)
                self.found.append(FoundChild.from_bytes(opened.payload))
                self._answer_receipt(unit, opened, Verdict.COMMITTED)
            case _:
                opened = self._open(payload, unit, MessageType.SIGHTING)
                self.sightings.append(Heard(opened.header, Sighting.from_bytes(opened.payload), payload))
                if self.answering:
                    self._answer_receipt(unit, opened, Verdict.REFUSED if self.refusing else Verdict.COMMITTED)

    def _answer_receipt(self, unit: UnitId, opened: Opened, verdict: Verdict) -> None:
        receipt = Receipt(opened.digest, now_ms(), verdict).to_bytes()
        self._answer(unit, UnitChannel.RECEIPTS, MessageType.RECEIPT, receipt)

    def _answer(self, unit: UnitId, channel: UnitChannel, kind: MessageType, payload: bytes) -> None:
        # Not waited for: this is paho's own thread.
        self._client.publish(unit_topic(unit, channel), self._repository.seal(payload, kind, unit), qos=1)

    def _open(self, payload: bytes, unit: UnitId, kind: MessageType) -> Opened:
        card = self._repository.card(unit)
        return open_envelope(
            payload,
            recipient=self._repository.identity,
            find_sender=lambda name: card if name == unit else None,
            expected=kind,
        )


class HubSimulator:
    """Repository and HTTPS server together; `peer` adds the MQTT side where a broker runs."""

    def __init__(self, provisioned: Path, *, units_port: int) -> None:
        self._folder = provisioned
        self.repository = SimulatedRepository(provisioned)
        tls = provisioned / "hub" / "tls"
        context: ssl.SSLContext = server_context(
            certificate=tls / "units.crt", key=tls / "units.key", authority=tls / "ca.crt"
        )
        self.server = UnitsServer(context, units_port)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    def publish(self, *, listed: dict[SliceName, dict[str, bytes]] | None = None) -> None:
        """Sign what the repository holds and serve it."""
        self.server.files |= self.repository.publish(listed=listed)

    def peer(self, broker_port: int) -> HubPeer:
        return HubPeer(self._folder, self.repository, broker_port)
