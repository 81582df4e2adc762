"""Who works at the screen, as the kiosk asks for them; `edge_agent.staff` knows them."""

from typing import Protocol

from edge_agent.staff.desk import Member


class StaffDesk(Protocol):
    """Called from the kiosk's one worker thread alone. Its methods may take as long as Argon2id takes."""

    def members(self) -> tuple[Member, ...]:
        """Who may sign in here now, in the order of their names."""
        ...

    def current(self, member_id: str) -> Member | None:
        """Somebody who signed in before, as the hub has them now; None where the session has to end."""
        ...

    def sign_in(self, member_id: str, pin: str) -> Member:
        """Raises WrongPinError, LockedOutError, StaffListMissingError or StaffListEndedError."""
        ...
