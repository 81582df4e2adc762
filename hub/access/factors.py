"""Second factors: setting one up, checking a code once, and the codes on paper for when the phone is gone."""

import base64
import binascii
from collections.abc import Callable

from sqlalchemy import Connection

from hub.access import factor_store, totp
from hub.access.errors import SecondFactorRefusedError
from hub.access.model import Offer, Operator, Proof
from hub.atrest import Vault, VaultError
from hub.audit.service import AuditAction, record


class SecondFactors:
    """The second factors of one hub's operators. Every method with a connection joins the caller's transaction."""

    def __init__(self, vault: Vault, forms: Vault, random: Callable[[int], bytes], issuer: str) -> None:
        """`vault` for what is stored, `forms` for what travels through a page; `issuer` is shown by authenticators."""
        self._vault = vault
        self._forms = forms
        self._random = random
        self._issuer = issuer

    def offer(self, operator: Operator) -> Offer:
        """A new secret. Nothing is stored before a code has shown that the person's authenticator has it."""
        secret = totp.new_secret(self._random)
        sealed = self._forms.encrypt(secret, _offer_place(operator))
        return self._offer(operator, secret, base64.urlsafe_b64encode(sealed).decode("ascii"))

    def offer_again(self, operator: Operator, sealed: str) -> Offer:
        """The same offer for another try, or a new one where it was another person's or process's."""
        secret = self._open(operator, sealed)
        return self.offer(operator) if secret is None else self._offer(operator, secret, sealed)

    def set_up(self, connection: Connection, operator: Operator, sealed: str, code: str, at: int) -> tuple[str, ...]:
        """Store the offered secret, which `code` shows to be in the person's hands; their recovery codes.

        Raises SecondFactorRefusedError.
        """
        secret = self._open(operator, sealed)
        digits = totp.parse_digits(code)
        step = None if secret is None or digits is None else totp.matching_step(secret, digits, at)
        if secret is None or step is None:
            raise SecondFactorRefusedError(
                "This is not the code that belongs to the secret shown here. Type the six digits that your"
                " authenticator shows now, and check that the clock of your phone is right."
            )
        factor_store.put_factor(connection, operator.id, self._vault.encrypt(secret, _place(operator)), at, step)
        record(connection, AuditAction.SECOND_FACTOR_SET_UP, actor=operator.name, subject=operator.name, at=at)
        return self._new_recovery_codes(connection, operator)

    def check(self, connection: Connection, operator: Operator, code: str, at: int) -> Proof:
        """Accept a code, once and never again. Raises SecondFactorRefusedError."""
        digits = totp.parse_digits(code)
        if digits is None:
            self._use_recovery_code(connection, operator, code, at)
            return Proof.RECOVERY_CODE
        sealed = factor_store.find_factor_secret(connection, operator.id)
        step = None
        if sealed is not None:
            step = totp.matching_step(self._vault.decrypt(sealed, _place(operator)), digits, at)
        if step is None:
            raise SecondFactorRefusedError("This code is not right, or no longer. Type the one that is shown now.")
        if not factor_store.use_step(connection, operator.id, step):
            raise SecondFactorRefusedError("This code has been used already. Wait until the next one is shown.")
        return Proof.AUTHENTICATOR

    def renew_recovery_codes(self, connection: Connection, operator: Operator, at: int) -> tuple[str, ...]:
        """New codes; the earlier ones end."""
        record(connection, AuditAction.RECOVERY_CODES_RENEWED, actor=operator.name, subject=operator.name, at=at)
        return self._new_recovery_codes(connection, operator)

    def _new_recovery_codes(self, connection: Connection, operator: Operator) -> tuple[str, ...]:
        codes = tuple(totp.new_paper_code(self._random) for _ in range(totp.RECOVERY_CODES))
        factor_store.put_recovery_codes(connection, operator.id, [self._index(operator, code) for code in codes])
        return codes

    def _use_recovery_code(self, connection: Connection, operator: Operator, code: str, at: int) -> None:
        if not factor_store.use_recovery_code(connection, operator.id, self._index(operator, code), at):
            raise SecondFactorRefusedError(
                "This is neither a code of six digits nor one of your recovery codes that is still unused."
            )
        record(connection, AuditAction.RECOVERY_CODE_USED, actor=operator.name, subject=operator.name, at=at)

    def _index(self, operator: Operator, code: str) -> bytes:
        return self._vault.index(totp.plain_paper_code(code), f"recovery_codes/{operator.id}")

    def _offer(self, operator: Operator, secret: bytes, sealed: str) -> Offer:
        address = totp.provisioning_address(secret, operator.name, self._issuer)
        return Offer(totp.secret_text(secret), address, sealed)

    def _open(self, operator: Operator, sealed: str) -> bytes | None:
        try:
            return self._forms.decrypt(base64.urlsafe_b64decode(sealed), _offer_place(operator))
        except (VaultError, binascii.Error, ValueError):
            return None


def _place(operator: Operator) -> str:
    return f"second_factors/sealed_secret/{operator.id}"


def _offer_place(operator: Operator) -> str:
    return f"offers/{operator.id}"
