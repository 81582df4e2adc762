"""The hub's connection to its broker, as its settings describe it."""

from typing import Final

from credentials.tls import client_context
from hub.atrest import Vault
from hub.config import HubSettings
from hub.mqtt import MqttLink
from protocol.ids import hub_worker_name
from protocol.topics import UPWARD, hub_subscription, shared_subscription

_HUB_SESSION_SECONDS: Final = 30 * 24 * 3600
# The broker goes on giving a worker its share after it is gone: soon this must end, and units send again.
_WORKER_SESSION_SECONDS: Final = 300


def group_name(settings: HubSettings, vault: Vault) -> str:
    """What the hub's processes call the subscription that they share.

    Mosquitto lets anyone join who knows it, and throws away what is the turn of one that may not read it. So the name
    is a secret, which follows from the storage key.
    """
    return vault.index(settings.hub.encode(), "broker/group").hex()


def build_link(settings: HubSettings, vault: Vault, worker: int | None = None) -> MqttLink:
    """The connection to the broker, not yet made: the hub's own, or that of a worker. Raises PrivateFileError."""
    tls = settings.tls
    name = "hub" if worker is None else f"worker-{worker}"
    context = client_context(authority=tls / "ca.crt", certificate=tls / f"{name}.crt", key=tls / f"{name}.key")
    group = group_name(settings, vault)
    topics = [hub_subscription(settings.hub, channel) for channel in sorted(UPWARD)]
    return MqttLink(
        settings.broker_host,
        settings.broker_port,
        context,
        client_id=settings.hub if worker is None else hub_worker_name(settings.hub, worker),
        subscriptions=[shared_subscription(group, each) for each in topics],
        session_seconds=_HUB_SESSION_SECONDS if worker is None else _WORKER_SESSION_SECONDS,
    )
