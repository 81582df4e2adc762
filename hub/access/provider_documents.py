"""What an OpenID provider publishes: its description (OpenID Connect Discovery 1.0) and its keys."""

import threading
from pathlib import Path
from typing import Final, cast

import requests
import structlog
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from hub.access.errors import ProviderUnavailableError
from hub.clock import HOUR, Clock

TIMEOUT_SECONDS: Final = 10.0

_log = structlog.get_logger()


class ProviderDocuments:
    """The documents of one provider, read when they are needed and kept for an hour. Safe to share between threads."""

    def __init__(self, issuer: str, authority: Path | None, clock: Clock) -> None:
        """`authority`: a PEM file of who signed its certificate; None: the system's. `clock` in milliseconds."""
        self._issuer = issuer
        self._authority = authority
        self._clock = clock
        self._lock = threading.Lock()
        self._description: tuple[int, OpenIDProviderMetadata] | None = None
        self._keys: tuple[int, KeySet] | None = None

    def careful(self, session: requests.Session) -> None:
        """Make a session trust the provider's certificate alone, and no proxy or password of the environment."""
        session.verify = True if self._authority is None else str(self._authority)
        session.trust_env = False

    def description(self) -> OpenIDProviderMetadata:
        """Where the provider's endpoints are. Raises ProviderUnavailableError."""
        with self._lock:
            if self._description is not None and self._clock() - self._description[0] < HOUR:
                return self._description[1]
        found = OpenIDProviderMetadata(self._fetch(get_well_known_url(self._issuer, external=True)))
        try:
            found.validate()
        except ValueError as error:
            raise unavailable("description", error) from error
        if found["issuer"] != self._issuer or not found.get("jwks_uri"):
            raise unavailable("description", ValueError("another issuer, or no keys"))
        with self._lock:
            self._description = (self._clock(), found)
        return found

    def keys(self, *, anew: bool = False) -> KeySet:
        """What it signs with. `anew`: read now, because a token names another. Raises ProviderUnavailableError."""
        with self._lock:
            if not anew and self._keys is not None and self._clock() - self._keys[0] < HOUR:
                return self._keys[1]
        found = self._fetch(self.description()["jwks_uri"])
        try:
            keys = KeySet.import_key_set(cast(KeySetSerialization, found))
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise unavailable("keys", error) from error
        with self._lock:
            self._keys = (self._clock(), keys)
        return keys

    def _fetch(self, address: str) -> dict[str, object]:
        try:
            with requests.Session() as session:
                self.careful(session)
                response = session.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False)
                response.raise_for_status()
                found = response.json()
        except (requests.RequestException, ValueError) as error:
            raise unavailable("reading", error) from error
        if not isinstance(found, dict):
            raise unavailable("reading", ValueError("not an object"))
        return found


def unavailable(step: str, error: Exception) -> ProviderUnavailableError:
    """What people read; the reason goes to the log. Neither holds what the provider said."""
    _log.warning("provider.unavailable", step=step, reason=type(error).__name__)
    return ProviderUnavailableError(
        "The service that signs you in cannot be reached, or answers what it should not. Try again in a few minutes."
        " Whoever has a password of this console can still sign in with it."
    )
