"""The hub as a client of an OpenID provider (OpenID Connect Core 1.0, code flow with PKCE), through Authlib.

What an ID token must be: signed by one of the provider's published keys with an asymmetric algorithm, of this issuer,
for this client, in time, and for this browser's nonce. E-mail addresses and names in it are not looked at.
"""

from collections.abc import Mapping
from typing import Final

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

from hub.access.errors import ProviderRefusedError
from hub.access.model import ProviderAccount, Role
from hub.access.provider_documents import TIMEOUT_SECONDS, ProviderDocuments, unavailable
from hub.access.provider_model import Answer, Identity, Journey, ProviderSettings
from hub.clock import MINUTE, SECOND, Clock

# None that is symmetric, and not "none": with HS256 the provider's public key would be the secret.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_BASIC: Final = "client_secret_basic"
_LEEWAY: Final = MINUTE
_MAX_SUBJECT: Final = 255

_log = structlog.get_logger()


class IdentityProvider:
    """One provider. Safe to share between threads; it is first asked when somebody wants to sign in."""

    def __init__(self, settings: ProviderSettings, clock: Clock) -> None:
        """`clock` in milliseconds since 1970 UTC."""
        self.settings = settings
        self._clock = clock
        self._documents = ProviderDocuments(settings.issuer, settings.authority, clock)

    def address(self, journey: Journey, *, anew: bool) -> str:
        """Where to send the browser. `anew`: the provider asks the person again, though they are signed in there.

        Raises ProviderUnavailableError.
        """
        extra = {"acr_values": " ".join(sorted(self.settings.acr))} if self.settings.acr else {}
        if anew:
            extra |= {"prompt": "login", "max_age": "0"}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._documents.description()["authorization_endpoint"],
                state=journey.state,
                nonce=journey.nonce,
                code_verifier=journey.verifier,
                **extra,
            )
        return str(address)

    def identify(self, answer: Answer, journey: Journey) -> Identity:
        """Redeem the code of an answer whose state the caller has compared.

        Raises ProviderRefusedError or ProviderUnavailableError.
        """
        named = self._documents.description().get("authorization_response_iss_parameter_supported") is True
        if (answer.issuer or named) and answer.issuer != self.settings.issuer:
            raise refused("issuer of the answer")  # RFC 9207: what another provider answered was passed on to us.
        if answer.error or not answer.code:
            raise refused("answer without a code")
        return self._identity(self._verified(self._redeem(answer.code, journey), journey))

    def _redeem(self, code: str, journey: Journey) -> Mapping[str, object]:
        try:
            with self._client() as client:
                tokens: Mapping[str, object] = client.fetch_token(
                    self._documents.description()["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=journey.verifier,
                    allow_redirects=False,
                )
        except AuthlibBaseError as error:
            raise refused(type(error).__name__) from error
        except (requests.RequestException, ValueError) as error:
            raise unavailable("token", error) from error
        return tokens

    def _verified(self, tokens: Mapping[str, object], journey: Journey) -> CodeIDToken:
        text = tokens.get("id_token")
        if not isinstance(text, str):
            raise refused("no ID token")
        client = self.settings.client_id
        try:
            token = self._opened(text)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {"iss": _exactly(self.settings.issuer), "aud": _exactly(client)},
                {"nonce": journey.nonce, "client_id": client, "access_token": tokens.get("access_token")},
            )
            claims.validate(now=self._clock() // SECOND, leeway=_LEEWAY // SECOND)
        except (JoseError, ValueError, OverflowError) as error:
            raise refused(type(error).__name__) from error
        return claims

    def _opened(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._documents.keys(), algorithms=_ALGORITHMS)
        except (InvalidKeyIdError, BadSignatureError):
            # The provider may have changed its keys since they were read.
            return jwt.decode(text, self._documents.keys(anew=True), algorithms=_ALGORITHMS)

    def _identity(self, claims: CodeIDToken) -> Identity:
        subject, seconds = claims["sub"], claims.get("auth_time")
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
            raise refused("subject")
        acr, amr = frozenset(_texts(claims.get("acr"))), frozenset(_texts(claims.get("amr")))
        return Identity(
            ProviderAccount(self.settings.issuer, subject),
            second_factor=bool(acr & self.settings.acr or amr & self.settings.amr),
            authenticated_at=None if seconds is None else int(seconds * SECOND),
            roles=self._roles(claims),
        )

    def _roles(self, claims: CodeIDToken) -> frozenset[Role]:
        given = _texts(claims.get(self.settings.roles_claim))
        return frozenset(self.settings.roles[value] for value in given if value in self.settings.roles)

    def _client(self) -> OAuth2Session:
        methods = self._documents.description().get("token_endpoint_auth_methods_supported") or [_BASIC]
        client = OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            token_endpoint_auth_method=_BASIC if _BASIC in methods else "client_secret_post",
            scope="openid",
            redirect_uri=self.settings.redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
        )
        self._documents.careful(client)
        return client


def refused(reason: str) -> ProviderRefusedError:
    """What people read; the reason goes to the log, and never what the provider said."""
    _log.warning("provider.refused", reason=reason)
    return ProviderRefusedError("The sign-in did not succeed, and nobody has been signed in. Begin again.")


def _exactly(value: str) -> dict[str, object]:
    return {"essential": True, "value": value}


def _texts(value: object) -> tuple[str, ...]:
    """A claim that is one text or a list of them; anything else says nothing."""
    found = value if isinstance(value, list) else [value]
    return tuple(text for text in found if isinstance(text, str))
