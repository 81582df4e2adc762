"""Who works at the screen, as the kiosk asks for them; `edge_agent.staff` knows them."""

from dataclasses import dataclass
from typing import Protocol

from faults import RejectedError


@dataclass(frozen=True, slots=True)
class Member:
    """One of the site's staff. `id`: opaque; it is what records and messages hold, and never the name."""

    id: str
    name: str
    roles: frozenset[str]


class WrongPinError(RejectedError):
    """The PIN is not this person's, or there is no such person."""


class LockedOutError(RejectedError):
    """Too many wrong PINs. `seconds`: until another one may be tried."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class StaffDesk(Protocol):
    """Called from the kiosk's one worker thread alone. Its methods may take as long as Argon2id takes."""

    def members(self) -> tuple[Member, ...]:
        """Who may sign in here now, in the order of their names."""
        ...

    def sign_in(self, member_id: str, pin: str) -> Member:
        """Raises WrongPinError or LockedOutError."""
        ...
