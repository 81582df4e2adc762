"""Operators, their roles and sites, and how far a sign-in has come, as values."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.access.errors import OperatorNameError, RolesError
from hub.sites import Sites

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])")


class Role(StrEnum):
    """What an operator's work is. Routes name the roles that may call them; no role includes another."""

    CASE_OFFICER = "case-officer"
    REVIEWER = "reviewer"
    SENIOR_REVIEWER = "senior-reviewer"
    DISPATCHER = "dispatcher"
    WATCHLIST_PUBLISHER = "watchlist-publisher"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


# Their work is not a site's: what they see and change is the whole hub's.
_OF_THE_WHOLE_HUB: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR, Role.WATCHLIST_PUBLISHER})


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who signs in to the console. `language`: in which it speaks to them; None: their browser's."""

    id: int
    name: str
    roles: frozenset[Role]
    sites: Sites
    language: str | None = None

    def may(self, *roles: Role) -> bool:
        """Whether the operator has one of the roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """Who somebody is at an identity provider: its issuer, and its name for the person, which nobody else gets."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """That an operator signs in at the provider. `gives_roles`: at each sign-in its claims replace their roles."""

    account: ProviderAccount
    linked_at: int
    gives_roles: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An operator as administrators see them. Times in milliseconds since 1970 UTC; None: it never happened."""

    operator: Operator
    added_at: int
    disabled_at: int | None
    start_password_at: int | None
    second_factor_at: int | None
    link: ProviderLink | None


class SecondFactorPolicy(StrEnum):
    """Whether everyone must set up a second factor before the console opens to them."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Proof(StrEnum):
    """By what a person has shown who they are. PROVIDER_FACTOR: the identity provider asserts a second factor."""

    AUTHENTICATOR = "authenticator"
    RECOVERY_CODE = "recovery-code"
    PASSWORD = "password"  # noqa: S105 - the word, not one of them
    PROVIDER = "provider"
    PROVIDER_FACTOR = "provider-factor"


class Step(StrEnum):
    """What a person whose password was right has to do next."""

    CODE = "code"
    SET_UP = "second-factor"
    OWN_PASSWORD = "own-password"  # noqa: S105 - the step's name


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a sign-in lasts, in milliseconds.

    `unfinished`: from the password to the last step; `fresh`: from a second factor to the last dangerous act.
    """

    idle: int = 30 * 60 * 1000
    absolute: int = 12 * 60 * 60 * 1000
    unfinished: int = 10 * 60 * 1000
    fresh: int = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from: the client's address, and what an earlier sign-in left in its browser."""

    address: str
    device_token: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in. The two tokens go into cookies; the database knows only their hashes."""

    operator: Operator
    session_token: str
    device_token: str


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """The password was right, and something remains to be done. The token goes into a cookie of its own."""

    operator: Operator
    token: str
    step: Step


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor to set up: the secret as text to type, as an address for a QR code, and sealed for the form."""

    secret: str
    address: str
    sealed: str


def parse_operator_name(text: str) -> str:
    """A name to sign in with, such as `amina.rahman`. Raises OperatorNameError."""
    if not _NAME.fullmatch(text):
        raise OperatorNameError(
            "An operator's name has 2 to 64 lower-case letters, digits, dots or hyphens, such as amina.rahman."
        )
    return text


def check_roles(roles: frozenset[Role], sites: Sites) -> None:
    """Raises RolesError."""
    if not roles:
        raise RolesError("Choose at least one role.")
    if Role.AUDITOR in roles and len(roles) > 1:
        raise RolesError("An auditor has no other role: nobody audits their own work.")
    if sites.names is not None and not sites.names:
        raise RolesError("Choose at least one site, or the whole hub.")
    unbound = roles & _OF_THE_WHOLE_HUB
    if sites.names is not None and unbound:
        raise RolesError(
            "This is work of the whole hub: {roles}. Choose the whole hub, or another role.", roles=sorted(unbound)
        )
