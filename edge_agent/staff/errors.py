"""Why somebody cannot sign in."""

from faults import RejectedError, UnavailableError


class WrongPinError(RejectedError):
    """Name and PIN do not belong together."""


class LockedOutError(RejectedError):
    """Too many wrong PINs. `seconds`: until another one may be tried, at least 1."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class StaffListMissingError(UnavailableError):
    """The hub has not said yet who may sign in here."""


class StaffListEndedError(UnavailableError):
    """The unit has not heard for too long who may sign in here."""
