"""Signing in: the password, then whatever of a code, a second factor's set-up and an own password is due."""

from collections.abc import Callable

from sqlalchemy import Connection

from hub.access import passwords, session_store, store
from hub.access.attempts import Attempts, digest
from hub.access.errors import SecondFactorRefusedError, SessionEndedError, SignInRefusedError
from hub.access.factors import SecondFactors
from hub.access.model import (
    Account,
    HalfSignedIn,
    Offer,
    Operator,
    Origin,
    Proof,
    SecondFactorPolicy,
    SessionLimits,
    SignedIn,
    Step,
)
from hub.access.passwords import Passwords
from hub.access.tokens import form_token, new_token
from hub.access.visitor import SigningIn
from hub.audit.service import AuditAction, record
from hub.clock import DAY, Clock
from hub.db import Database


class SignIns:
    """The way from a name to a session. Each method makes its own transactions."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hasher: Passwords,
        factors: SecondFactors,
        attempts: Attempts,
        *,
        random: Callable[[int], bytes],
        policy: SecondFactorPolicy,
        limits: SessionLimits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = hasher
        self._factors = factors
        self._attempts = attempts
        self._random = random
        self._policy = policy
        self._limits = limits

    def begin(self, name: str, password: str, origin: Origin) -> SignedIn | HalfSignedIn:
        """Take the password. Raises SignInRefusedError or SignInDelayedError."""
        name = name.strip().lower()
        with self._database.begin() as connection:
            self._attempts.count(connection, name, origin, knows_password=False)
            account = store.find_account(connection, name)
            stored = None if account is None else store.password_hash(connection, account.operator.id)
        # Outside any transaction: this takes a tenth of a second, and nobody else should wait for it.
        right = self._passwords.matches(stored, password)
        if account is None or stored is None or not right or account.disabled_at is not None:
            # What was typed may be a password in the wrong field: only names that exist are written down.
            self._attempts.note_refusal("unknown" if account is None else account.operator.name, "password")
            raise SignInRefusedError("The name or the password is not right. Check both and try again.")
        if account.link is not None:
            self._attempts.note_refusal(account.operator.name, "password")
            raise SignInRefusedError("You sign in with your organisation's account here. Choose that, not a password.")
        renewed = self._passwords.hash(password) if self._passwords.is_outdated(stored) else None
        with self._database.begin() as connection:
            if renewed is not None:
                store.change_password_hash(connection, account.operator.id, renewed)
            return self._start(connection, account.operator, None, origin, self._clock())

    def begin_linked(
        self, connection: Connection, operator: Operator, proof: Proof | None, origin: Origin, confirmed_at: int
    ) -> SignedIn | HalfSignedIn:
        """Go on with somebody whom the identity provider has recognised; joins the caller's transaction.

        `proof`: None where the provider asserts no second factor. `confirmed_at`: when the person last showed the
        provider who they are, in milliseconds.
        """
        return self._start(connection, operator, proof, origin, confirmed_at)

    def recognise(self, token: str | None) -> SigningIn:
        """Whose sign-in the token belongs to, and what is due. Raises SessionEndedError."""
        with self._database.read() as connection:
            account, proof = self._unfinished(connection, token)
        step = self._due(account, proof)
        if token is None or step is None:
            raise SessionEndedError
        return SigningIn(account.operator, form_token(token), step)

    def give_code(self, token: str, code: str, origin: Origin) -> SignedIn | HalfSignedIn:
        """Go on by a code. Raises SecondFactorRefusedError, SignInDelayedError or SessionEndedError."""
        with self._database.begin() as connection:
            account, _ = self._unfinished(connection, token)
            self._attempts.count(connection, account.operator.name, origin, knows_password=True)
        try:
            with self._database.begin() as connection:
                proof = self._factors.check(connection, account.operator, code, self._clock())
                session_store.note_proof(connection, digest(token), proof)
                return self._advance(connection, token, origin)
        except SecondFactorRefusedError:
            self._attempts.note_refusal(account.operator.name, "code")
            raise

    def offer_second_factor(self, operator: Operator, sealed: str = "") -> Offer:
        """A secret to set up; with `sealed`, the one that the form already showed."""
        return self._factors.offer_again(operator, sealed) if sealed else self._factors.offer(operator)

    def set_up_second_factor(
        self, token: str, sealed: str, code: str, origin: Origin
    ) -> tuple[SignedIn | HalfSignedIn, tuple[str, ...]]:
        """Go on by setting up the first second factor; with the recovery codes, which are never shown again.

        Raises SecondFactorRefusedError or SessionEndedError.
        """
        with self._database.begin() as connection:
            operator = self._require_due(connection, token, Step.SET_UP)
            codes = self._factors.set_up(connection, operator, sealed, code, self._clock())
            session_store.note_proof(connection, digest(token), Proof.AUTHENTICATOR)
            return self._advance(connection, token, origin), codes

    def choose_password(self, token: str, password: str, origin: Origin) -> SignedIn | HalfSignedIn:
        """Go on by replacing a start password. Raises PasswordRuleError or SessionEndedError."""
        with self._database.read() as connection:
            operator = self._require_due(connection, token, Step.OWN_PASSWORD)
        passwords.check_rules(operator.name, password)
        hashed = self._passwords.hash(password)
        with self._database.begin() as connection:
            self._require_due(connection, token, Step.OWN_PASSWORD)
            store.put_own_password(connection, operator.id, hashed)
            name = operator.name
            record(connection, AuditAction.PASSWORD_CHANGED, actor=name, subject=name, at=self._clock())
            return self._advance(connection, token, origin)

    def _unfinished(self, connection: Connection, token: str | None) -> tuple[Account, Proof | None]:
        found = session_store.find_unfinished(connection, digest(token)) if token else None
        if found is None or self._clock() - found.started_at >= self._limits.unfinished:
            raise SessionEndedError
        return found.account, found.proof

    def _due(self, account: Account, proof: Proof | None) -> Step | None:
        if account.second_factor_at is not None and proof is None:
            return Step.CODE
        if account.second_factor_at is None and proof is None and self._policy is SecondFactorPolicy.REQUIRED:
            return Step.SET_UP
        # The password of who signs in at the identity provider opens nothing.
        return None if account.start_password_at is None or account.link is not None else Step.OWN_PASSWORD

    def _require_due(self, connection: Connection, token: str, step: Step) -> Operator:
        account, proof = self._unfinished(connection, token)
        if self._due(account, proof) is not step:
            raise SessionEndedError  # Another window has gone on with it.
        return account.operator

    def _start(
        self, connection: Connection, operator: Operator, proof: Proof | None, origin: Origin, confirmed_at: int
    ) -> SignedIn | HalfSignedIn:
        at, token = self._clock(), new_token(self._random)
        session_store.end_unfinished_before(connection, at - self._limits.unfinished)
        session_store.add_unfinished(connection, digest(token), operator.id, at, proof)
        return self._advance(connection, token, origin, confirmed_at)

    def _advance(
        self, connection: Connection, token: str, origin: Origin, confirmed_at: int | None = None
    ) -> SignedIn | HalfSignedIn:
        account, proof = self._unfinished(connection, token)
        step = self._due(account, proof)
        if step is not None:
            return HalfSignedIn(account.operator, token, step)
        shown = proof or (Proof.PASSWORD if account.link is None else Proof.PROVIDER)
        return self._begin_session(connection, token, account.operator, shown, origin, confirmed_at=confirmed_at)

    def _begin_session(
        self,
        connection: Connection,
        token: str,
        operator: Operator,
        proof: Proof,
        origin: Origin,
        *,
        confirmed_at: int | None,
    ) -> SignedIn:
        if not session_store.end_unfinished(connection, digest(token)):
            raise SessionEndedError  # Another request has finished it.
        at, session_token, name = self._clock(), new_token(self._random), operator.name
        device_token = origin.device_token
        if not self._attempts.forget(connection, name, origin) or device_token is None:
            device_token = new_token(self._random)
            store.know_device(connection, digest(device_token), operator.id, at)
        session_store.end_sessions_started_before(connection, at - self._limits.absolute - DAY)
        shown_at = at if confirmed_at is None else min(at, confirmed_at)
        session_store.add_session(connection, digest(session_token), operator.id, at, shown_at)
        record(connection, AuditAction.OPERATOR_SIGNED_IN, actor=name, subject=name, at=at, proof=str(proof))
        return SignedIn(operator, session_token, device_token)
