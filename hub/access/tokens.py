"""Tokens of cookies, and the tokens of forms that prove where they come from."""

import base64
import hmac
from collections.abc import Callable


def new_token(random: Callable[[int], bytes]) -> str:
    """256 random bits as text for a cookie."""
    return base64.urlsafe_b64encode(random(32)).decode("ascii").rstrip("=")


def form_token(secret: str) -> str:
    """The token that forms carry to prove that they come from the holder of a cookie."""
    return hmac.digest(secret.encode(), b"mca/form/1", "sha256").hex()
