"""The accounts of a hub's operators, and recognising who makes a request. What other rooms may use is named here."""

import secrets
from collections.abc import Callable

from argon2 import PasswordHasher
from sqlalchemy import Connection

from hub.access import session_store, store
from hub.access.attempts import Attempts, digest
from hub.access.declarations import Stage, anyone, by_secret, declaration_of, requires, while_signing_in
from hub.access.errors import (
    AccessError,
    ConfirmationNeededError,
    FormTokenError,
    NotPermittedError,
    OperatorNameError,
    OwnAccountError,
    PasswordRuleError,
    ProviderLinkError,
    ProviderRefusedError,
    ProviderUnavailableError,
    RolesError,
    SecondFactorRefusedError,
    SessionEndedError,
    SignInDelayedError,
    SignInNeededError,
    SignInRefusedError,
    UnknownOperatorError,
    UnreadableTextError,
)
from hub.access.factors import SecondFactors
from hub.access.fields import Field
from hub.access.identity_provider import IdentityProvider
from hub.access.kept import KeptForm, KeptForms
from hub.access.model import (
    Account,
    HalfSignedIn,
    Offer,
    Operator,
    Origin,
    ProviderAccount,
    Role,
    SecondFactorPolicy,
    SessionLimits,
    SignedIn,
    Step,
)
from hub.access.operators import Operators
from hub.access.own_account import OwnAccount
from hub.access.passwords import Passwords
from hub.access.provider_model import ANSWER_PATH, ProviderSettings
from hub.access.provider_sign_ins import ProviderSignIns
from hub.access.sign_ins import SignIns
from hub.access.tokens import form_token, new_token
from hub.access.visitor import SigningIn, Visitor
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import MINUTE, Clock
from hub.db import Database

__all__ = [
    "ANSWER_PATH",
    "AccessError",
    "AccessService",
    "Account",
    "ConfirmationNeededError",
    "Field",
    "FormTokenError",
    "HalfSignedIn",
    "KeptForm",
    "NotPermittedError",
    "Offer",
    "Operator",
    "OperatorNameError",
    "Operators",
    "Origin",
    "OwnAccountError",
    "PasswordRuleError",
    "ProviderAccount",
    "ProviderLinkError",
    "ProviderRefusedError",
    "ProviderSettings",
    "ProviderUnavailableError",
    "Role",
    "RolesError",
    "SecondFactorPolicy",
    "SecondFactorRefusedError",
    "SessionEndedError",
    "SessionLimits",
    "SignInDelayedError",
    "SignInNeededError",
    "SignInRefusedError",
    "SignedIn",
    "SigningIn",
    "Stage",
    "Step",
    "UnknownOperatorError",
    "UnreadableTextError",
    "Visitor",
    "anyone",
    "by_secret",
    "declaration_of",
    "form_token",
    "requires",
    "while_signing_in",
]


class AccessService:
    """The accounts and sessions of one hub: `sign_ins`, `own` (everyone's own account), `operators` (all of them)."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        *,
        issuer: str = "MCA",
        second_factor: SecondFactorPolicy = SecondFactorPolicy.REQUIRED,
        random: Callable[[int], bytes] = secrets.token_bytes,
        hasher: PasswordHasher | None = None,
        limits: SessionLimits | None = None,
        provider: ProviderSettings | None = None,
    ) -> None:
        """`clock` in milliseconds since 1970 UTC; `random` gives as many bytes as asked.

        `issuer` is what an authenticator shows beside the code. `provider`: where operators who are linked sign in.
        """
        self._database = database
        self._clock = clock
        self._random = random
        self._limits = limits or SessionLimits()
        # Of this process alone: what travels through people's browsers does not survive a restart.
        forms = Vault(random(32))
        self._kept = KeptForms(forms)
        attempts = Attempts(database, clock)
        hashes = Passwords(hasher or PasswordHasher(), self.new_token())
        factors = SecondFactors(vault, forms, random, issuer)
        self.operators = Operators(hashes, random)
        self.own = OwnAccount(database, clock, hashes, factors, attempts)
        self.sign_ins = SignIns(
            database, clock, hashes, factors, attempts, random=random, policy=second_factor, limits=self._limits
        )

        self.provider = (
            None
            if provider is None
            else ProviderSignIns(
                database,
                clock,
                IdentityProvider(provider, clock),
                self.sign_ins,
                attempts,
                random=random,
                unfinished=self._limits.unfinished,
            )
        )

    def names(self, connection: Connection) -> dict[int, str]:
        """Every operator's name by identifier."""
        return store.names(connection)

    def recognise(self, session_token: str | None, *, passive: bool = False) -> Visitor:
        """Whose request carries the token; a `passive` one is no sign of life. Raises SessionEndedError."""
        if not session_token:
            raise SessionEndedError
        token_hash, at = digest(session_token), self._clock()
        with self._database.read() as connection:
            session = session_store.find_session(connection, token_hash)
        if session is None:
            raise SessionEndedError
        if at - session.used_at >= self._limits.idle or at - session.started_at >= self._limits.absolute:
            raise SessionEndedError(session.operator)
        if not passive and at - session.used_at >= MINUTE:
            with self._database.begin() as connection:
                session_store.touch_session(connection, token_hash, at)
        return Visitor(session.operator, form_token(session_token), session.confirmed_at)

    def is_fresh(self, visitor: Visitor) -> bool:
        """Whether the person has shown who they are within the last minutes."""
        return self._clock() - visitor.confirmed_at < self._limits.fresh

    def sign_out(self, session_token: str, operator: Operator) -> None:
        """End the session now."""
        at, name = self._clock(), operator.name
        with self._database.begin() as connection:
            session_store.end_session(connection, digest(session_token))
            record(connection, AuditAction.OPERATOR_SIGNED_OUT, actor=name, subject=name, at=at)

    def keep_form(self, form: KeptForm, operator: Operator) -> str | None:
        """Seal a form for its sender; None when it is too large, or holds a secret."""
        return self._kept.seal(form, operator.name)

    def kept_form(self, sealed: str, operator: Operator) -> KeptForm | None:
        """The form, if it was this operator's."""
        return self._kept.open(sealed, operator.name)

    def new_token(self) -> str:
        """256 random bits as text for a cookie."""
        return new_token(self._random)
