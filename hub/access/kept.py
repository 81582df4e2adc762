"""A form that was sent after its session had ended is kept for the same person to send again.

It travels through the sign-in page, sealed: whoever signs in there next may be a colleague, who must not
see an answer that was given before their own.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from hub.atrest import Vault, VaultError

_MAX_SEALED = 16 * 1024
# What people type that nobody may read back to them, not even on their own screen.
_SECRET_FIELDS = frozenset({"password", "new_password", "code", "offer"})


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was sent and what it said, without its token."""

    path: str
    fields: tuple[tuple[str, str], ...]


class KeptForms:
    """Seals forms for one operator and opens them for the same one. A restart of the hub loses them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, form: KeptForm, operator: str) -> str | None:
        """The form as text for a hidden field; None when it is too large to keep, or holds a secret."""
        if any(name in _SECRET_FIELDS for name, _ in form.fields):
            return None
        content = json.dumps([form.path, form.fields]).encode()
        text = base64.urlsafe_b64encode(self._vault.encrypt(content, _place(operator))).decode("ascii")
        return text if len(text) <= _MAX_SEALED else None

    def open(self, sealed: str, operator: str) -> KeptForm | None:
        """The form, if it was sealed for this operator by this process."""
        try:
            content = self._vault.decrypt(base64.urlsafe_b64decode(sealed), _place(operator))
        except (VaultError, binascii.Error, ValueError):
            return None
        path, fields = json.loads(content)
        return KeptForm(path, tuple((name, value) for name, value in fields))


def _place(operator: str) -> str:
    return f"kept forms/{operator}"
