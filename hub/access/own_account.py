"""What signed-in people do to their own account: prove once more who they are, change password and second factor."""

from sqlalchemy import Connection

from hub.access import passwords, session_store, store
from hub.access.attempts import Attempts, digest
from hub.access.errors import SecondFactorRefusedError, SignInRefusedError
from hub.access.factors import SecondFactors
from hub.access.model import Account, Operator, Origin, Proof
from hub.access.passwords import Passwords
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database


class OwnAccount:
    """One's own account. Each method makes its own transactions."""

    def __init__(
        self, database: Database, clock: Clock, hasher: Passwords, factors: SecondFactors, attempts: Attempts
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = hasher
        self._factors = factors
        self._attempts = attempts

    def account(self, operator: Operator) -> Account:
        """What is known of it."""
        with self._database.read() as connection:
            return store.account_of(connection, operator.id)

    def confirm(self, session_token: str, operator: Operator, given: str, origin: Origin) -> None:
        """Take a fresh code, or the password of who has no second factor.

        Raises SecondFactorRefusedError, SignInRefusedError or SignInDelayedError.
        """
        account = self.account(operator)
        if account.second_factor_at is None:
            if account.link is not None:
                raise SignInRefusedError("Confirm it with your organisation's account.")
            self._check_password(operator, given, origin)
            with self._database.begin() as connection:
                self._confirm(connection, session_token, operator, Proof.PASSWORD, origin)
            return
        with self._database.begin() as connection:
            self._attempts.count(connection, operator.name, origin, knows_password=True)
        try:
            with self._database.begin() as connection:
                proof = self._factors.check(connection, operator, given, self._clock())
                self._confirm(connection, session_token, operator, proof, origin)
        except SecondFactorRefusedError:
            self._attempts.note_refusal(operator.name, "code")
            raise

    def change_password(self, session_token: str, operator: Operator, now: str, new: str, origin: Origin) -> None:
        """Replace one's own password; one's other sessions end.

        Raises PasswordRuleError, SignInRefusedError or SignInDelayedError.
        """
        passwords.check_rules(operator.name, new)
        self._check_password(operator, now, origin)
        hashed, name = self._passwords.hash(new), operator.name
        with self._database.begin() as connection:
            self._attempts.forget(connection, name, origin)
            store.put_own_password(connection, operator.id, hashed)
            session_store.end_sessions_of(connection, operator.id, but=digest(session_token))
            record(connection, AuditAction.PASSWORD_CHANGED, actor=name, subject=name, at=self._clock())

    def replace_second_factor(self, session_token: str, operator: Operator, sealed: str, code: str) -> tuple[str, ...]:
        """Set up a second factor in the place of any earlier one; new recovery codes. One's other sessions end.

        Raises SecondFactorRefusedError.
        """
        with self._database.begin() as connection:
            codes = self._factors.set_up(connection, operator, sealed, code, self._clock())
            session_store.end_sessions_of(connection, operator.id, but=digest(session_token))
        return codes

    def choose_language(self, operator: Operator, language: str) -> None:
        """In which language the console speaks to them from now on, wherever they sign in."""
        with self._database.begin() as connection:
            store.set_language(connection, operator.id, language)

    def renew_recovery_codes(self, operator: Operator) -> tuple[str, ...]:
        """New recovery codes in the place of the earlier ones. Raises SecondFactorRefusedError without a factor."""
        if self.account(operator).second_factor_at is None:
            raise SecondFactorRefusedError("Recovery codes belong to a second factor. Set one up first.")
        with self._database.begin() as connection:
            return self._factors.renew_recovery_codes(connection, operator, self._clock())

    def _check_password(self, operator: Operator, password: str, origin: Origin) -> None:
        with self._database.begin() as connection:
            self._attempts.count(connection, operator.name, origin, knows_password=True)
            stored = store.password_hash(connection, operator.id)
        if not self._passwords.matches(stored, password):
            self._attempts.note_refusal(operator.name, "password")
            raise SignInRefusedError("The password that you have now is not right. Nothing has been changed.")

    def _confirm(
        self, connection: Connection, session_token: str, operator: Operator, proof: Proof, origin: Origin
    ) -> None:
        at, name = self._clock(), operator.name
        self._attempts.forget(connection, name, origin)
        session_store.confirm_session(connection, digest(session_token), at)
        record(connection, AuditAction.OPERATOR_CONFIRMED, actor=name, subject=name, at=at, proof=str(proof))
