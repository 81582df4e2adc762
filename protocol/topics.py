"""Every MQTT topic, built and parsed here alone. A topic names units, never a child and never a result.

mca/v1/<hub>/units/<unit>/sightings   unit → hub, one per intake, whatever it found
mca/v1/<hub>/units/<unit>/found       unit → hub, one for each found child whom a shelter registers
mca/v1/<hub>/units/<unit>/losses      unit → hub: what it had to erase unconfirmed
mca/v1/<hub>/units/<unit>/withdrawals unit → hub: consent that was taken back, and what was erased because of it
mca/v1/<hub>/units/<unit>/health      unit → hub
mca/v1/<hub>/units/<unit>/presence    the broker → hub, empty: the unit's connection broke (its last will)
mca/v1/<hub>/units/<unit>/receipts    hub → unit
mca/v1/<hub>/units/<unit>/notices     hub → unit
mca/v1/<hub>/units/<unit>/erasures    hub → unit: what to erase
mca/v1/<hub>/units/<unit>/time        hub → unit: its signed time, for the challenge in a health report
mca/v1/<hub>/units/<unit>/keyrings    hub → unit: a keyring without keys, which tells that the unit is revoked
mca/v1/<hub>/units/<unit>/staff       hub → unit: who may sign in there
mca/v1/<hub>/watchlist                hub → all its units, retained: a new timestamp is published
"""

from enum import StrEnum

from protocol.errors import InvalidIdError, WrongTopicError
from protocol.ids import HubId, UnitId, local_part, owner, parse_hub_id, parse_unit_id

_ROOT = "mca/v1"


class UnitChannel(StrEnum):
    """A unit's own topics by their last level."""

    SIGHTINGS = "sightings"
    FOUND = "found"
    LOSSES = "losses"
    WITHDRAWALS = "withdrawals"
    HEALTH = "health"
    PRESENCE = "presence"
    RECEIPTS = "receipts"
    NOTICES = "notices"
    ERASURES = "erasures"
    TIME = "time"
    KEYRINGS = "keyrings"
    STAFF = "staff"


UPWARD = frozenset(
    {
        UnitChannel.SIGHTINGS,
        UnitChannel.FOUND,
        UnitChannel.LOSSES,
        UnitChannel.WITHDRAWALS,
        UnitChannel.HEALTH,
        UnitChannel.PRESENCE,
    }
)
DOWNWARD = frozenset(
    {
        UnitChannel.RECEIPTS,
        UnitChannel.NOTICES,
        UnitChannel.ERASURES,
        UnitChannel.TIME,
        UnitChannel.KEYRINGS,
        UnitChannel.STAFF,
    }
)


def unit_topic(unit: UnitId, channel: UnitChannel) -> str:
    """The topic of one of a unit's channels."""
    return f"{_ROOT}/{owner(unit)}/units/{local_part(unit)}/{channel}"


def hub_subscription(hub: HubId, channel: UnitChannel) -> str:
    """The filter by which a hub hears one channel of all its units."""
    return f"{_ROOT}/{hub}/units/+/{channel}"


def shared_subscription(group: str, topics: str) -> str:
    """The filter by which the members of a group hear each message of `topics` once between them (MQTT 5)."""
    return f"$share/{group}/{topics}"


def watchlist_topic(hub: HubId) -> str:
    """The retained announcement of a hub's watchlist."""
    return f"{_ROOT}/{hub}/watchlist"


def parse_unit_topic(topic: str) -> tuple[UnitId, UnitChannel]:
    """The unit and channel that a topic names.

    Raises WrongTopicError for anything that `unit_topic` would not have built.
    """
    match topic.split("/"):
        case ["mca", "v1", hub, "units", name, channel] if channel in set(UnitChannel):
            try:
                return parse_unit_id(f"{parse_hub_id(hub)}/{name}"), UnitChannel(channel)
            except InvalidIdError as error:
                raise WrongTopicError("A topic names a unit that cannot exist.") from error
        case _:
            raise WrongTopicError("A message came on a topic that is not one of the protocol's.")
