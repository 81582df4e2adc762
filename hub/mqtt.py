"""The hub's connection to the broker; the one module that knows paho.

MQTT 5 with a lasting session and QoS 1. Nothing that arrives is acknowledged until it has been dealt with, so
the broker keeps whatever this process has in memory: a crash, or a cut connection, brings it again.
"""

import queue
import random
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from faults import UnavailableError

_QOS: Final = 1
_KEEPALIVE_SECONDS: Final = 30
_IN_FLIGHT: Final = 64
_PUBACK_SECONDS: Final = 20.0
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0

_log = structlog.get_logger()


class BrokerUnavailableError(UnavailableError):
    """The broker cannot be reached, or did not take a message."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that the broker keeps until it is acknowledged. `connection` counts connections."""

    topic: str
    payload: bytes
    packet_id: int
    connection: int


class MqttLink:
    """A connection that is made again whenever it breaks. Safe to use from any thread."""

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        session_seconds: int,
    ) -> None:
        """`context` proves who the hub is; `subscriptions` are topic filters.

        `session_seconds`: how long the broker keeps what is for a connection that is gone.
        """
        self._address = host, port
        self._session_seconds = session_seconds
        self._subscriptions = [(topic, _QOS) for topic in subscriptions]
        self._deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._connection = 0
        self._is_up = False
        self._failures = 0
        self._refused: set[int] = set()
        self._client = self._build_client(client_id, context)

    @property
    def connection(self) -> int:
        """Rises with every connection, so that what is said once on each can be said again."""
        return self._connection

    def start(self) -> None:
        """Connect in the background, as often as it takes."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
        properties.SessionExpiryInterval = self._session_seconds
        properties.ReceiveMaximum = _IN_FLIGHT
        self._set_delay()
        self._client.connect_async(*self._address, _KEEPALIVE_SECONDS, clean_start=False, properties=properties)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye. What was not acknowledged comes again at the next start."""
        self._client.disconnect()
        self._client.loop_stop()

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the broker has confirmed the subscriptions within this time."""
        return self._ready.wait(seconds)

    def next_delivery(self, seconds: float) -> Delivery | None:
        """The next message, or None when none comes in time."""
        try:
            return self._deliveries.get(timeout=seconds)
        except queue.Empty:
            return None

    def next_deliveries(self, seconds: float) -> list[Delivery]:
        """The next message and all that wait behind it, or none when none comes in time.

        They are at most as many as the broker sends without an acknowledgement.
        """
        group = [self.next_delivery(seconds)]
        with suppress(queue.Empty):
            while len(group) < _IN_FLIGHT:
                group.append(self._deliveries.get_nowait())
        return [delivery for delivery in group if delivery is not None]

    def is_current(self, delivery: Delivery) -> bool:
        """Whether the connection that brought a message still stands. If not, the broker will send it again."""
        return self._is_up and delivery.connection == self._connection

    def acknowledge(self, delivery: Delivery) -> None:
        """Let the broker forget a message. Of an earlier connection it is ignored: its number may be another's."""
        with self._lock:
            if self.is_current(delivery):
                self._client.ack(delivery.packet_id, _QOS)

    def send(self, topic: str, payload: bytes) -> None:
        """Hand a message to the connection without waiting for the broker. Raises BrokerUnavailableError."""
        self._publish(topic, payload, retain=False)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Return when the broker has taken a message. Raises BrokerUnavailableError when it did not, or in time."""
        info = self._publish(topic, payload, retain=retain)
        with suppress(RuntimeError):  # paho's word for a connection that broke meanwhile; the next line sees it.
            info.wait_for_publish(_PUBACK_SECONDS)
        if not info.is_published():
            raise BrokerUnavailableError("The broker did not confirm a message in time.")
        with self._lock:
            refused = info.mid in self._refused
            self._refused.discard(info.mid)
        if refused:
            raise BrokerUnavailableError("The broker refused a message of the hub. Check its list of permissions.")

    def _publish(self, topic: str, payload: bytes, *, retain: bool) -> Any:
        if not self._is_up:
            raise BrokerUnavailableError("The broker is not connected.")
        info = self._client.publish(topic, payload, _QOS, retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerUnavailableError("The broker is not connected.")
        return info

    def _build_client(self, client_id: str, context: ssl.SSLContext) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
        client.tls_set_context(context)
        client.on_socket_open = self._on_socket_open
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_socket_open(self, _client: Client, _data: object, connection: Any) -> None:
        # A receipt is small and somebody waits for it: it must not wait for a fuller packet.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            _log.error("broker.refused", reason=str(reason))
            self._set_delay()
            return
        # The broker sends what waits in a lasting session at once, before it answers the subscription.
        with self._lock:
            self._connection += 1
            self._is_up = True
        client.subscribe(self._subscriptions)

    def _on_subscribe(
        self, client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            _log.error("broker.subscription-refused", reasons=[str(reason) for reason in reasons])
            client.disconnect()
            return
        self._failures = 0
        self._ready.set()
        _log.info("broker.connected")

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        _log.warning("broker.unreachable")
        self._set_delay()

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        with self._lock:
            self._is_up = False
        self._ready.clear()
        with suppress(queue.Empty):
            while True:
                self._deliveries.get_nowait()
        _log.info("broker.disconnected", reason=str(reason))
        self._set_delay()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._deliveries.put(Delivery(message.topic, bytes(message.payload), message.mid, self._connection))

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: object) -> None:
        if reason.is_failure:
            _log.error("broker.refused-message", reason=str(reason))
            with self._lock:
                self._refused.add(mid)

    def _set_delay(self) -> None:
        # paho's own back-off has no chance in it: after a power cut a whole country would knock at once.
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures += 1
        self._client.reconnect_delay_set(delay, delay)
