"""What a benchmark of ingest needs beside the hub: many units on a few connections, and a bare echo."""

import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from credentials.identity import create_identity, load_identity
from credentials.private_files import make_private_directory, write_public
from credentials.tls import client_context
from protocol.ids import UnitId, local_part
from protocol.topics import UnitChannel, hub_subscription, parse_unit_topic, unit_topic
from provisioning.authority import Authority
from provisioning.broker_config import access_list
from provisioning.registry import UnitRecord
from tests.support.hub_site import HUB, SITE, SLICE, HubSite, SimulatedUnit

CONNECTIONS = 8
_PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: messages answered a second, and the milliseconds from sending one to its answer."""

    rate: float
    p50_ms: float
    p99_ms: float


def enrol(site: HubSite, count: int) -> list[SimulatedUnit]:
    """Units with keys of their own, known to the hub; they share the certificates of `CONNECTIONS` carriers."""
    keys = make_private_directory(site.folder / "carried")
    units = []
    for number in range(count):
        unit = UnitId(f"{HUB}/carried-{number}")
        identity = create_identity(make_private_directory(keys / local_part(unit)), unit)
        record = UnitRecord(unit, SITE, (SLICE,), identity.public)
        write_public(site.folder / "hub" / "units" / f"{local_part(unit)}.json", record.to_json())
        units.append(SimulatedUnit(identity, load_identity(site.folder / "hub").public))
    authority = Authority.load(site.folder / "authority", now=datetime.now(UTC))
    blocks = [access_list(HUB, ())]
    for number in range(CONNECTIONS):
        name = f"{HUB}.carrier-{number}"
        authority.issue_client(name, now=datetime.now(UTC)).save(keys, f"carrier-{number}")
        blocks.append(f"\nuser {name}\ntopic readwrite mca/v1/{HUB}/units/#\n")
    write_public(site.folder / "broker" / "acl.conf", "".join(blocks).encode())
    return units


class Fleet:
    """All units, each of which sends its next message when the last was answered."""

    def __init__(self, site: HubSite, units: Sequence[UnitId]) -> None:
        """The broker runs."""
        self._sent: dict[UnitId, float] = {}
        self._waiting: dict[UnitId, Iterator[bytes]] = {}
        self._latencies: list[float] = []
        self._missing = 0
        self._done = threading.Condition()
        self._clients = [_carrier(site, number, units[number::CONNECTIONS], self) for number in range(CONNECTIONS)]
        self._of = {unit: self._clients[place % CONNECTIONS] for place, unit in enumerate(units)}

    def send_all(self, messages: dict[UnitId, list[bytes]]) -> Run:
        """Every unit's messages, one after the other, all units at once; returns when all are answered."""
        self._latencies = []
        self._missing = sum(map(len, messages.values()))
        self._waiting = {unit: iter(own) for unit, own in messages.items()}
        start = time.perf_counter()
        for unit in messages:
            self._send_next(unit)
        with self._done:
            complete = self._done.wait_for(lambda: self._missing == 0, _PATIENCE_SECONDS)
        passed = time.perf_counter() - start
        if not complete:
            raise TimeoutError(f"{self._missing} messages were not answered")
        cuts = statistics.quantiles(self._latencies, n=100, method="inclusive")
        return Run(round(len(self._latencies) / passed, 1), round(cuts[49] * 1e3, 1), round(cuts[98] * 1e3, 1))

    def send_evenly(self, messages: Sequence[tuple[UnitId, bytes]], rate: float) -> list[float]:
        """So many messages a second, whatever is answered, each of another unit; when each was sent.

        In seconds as `time.perf_counter` counts them, in every process of the machine. Returns when all are answered.
        """
        self._latencies, self._waiting = [], {unit: iter(()) for unit, _ in messages}
        self._missing = len(messages)
        start = time.perf_counter()
        for number, (unit, payload) in enumerate(messages):
            time.sleep(max(start + number / rate - time.perf_counter(), 0.0))
            self._sent[unit] = time.perf_counter()
            self._of[unit].publish(unit_topic(unit, UnitChannel.SIGHTINGS), payload, 1)
        with self._done:
            if not self._done.wait_for(lambda: self._missing == 0, _PATIENCE_SECONDS):
                raise TimeoutError(f"{self._missing} messages were not answered")
        return [self._sent[unit] for unit, _ in messages]

    def close(self) -> None:
        """End every connection."""
        for client in self._clients:
            client.disconnect()
            client.loop_stop()

    def answered(self, unit: UnitId) -> None:
        """A message has come on the unit's topic of receipts."""
        with self._done:
            self._latencies.append(time.perf_counter() - self._sent[unit])
            self._missing -= 1
            self._done.notify_all()
        self._send_next(unit)

    def _send_next(self, unit: UnitId) -> None:
        payload = next(self._waiting[unit], None)
        if payload is not None:
            self._sent[unit] = time.perf_counter()
            self._of[unit].publish(unit_topic(unit, UnitChannel.SIGHTINGS), payload, 1)


@contextmanager
def connected(site: HubSite, units: Sequence[SimulatedUnit]) -> Iterator[Fleet]:
    """All of the units, connected for as long as the block lasts."""
    fleet = Fleet(site, [UnitId(unit.id) for unit in units])
    try:
        yield fleet
    finally:
        fleet.close()


def _carrier(site: HubSite, number: int, units: Sequence[UnitId], fleet: Fleet) -> Client:
    client = _client(site.folder, f"carrier-{number}", site.folder / "carried")
    subscribed = threading.Event()
    client.on_message = lambda _client, _data, message: fleet.answered(parse_unit_topic(message.topic)[0])
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", site.settings.broker_port)
    client.loop_start()
    client.subscribe([(unit_topic(unit, UnitChannel.RECEIPTS), 1) for unit in units])
    if not subscribed.wait(_PATIENCE_SECONDS):
        raise TimeoutError("the broker did not answer")
    return client


def _client(folder: Path, name: str, tls: Path) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    authority = folder / "hub" / "tls" / "ca.crt"
    client.tls_set_context(
        client_context(authority=authority, certificate=tls / f"{name}.crt", key=tls / f"{name}.key")
    )
    client.max_inflight_messages_set(64)
    client.on_socket_open = _send_at_once
    return client


def _send_at_once(_client: Client, _data: object, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def echo(site: HubSite, reply_bytes: int) -> Iterator[None]:
    """In the hub's place a client that answers every message at once, and does nothing else."""
    with ExitStack() as stack:
        context = multiprocessing.get_context("spawn")
        ready = context.Event()
        about = (site.folder, site.settings.broker_port, reply_bytes, ready)
        process = context.Process(target=_echo, args=about)
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        if not ready.wait(_PATIENCE_SECONDS):
            raise TimeoutError("the broker did not answer")
        yield


def _echo(folder: Path, port: int, reply_bytes: int, ready: "threading.Event") -> None:
    client = _client(folder, "hub", folder / "hub" / "tls")
    reply = bytes(reply_bytes)

    def answer(client: Client, _data: object, message: MQTTMessage) -> None:
        client.publish(unit_topic(parse_unit_topic(message.topic)[0], UnitChannel.RECEIPTS), reply, 1)

    client.on_message = answer
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe(hub_subscription(HUB, UnitChannel.SIGHTINGS), 1)
    client.loop_forever()
