"""An MQTT 5 client over TLS that tells what the broker answered and what it delivered."""

import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from credentials.tls import client_context

SECONDS = 60


class MqttClient:
    """One connection with one certificate. Every wait ends in `SECONDS` with queue.Empty at the latest."""

    def __init__(
        self,
        port: int,
        tls: Path,
        name: str,
        *,
        client_id: str,
        keep_session: bool = False,
        will_topic: str | None = None,
    ) -> None:
        """`tls`/`name`.crt and .key are shown; `keep_session` lets the broker queue messages after a disconnect."""
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._connected: queue.Queue[ReasonCode] = queue.Queue()
        self._disconnected = threading.Event()
        self._answers: dict[int, queue.Queue[ReasonCode]] = {}
        self._lock = threading.Lock()
        self._port = port
        self._keep_session = keep_session
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(
            client_context(authority=tls / "ca.crt", certificate=tls / f"{name}.crt", key=tls / f"{name}.key")
        )
        if will_topic is not None:
            self._client.will_set(will_topic, b"will", qos=1)
        self._client.on_connect = lambda _c, _u, _f, code, _p: self._connected.put(code)
        self._client.on_disconnect = lambda _c, _u, _f, _code, _p: self._disconnected.set()
        self._client.on_message = lambda _c, _u, message: self.received.put((message.topic, bytes(message.payload)))
        self._client.on_publish = lambda _c, _u, mid, code, _p: self._answered(mid, code)
        self._client.on_subscribe = lambda _c, _u, mid, codes, _p: self._answered(mid, codes[0])

    def connect(self) -> ReasonCode:
        """What the broker says to the connection."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho types it not.
        properties.SessionExpiryInterval = 3600 if self._keep_session else 0
        self._client.connect("127.0.0.1", self._port, clean_start=not self._keep_session, properties=properties)
        self._client.loop_start()
        return self._connected.get(timeout=SECONDS)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> ReasonCode:
        """What the broker says to a message with QoS 1."""
        return self._wait(self._client.publish(topic, payload, qos=1, retain=retain).mid)

    def send_unanswered(self, topic: str, payload: bytes) -> None:
        """A message with QoS 1 to which the broker is not expected to say anything."""
        self._client.publish(topic, payload, qos=1)

    def subscribe(self, *filters: str) -> None:
        """Ask for topics; a broker may grant what it will never deliver."""
        for topic_filter in filters:
            _, mid = self._client.subscribe(topic_filter, qos=1)
            assert mid is not None
            self._wait(mid)

    def next(self) -> tuple[str, bytes]:
        """The next message's topic and payload."""
        return self.received.get(timeout=SECONDS)

    def wait_until_disconnected(self) -> bool:
        """Whether the connection has ended."""
        return self._disconnected.wait(SECONDS)

    def leave_with_will(self) -> None:
        """Disconnect so that the broker publishes the will, and return when it has ended the connection."""
        self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        assert self.wait_until_disconnected()

    def close(self) -> None:
        """End the connection and its thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        code = self.connect()
        assert not code.is_failure, code
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self, mid: int) -> ReasonCode:
        return self._slot(mid).get(timeout=SECONDS)

    def _answered(self, mid: int, code: ReasonCode) -> None:
        self._slot(mid).put(code)

    def _slot(self, mid: int) -> queue.Queue[ReasonCode]:
        # The answer may come before the caller waits for it.
        with self._lock:
            return self._answers.setdefault(mid, queue.Queue())
