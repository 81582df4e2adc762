"""The broker's folder: mosquitto's configuration, its certificate, and who may say and hear what."""

import os
import pwd
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from credentials.private_files import make_private_directory, write_public
from protocol.envelope import MAX_ENVELOPE
from protocol.ids import HubId, UnitId, hub_worker_name
from protocol.topics import DOWNWARD, UPWARD, hub_subscription, unit_topic, watchlist_topic
from provisioning.authority import Authority
from provisioning.deployment import Deployment
from provisioning.places import HUB_WORKERS
from provisioning.templates import fill

CONFIGURATION: Final = "mosquitto.conf"
_ACCESS_LIST = "acl.conf"
# An MQTT packet around the largest envelope: its topic, its properties and its lengths.
_PACKET_ROOM = 64 * 1024


def create_broker_folder(folder: Path, deployment: Deployment, authority: Authority, *, now: datetime) -> None:
    """Everything that mosquitto needs, for a hub that has no units yet. Raises DiskError."""
    make_private_directory(folder)
    make_private_directory(folder / "data")
    write_public(folder / "ca.crt", authority.certificate)
    authority.issue_server("broker", deployment.broker.host, now=now).save(folder, "server")
    configuration = fill(
        CONFIGURATION,
        port=deployment.broker.port,
        address=deployment.broker.listen_address,
        max_packet=MAX_ENVELOPE + _PACKET_ROOM,
        user=_user_directive(),
    )
    write_public(folder / CONFIGURATION, configuration)
    write_access_list(folder, deployment.hub, ())


def write_access_list(folder: Path, hub: HubId, units: Iterable[UnitId]) -> None:
    """Make the access list say exactly what these units and their hub may do. Raises DiskError.

    A list that says so already is left alone: undoing a change on a full disk must not need space.
    """
    path = folder / _ACCESS_LIST
    wanted = access_list(hub, units).encode()
    try:
        unchanged = path.read_bytes() == wanted
    except OSError:
        unchanged = False
    if not unchanged:
        write_public(path, wanted)


def access_list(hub: HubId, units: Iterable[UnitId]) -> str:
    """Mosquitto's ACL: a block for the hub, its workers and each unit, who is the common name of its certificate."""
    worker_rules = [
        *(f"topic read {hub_subscription(hub, channel)}" for channel in sorted(UPWARD)),
        *(f"topic write {hub_subscription(hub, channel)}" for channel in sorted(DOWNWARD)),
    ]
    blocks = [
        _block(hub, [*worker_rules, f"topic write {watchlist_topic(hub)}"]),
        *(_block(hub_worker_name(hub, number), worker_rules) for number in HUB_WORKERS),
        *(_block(unit, _unit_rules(hub, unit)) for unit in sorted(units)),
    ]
    return "# Written by `mca provision` from the hub's list of units: changes made here are lost.\n" + "".join(blocks)


def _unit_rules(hub: HubId, unit: UnitId) -> list[str]:
    # Every topic in full: a wildcard would let one stolen unit hear or speak for the others.
    return [
        *(f"topic write {unit_topic(unit, channel)}" for channel in sorted(UPWARD)),
        *(f"topic read {unit_topic(unit, channel)}" for channel in sorted(DOWNWARD)),
        f"topic read {watchlist_topic(hub)}",
    ]


def _block(user: str, rules: Iterable[str]) -> str:
    return "\n".join(["", f"user {user}", *rules, ""])


def _user_directive() -> str:
    """Whom mosquitto becomes when root starts it: the owner of its keys.

    It would become the user `mosquitto` otherwise, who can read neither the keys nor, at the next reload,
    the access list. The directive has no effect when another user than root starts the broker
    (docs/adr/0021-broker-user.md).
    """
    try:
        return f"user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:  # A container may run under a number that has no name; root has always one.
        return "# user: the owner of these files has no name on this machine."
