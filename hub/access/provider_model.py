"""An identity provider as the hub is told to use it, and what it says of a person."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub.access.model import ProviderAccount, Role

ANSWER_PATH: Final = "/sign-in/provider/answer"
"""Where the provider sends browsers back to."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An OpenID provider with which this hub is registered.

    `name`: what the sign-in page calls it. `authority`: a PEM file of who signed its certificate; None: the system's.
    `acr`, `amr`: any of these values in its claims asserts a second factor; empty: none does.
    `roles`: what each value of the claim `roles_claim` gives, to those whom an administrator lets have it.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    name: str
    authority: Path | None = None
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()
    roles_claim: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Journey:
    """What ties a way to the provider and back to one browser: all of it follows from that browser's cookie."""

    state: str
    nonce: str
    verifier: str = field(repr=False)

    @classmethod
    def of(cls, token: str) -> "Journey":
        """The journey of a cookie."""
        return cls(*(_derived(token, purpose) for purpose in (b"state", b"nonce", b"verifier")))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider's redirection brings: a code or an error, and perhaps the provider's own name."""

    code: str = ""
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has recognised. `authenticated_at` in milliseconds since 1970 UTC, where it says so.

    `roles`: what its claims give by the hub's settings.
    """

    account: ProviderAccount
    second_factor: bool
    authenticated_at: int | None
    roles: frozenset[Role]


def _derived(token: str, purpose: bytes) -> str:
    # 43 characters, which is also what RFC 7636 asks of a verifier.
    digest = hmac.digest(token.encode(), b"mca/provider/1/" + purpose, "sha256")
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
