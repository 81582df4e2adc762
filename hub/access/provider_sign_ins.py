"""Signing in at the organisation's identity provider, and confirming there who one is."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.access import provider_store, session_store, store
from hub.access.attempts import Attempts, digest
from hub.access.errors import ProviderRefusedError
from hub.access.identity_provider import IdentityProvider, refused
from hub.access.links import take_roles
from hub.access.model import Account, HalfSignedIn, Operator, Origin, Proof, SignedIn
from hub.access.provider_model import Answer, Identity, Journey, ProviderSettings
from hub.access.provider_store import Departure
from hub.access.sign_ins import SignIns
from hub.access.tokens import new_token
from hub.audit.service import AuditAction, record
from hub.clock import MINUTE, Clock
from hub.db import Database

_MAX_KEPT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Outward:
    """The provider's address for the browser, and the token of a cookie that must be there when it comes back."""

    address: str
    token: str


class ProviderSignIns:
    """The way to the provider and back. Each method makes its own transactions; none is open while it is asked."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        provider: IdentityProvider,
        sign_ins: SignIns,
        attempts: Attempts,
        *,
        random: Callable[[int], bytes],
        unfinished: int,
    ) -> None:
        """`unfinished`: how long somebody may stay at the provider, in milliseconds."""
        self._database = database
        self._clock = clock
        self._provider = provider
        self._sign_ins = sign_ins
        self._attempts = attempts
        self._random = random
        self._unfinished = unfinished

    @property
    def settings(self) -> ProviderSettings:
        """What the hub was told of the provider."""
        return self._provider.settings

    def begin(self, next_path: str, kept: str, *, session: str | None = None, form_token: str | None = None) -> Outward:
        """Send somebody to the provider; `session`: the token of who is to confirm there that it is them.

        Raises ProviderUnavailableError.
        """
        token, at = new_token(self._random), self._clock()
        address = self._provider.address(Journey.of(token), anew=session is not None)
        bound = None if session is None else digest(session)
        departure = Departure(at, next_path, kept if len(kept) <= _MAX_KEPT else "", bound, form_token)
        with self._database.begin() as connection:
            provider_store.forget_departures_before(connection, at - self._unfinished)
            provider_store.depart(connection, digest(token), departure)
        return Outward(address, token)

    def welcome(self, token: str | None, state: str) -> Departure:
        """Who comes back to the browser that left, once. Raises ProviderRefusedError."""
        if not token or not hmac.compare_digest(state.encode(), Journey.of(token).state.encode()):
            raise refused("state")  # Somebody else's answer, or a page of an earlier try.
        with self._database.begin() as connection:
            departure = provider_store.arrive(connection, digest(token))
        if departure is None or self._clock() - departure.started_at >= self._unfinished:
            raise refused("answer comes twice or late")
        return departure

    def sign_in(self, token: str, answer: Answer, origin: Origin) -> SignedIn | HalfSignedIn:
        """Take the answer for who was welcomed with the token.

        Raises ProviderRefusedError or ProviderUnavailableError.
        """
        identity = self._provider.identify(answer, Journey.of(token))
        with self._database.begin() as connection:
            account = self._account(connection, identity)
            if account is not None and account.link is not None:
                take_roles(connection, account, identity.roles, self._clock())
                proof = Proof.PROVIDER_FACTOR if identity.second_factor else None
                return self._sign_ins.begin_linked(
                    connection, account.operator, proof, origin, identity.authenticated_at or 0
                )
        self._attempts.note_refusal("unknown", "provider")
        raise ProviderRefusedError(
            "You are known there as {subject}, and no open account of this console is linked with that. Tell it to an"
            " administrator of the console, who can link it.",
            subject=identity.account.subject,
        )

    def confirm(self, departure: Departure, token: str, answer: Answer, origin: Origin) -> Operator:
        """The same for who has a session and is asked once more who they are."""
        identity, at = self._provider.identify(answer, Journey.of(token)), self._clock()
        if identity.authenticated_at is None or identity.authenticated_at < departure.started_at - MINUTE:
            raise refused("not asked anew")
        with self._database.begin() as connection:
            session = session_store.find_session(connection, departure.session_hash or b"")
            account = self._account(connection, identity)
            if session is None or account is None or account.operator.id != session.operator.id:
                raise refused("another person's confirmation")
            if account.second_factor_at is not None and not identity.second_factor:
                raise refused("no second factor")
            name = account.operator.name
            proof = Proof.PROVIDER_FACTOR if identity.second_factor else Proof.PROVIDER
            self._attempts.forget(connection, name, origin)
            session_store.confirm_session(connection, departure.session_hash or b"", at)
            record(connection, AuditAction.OPERATOR_CONFIRMED, actor=name, subject=name, at=at, proof=str(proof))
        return account.operator

    def _account(self, connection: Connection, identity: Identity) -> Account | None:
        account = store.find_linked(connection, identity.account)
        return None if account is None or account.disabled_at is not None else account
