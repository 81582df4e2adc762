"""The link over MQTT 5 with mutual TLS. No other module imports paho."""

import random
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from credentials.tls import CertificateEndedError, require_unexpired
from edge_agent.link.backoff import Backoff
from edge_agent.link.events import Arrived, Connected, Event
from edge_agent.trusted_time import Milliseconds

logger = structlog.get_logger()

SESSION_SECONDS: Final = 30 * 86_400
"""How long the broker keeps receipts and notices for a unit that is away."""

_KEEPALIVE_SECONDS = 30
_CONNECT_SECONDS = 15.0
_LOOP_SECONDS = 1.0
_STOP_SECONDS = 5.0
_BACKOFF = Backoff(first=1.0, longest=60.0)
# Messages that the broker may send before the first of them is acknowledged: the bound of the agent's queue.
_RECEIVE_MAXIMUM = 20
_MAX_PACKET = 256 * 1024
_WILL_DELAY = 10  # Seconds: a connection that breaks and comes back at once is no news.
_WILL_EXPIRY = 86_400


class MqttLink:
    """A persistent session at the broker. Messages are acknowledged by whoever has kept them, not on arrival."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        context: ssl.SSLContext,
        surely_after: Callable[[Milliseconds], bool],
        will: str,
        topics: Sequence[str],
        report: Callable[[Event], None],
        source: random.Random,
    ) -> None:
        """`topics` to hear; `report` is called from the link's own threads.

        `surely_after` says whether the broker's certificate has ended. `will`: the topic on which the broker says, with
        nothing in it, that the connection broke.
        """
        self._address = (host, port)
        self._topics = topics
        self._report = report
        self._random = source
        self._stopping = threading.Event()
        self._accepted = False
        self._connection = 0
        self._thread = threading.Thread(target=self._keep_connected, name="link", daemon=True)
        # paho's own reconnecting has no jitter and cannot be asked how it stands; `_keep_connected` does it.
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        # Told that someone else watches the socket, paho leaves all writing to the one thread that calls `loop`.
        self._client.on_socket_register_write = _do_nothing
        self._client.tls_set_context(context)
        self._client.will_set(will, qos=1, properties=_will_properties())
        self._surely_after = surely_after
        self._client.on_socket_open = self._on_socket_open
        self._client.connect_timeout = _CONNECT_SECONDS
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the present connection."""
        return self._client.is_connected()

    @property
    def living(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, expiry: int | None = None) -> bool:
        """Give a message to the broker with QoS 1; False when there is no connection."""
        if not self.connected:
            return False
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expiry is not None:
            properties.MessageExpiryInterval = expiry
        info = self._client.publish(topic, payload, qos=1, properties=properties)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def reconnect(self) -> None:
        """Drop the connection; a new one follows after a delay."""
        self._accepted = False
        self._client.disconnect()

    def stop(self) -> None:
        """Disconnect and end the link's threads."""
        self._stopping.set()
        # With the will, so that the hub learns of a unit that was switched off as of one that vanished.
        self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        # paho's only way to close the pair of sockets by which it wakes its own loop.
        self._client.reinitialise()

    def _keep_connected(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._accepted = False
            self._connect_once()
            failures = 1 if self._accepted else failures + 1
            if not self._stopping.is_set():
                self._stopping.wait(_BACKOFF.delay(failures, self._random))

    def _connect_once(self) -> None:
        """Connect, and return when the connection is over."""
        self._connection += 1
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_SECONDS
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        properties.MaximumPacketSize = _MAX_PACKET
        host, port = self._address
        try:
            self._client.connect(host, port, _KEEPALIVE_SECONDS, clean_start=False, properties=properties)
        except OSError as error:  # ssl.SSLError is one.
            logger.warning("link.unreachable", reason=str(error))
            return
        except CertificateEndedError as error:
            logger.warning("link.certificate_ended", reason=str(error))
            return
        if self._stopping.is_set():
            self._client.disconnect()
        # paho ends every connection by itself: also one that is refused, or silent for a keep-alive.
        while self._client.loop(_LOOP_SECONDS) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            pass

    def _on_socket_open(self, _client: mqtt.Client, _data: Any, connection: Any) -> None:
        """After the handshake and before the first byte of MQTT. Raises CertificateEndedError."""
        try:
            require_unexpired(connection, self._surely_after)
        except CertificateEndedError:
            connection.close()
            raise

    def _on_connect(
        self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            logger.warning("link.refused", reason=str(reason))
            return
        self._accepted = True
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        logger.info("link.connected", session=flags.session_present)
        self._report(Connected(flags.session_present))

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        logger.info("link.lost", reason=str(reason))

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        connection = self._connection

        def acknowledge() -> None:
            # The number means nothing to a later connection, where the broker sends the message again.
            if connection == self._connection:
                client.ack(message.mid, message.qos)

        self._report(Arrived(message.topic, bytes(message.payload), acknowledge))

    def _on_publish(self, _client: mqtt.Client, _data: Any, _number: int, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            logger.error("link.publish_refused", reason=str(reason))


def _will_properties() -> Properties:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = _WILL_DELAY
    properties.MessageExpiryInterval = _WILL_EXPIRY
    return properties


def _do_nothing(_client: mqtt.Client, _data: Any, _socket: Any) -> None:
    """Nobody but paho's own loop has to know of the socket."""
