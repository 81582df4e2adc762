"""What can happen to the agent. Its one thread takes them in turn from one queue."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from edge_agent.watchlist.sync import Synced


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted the connection. Without a session it has forgotten this unit."""

    session_present: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message. The broker keeps it until `acknowledge` is called."""

    topic: str
    payload: bytes
    acknowledge: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Woken:
    """Another process of this unit put something in the outbox or changed the list."""


@dataclass(frozen=True, slots=True)
class CaptureTold:
    """A process of this unit opened or closed its camera; the supervisor has been told."""


@dataclass(frozen=True, slots=True)
class SyncEnded:
    """A synchronisation ended, well or not."""

    outcome: "Future[Synced]"


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The process is to end."""


Event: TypeAlias = Connected | Arrived | Woken | CaptureTold | SyncEnded | StopAsked


class Link(Protocol):
    """The connection to the broker. It reconnects by itself and reports `Connected` and `Arrived` events."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the present connection."""
        ...

    def start(self) -> None:
        """Begin to connect."""
        ...

    def publish(self, topic: str, payload: bytes, *, expiry: int | None = None) -> bool:
        """Give a message to the broker, at least once; False when there is no connection.

        `expiry`: seconds after which the broker need not deliver it any more.
        """
        ...

    def reconnect(self) -> None:
        """Drop the connection and make a new one, for the broker to send again what was not acknowledged."""
        ...

    def stop(self) -> None:
        """Disconnect, and wait until nothing more is reported."""
        ...
