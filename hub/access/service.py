"""Signing in and out, recognising who makes a request, and adding operators."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable

from argon2 import PasswordHasher
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.access import passwords, store
from hub.access.kept import KeptForm, KeptForms
from hub.access.model import (
    AccessError,
    FormTokenError,
    NotPermittedError,
    Operator,
    OperatorNameError,
    PasswordRuleError,
    Role,
    SessionEndedError,
    SessionLimits,
    SignedIn,
    SignInDelayedError,
    SignInNeededError,
    SignInRefusedError,
    Visitor,
    anyone,
    declaration_of,
    parse_operator_name,
    requires,
)
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database

__all__ = [
    "AccessError",
    "AccessService",
    "FormTokenError",
    "KeptForm",
    "NotPermittedError",
    "Operator",
    "OperatorNameError",
    "PasswordRuleError",
    "Role",
    "SessionEndedError",
    "SessionLimits",
    "SignInDelayedError",
    "SignInNeededError",
    "SignInRefusedError",
    "SignedIn",
    "Visitor",
    "anyone",
    "declaration_of",
    "form_token",
    "requires",
]

_MINUTE = 60 * 1000
_DAY = 24 * 60 * _MINUTE
_FREE_ATTEMPTS = 5
_FIRST_WAIT = 10 * 1000
_LONGEST_WAIT = 15 * _MINUTE


class AccessService:
    """The accounts and sessions of one hub. Methods without a connection make their own transactions."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
        hasher: PasswordHasher | None = None,
        limits: SessionLimits | None = None,
    ) -> None:
        """`clock` in milliseconds since 1970 UTC; `random` gives as many bytes as asked."""
        self._database = database
        self._clock = clock
        self._random = random
        self._passwords = passwords.Passwords(hasher or PasswordHasher(), self.new_token())
        self._limits = limits or SessionLimits()
        self._kept = KeptForms(Vault(random(32)))

    def add_operator(
        self, connection: Connection, name: str, password: str, role: Role, *, at: int, actor: str = "hub"
    ) -> Operator:
        """A new account. Raises OperatorNameError or PasswordRuleError."""
        parse_operator_name(name)
        passwords.check_rules(name, password)
        if store.find_operator(connection, name) is not None:
            raise OperatorNameError(f"There is an operator {name} already. Choose another name.")
        try:
            identifier = store.add_operator(connection, name, self._passwords.hash(password), role, at)
        except IntegrityError:
            raise OperatorNameError(f"The operator {name} was added by someone else just now.") from None
        record(connection, AuditAction.OPERATOR_ADDED, actor=actor, subject=name, at=at, role=str(role))
        return Operator(identifier, name, role)

    def names(self, connection: Connection) -> dict[int, str]:
        """Every operator's name by identifier."""
        return store.names(connection)

    def sign_in(self, name: str, password: str, *, address: str, device_token: str | None) -> SignedIn:
        """Begin a session. `address` is the client's; `device_token` what an earlier sign-in left in the browser.

        Raises SignInRefusedError or SignInDelayedError.
        """
        name = name.strip().lower()
        source, device_known, operator, stored = self._admit_attempt(name, address, device_token)
        # Outside any transaction: this takes a tenth of a second, and nobody else should wait for it.
        right = self._passwords.matches(stored, password)
        at = self._clock()
        if operator is None or stored is None or not right:
            with self._database.begin() as connection:
                # What was typed may be a password in the wrong field: only names that exist are written down.
                subject = "unknown" if operator is None else operator.name
                record(connection, AuditAction.OPERATOR_SIGN_IN_REFUSED, actor="console", subject=subject, at=at)
            raise SignInRefusedError("The name or the password is not right. Check both and try again.")
        session_token = self.new_token()
        renewed = self._passwords.hash(password) if self._passwords.is_outdated(stored) else None
        with self._database.begin() as connection:
            store.forget_failures(connection, source)
            store.end_sessions_started_before(connection, at - self._limits.absolute - _DAY)
            store.add_session(connection, _hash(session_token), operator.id, at)
            if not device_known:
                device_token = self.new_token()
                store.know_device(connection, _hash(device_token), operator.id, at)
            if renewed is not None:
                store.change_password_hash(connection, operator.id, renewed)
            record(connection, AuditAction.OPERATOR_SIGNED_IN, actor=operator.name, subject=operator.name, at=at)
        return SignedIn(operator, session_token, device_token or "")

    def recognise(self, session_token: str | None) -> Visitor:
        """Whose request carries the token. Raises SessionEndedError."""
        if not session_token:
            raise SessionEndedError
        token_hash, at = _hash(session_token), self._clock()
        with self._database.read() as connection:
            session = store.find_session(connection, token_hash)
        if session is None:
            raise SessionEndedError
        if at - session.used_at >= self._limits.idle or at - session.started_at >= self._limits.absolute:
            raise SessionEndedError(session.operator)
        if at - session.used_at >= _MINUTE:
            with self._database.begin() as connection:
                store.touch_session(connection, token_hash, at)
        return Visitor(session.operator, form_token(session_token))

    def sign_out(self, session_token: str, operator: Operator) -> None:
        """End the session now."""
        with self._database.begin() as connection:
            store.end_session(connection, _hash(session_token))
            record(
                connection,
                AuditAction.OPERATOR_SIGNED_OUT,
                actor=operator.name,
                subject=operator.name,
                at=self._clock(),
            )

    def keep_form(self, form: KeptForm, operator: Operator) -> str | None:
        """Seal a form for the operator whose session ended; None when it is too large."""
        return self._kept.seal(form, operator.name)

    def kept_form(self, sealed: str, operator: Operator) -> KeptForm | None:
        """The form, if it was this operator's."""
        return self._kept.open(sealed, operator.name)

    def new_token(self) -> str:
        """256 random bits as text for a cookie."""
        return base64.urlsafe_b64encode(self._random(32)).decode("ascii").rstrip("=")

    def _admit_attempt(
        self, name: str, address: str, device_token: str | None
    ) -> tuple[bytes, bool, Operator | None, str | None]:
        """Count the attempt as failed until it succeeds, so that many at once cannot slip through.

        A browser from which the person has signed in before has a count of its own: nobody else's failures
        keep a colleague out of their own workplace. Any other browser shares the count of its address.
        """
        at = self._clock()
        with self._database.begin() as connection:
            known = device_token is not None and store.is_known_device(connection, _hash(device_token), name)
            source = _hash(f"{name}\0{device_token if known else address}")
            failures, last_at = store.failures(connection, source)
            wait = last_at + _wait_after(failures) - at
            if wait <= 0:
                store.forget_failures_before(connection, at - _DAY)
                store.note_failure(connection, source, failures + 1, at)
                found = store.find_operator(connection, name)
        if wait > 0:
            seconds = -(-wait // 1000)
            raise SignInDelayedError(f"Too many attempts in a row. Wait {seconds} seconds, then try again.")
        operator, stored = found or (None, None)
        return source, known, operator, stored


def form_token(secret: str) -> str:
    """The token that forms carry to prove that they come from the holder of a cookie."""
    return hmac.digest(secret.encode(), b"mca/form/1", "sha256").hex()


def _wait_after(failures: int) -> int:
    if failures < _FREE_ATTEMPTS:
        return 0
    return int(min(_FIRST_WAIT * 2 ** min(failures - _FREE_ATTEMPTS, 20), _LONGEST_WAIT))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
