"""The record of an erasure, as values."""

from dataclasses import dataclass
from typing import Final, NewType

from hub.cases.service import CaseState, Reason
from protocol.ids import CaseId, UnitId

ErasureId = NewType("ErasureId", str)

WATCHLIST: Final = "watchlist"
DATABASE: Final = "database files"
BACKUPS: Final = "backups"
HANDED_OUT: Final = "copies handed out"
"""Not the hub's to delete: whoever has them is to be told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that held something of a child. `count`: of how many; `done_at`: None while it may hold it still."""

    place: str
    count: int
    done_at: int | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was removed where when a case ended. Times in milliseconds since 1970 UTC."""

    id: ErasureId
    case: CaseId
    state: CaseState
    reason: Reason
    actor: str
    at: int
    list_version: int | None
    completed_at: int | None
    places: tuple[Place, ...]


def unit_place(unit: UnitId) -> str:
    """The place that is a unit's list."""
    return f"unit {unit}"
