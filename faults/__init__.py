"""The root of the one error tree: split by who must act.

    MissingChildAlertError
    ├── RejectedError        the peer, a file or a person gave something wrong: drop it, audit it, say what is wrong
    ├── UnavailableError     something outside is not there now: keep the work and try again
    └── MisconfiguredError   this installation is wrong: stop, and say what to change

`protocol.errors` and `models.errors` hang their own errors below these three. They live here, under
both leaves, because neither leaf may import the other (docs/adr/0001-one-error-tree.md).
"""

from faults.sentence import Sentence

__all__ = ["MisconfiguredError", "MissingChildAlertError", "RejectedError", "Sentence", "UnavailableError"]


class MissingChildAlertError(Exception):
    """Base of every error this project raises on purpose.

    `UnknownUnitError("No unit {unit} is enrolled.", unit=unit)`: as text it is English, for logs and commands; pages
    say `sentence` in the language of their reader (docs/adr/0165-errors-in-four-languages.md).
    """

    def __init__(self, message: str = "", /, **values: object) -> None:
        self.sentence = message if isinstance(message, Sentence) else Sentence(message, plural="", context="", **values)
        super().__init__(self.sentence)


class RejectedError(MissingChildAlertError):
    """What was given is wrong. Trying again with the same input gives the same answer."""


class UnavailableError(MissingChildAlertError):
    """Something this program needs is not there now. Nothing is lost; try again later."""


class MisconfiguredError(MissingChildAlertError):
    """This installation cannot work as it is set up. The message says what to change."""
