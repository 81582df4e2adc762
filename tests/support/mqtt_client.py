"""An MQTT client of a provisioned unit, for tests: what it says, and what it hears."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from credentials.tls import client_context
from protocol.ids import UnitId, owner
from protocol.topics import DOWNWARD, unit_topic, watchlist_topic


class UnitClient:
    """A unit at the broker, with a lasting session. It hears its own topics and the announcements."""

    def __init__(self, folder: Path, unit: UnitId, port: int, *, also: Sequence[str] = ()) -> None:
        """`folder`: what is copied to the device. `also`: what else it subscribes to, with or without a right."""
        tls = folder / "tls"
        context = client_context(authority=tls / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key")
        topics = [*(unit_topic(unit, channel) for channel in sorted(DOWNWARD)), watchlist_topic(owner(unit))]
        self._port = port
        self._topics = [(topic, 1) for topic in (*topics, *also)]
        self._heard: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, unit, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._cut = threading.Event()
        self._client.on_disconnect = lambda *_: self._cut.set()

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", self._port, 30, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._subscribed.wait(30), "the broker did not let the unit in"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes) -> None:
        """Return when the broker has it."""
        info = self._client.publish(topic, payload, 1)
        info.wait_for_publish(30)
        assert info.is_published()

    def heard(self, topic: str) -> list[bytes]:
        """Every payload that came on a topic so far."""
        with self._news:
            return [payload for place, payload in self._heard if place == topic]

    def wait_for(self, topic: str, count: int = 1, seconds: float = 60) -> list[bytes]:
        """The payloads of a topic, once there are so many."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.heard(topic)) >= count, seconds)
        assert came, f"{count} messages on {topic} were expected, {len(self.heard(topic))} came"
        return self.heard(topic)

    def wait_until_cut(self, seconds: float = 60) -> None:
        """Return when the broker has ended the connection."""
        assert self._cut.wait(seconds), "the connection was not ended"

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        assert not reason.is_failure, reason
        client.subscribe(self._topics)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._news:
            self._heard.append((message.topic, bytes(message.payload)))
            self._news.notify_all()
