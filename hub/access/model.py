"""Operators, roles and sessions as values; and how a route declares who may call it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from faults import RejectedError

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])")
_DECLARATION: Final = "access_declaration"


class AccessError(RejectedError):
    """Something asked of the access room cannot be done. The message says what to do instead."""


class OperatorNameError(AccessError):
    """The name cannot be an operator's, or another operator has it."""


class PasswordRuleError(AccessError):
    """The password is too weak. The message says what a good one looks like."""


class SignInRefusedError(AccessError):
    """The name or the password is wrong. The message does not say which."""


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


class NotPermittedError(AccessError):
    """The operator's role does not include what was asked."""


class FormTokenError(AccessError):
    """A form came without the token of the session that it claims to come from."""


class Role(StrEnum):
    """What an operator's work is. Routes name the roles that may call them; no role includes another."""

    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who signs in to the console."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a sign-in lasts, in milliseconds."""

    idle: int = 30 * 60 * 1000
    absolute: int = 12 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in. The two tokens go into cookies; the database knows only their hashes."""

    operator: Operator
    session_token: str
    device_token: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes a request, and the token that each form of theirs must carry."""

    operator: Operator
    form_token: str

    def may(self, *roles: Role) -> bool:
        """Whether the operator has one of the roles."""
        return self.operator.role in roles


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who may call a route. No roles: anyone, signed in or not."""

    roles: frozenset[Role]


def requires(*roles: Role) -> Callable[[Endpoint], Endpoint]:
    """Declare, below the route's own decorator, that only operators with one of `roles` may call it."""
    if not roles:
        raise ValueError("Name at least one role, or declare the route open to anyone.")
    return _declare(Declaration(frozenset(roles)))


def anyone() -> Callable[[Endpoint], Endpoint]:
    """Declare that a route is open before sign-in: the sign-in itself, and what its page shows."""
    return _declare(Declaration(frozenset()))


def declaration_of(endpoint: object) -> Declaration | None:
    """What a route's function declares; None is treated as: nobody may call it."""
    found = getattr(endpoint, _DECLARATION, None)
    return found if isinstance(found, Declaration) else None


def parse_operator_name(text: str) -> str:
    """A name to sign in with, such as `amina.rahman`. Raises OperatorNameError."""
    if not _NAME.fullmatch(text):
        raise OperatorNameError(
            "An operator's name has 2 to 64 lower-case letters, digits, dots or hyphens, such as amina.rahman."
        )
    return text


def _declare(declaration: Declaration) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARATION, declaration)
        return endpoint

    return mark
