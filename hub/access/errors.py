"""What the access room refuses, and how it says so."""

from typing import TYPE_CHECKING

from faults import RejectedError, UnavailableError

if TYPE_CHECKING:
    from hub.access.model import Operator


class AccessError(RejectedError):
    """Something asked of the access room cannot be done. The message says what to do instead."""


class OperatorNameError(AccessError):
    """The name cannot be an operator's, or another operator has it."""


class UnknownOperatorError(AccessError):
    """There is no operator of that name."""


class RolesError(AccessError):
    """These roles cannot be one person's, or not with these sites. The message says why."""


class OwnAccountError(AccessError):
    """Nobody changes their own roles, closes their own account or resets their own second factor."""


class PasswordRuleError(AccessError):
    """The password is too weak. The message says what a good one looks like."""


class SignInRefusedError(AccessError):
    """The name or the password is wrong. The message does not say which."""


class ProviderRefusedError(AccessError):
    """What came from the identity provider lets nobody in. The message says what to do."""


class ProviderUnavailableError(UnavailableError):
    """The identity provider does not answer, or not as an OpenID provider does."""


class ProviderLinkError(AccessError):
    """These two accounts cannot be one person's. The message says why."""


class SecondFactorRefusedError(AccessError):
    """The code is wrong, was used before, or is no longer valid."""


class SignInDelayedError(AccessError):
    """Too many failed attempts in a row: the message says how long to wait."""


class SessionEndedError(AccessError):
    """There is no session, or it ended. `operator` is whose it was, where that is known."""

    def __init__(self, operator: "Operator | None" = None) -> None:
        super().__init__("Your session has ended. Sign in again.")
        self.operator = operator


class SignInNeededError(AccessError):
    """The page asked for needs a sign-in. `kept` is the sealed form that was on its way, if it can be kept."""

    def __init__(self, path: str, *, sent_a_form: bool, kept: str | None) -> None:
        super().__init__("Sign in first.")
        self.path = path
        self.sent_a_form = sent_a_form
        self.kept = kept


class ConfirmationNeededError(AccessError):
    """The act is dangerous and the person's last proof of who they are is too old. `kept` as at the sign-in."""

    def __init__(self, path: str, *, sent_a_form: bool, kept: str | None) -> None:
        super().__init__("Confirm that it is you.")
        self.path = path
        self.sent_a_form = sent_a_form
        self.kept = kept


class NotPermittedError(AccessError):
    """The operator's roles do not include what was asked."""


class FormTokenError(AccessError):
    """A form came without the token of the session that it claims to come from."""


class UnreadableTextError(AccessError):
    """A request holds a character that no text has, and that not every database keeps."""

    def __init__(self) -> None:
        super().__init__("The text holds a character that cannot be kept. Type it again instead of pasting it.")
