"""What the access room reads from a request and leaves in a browser: cookies, and where an attempt comes from."""

from ipaddress import IPv6Address, IPv6Network
from typing import Final

from fastapi import Request
from starlette.responses import Response

from hub.access.model import Origin, SignedIn
from hub.guard import DEVICE_COOKIE, FORM_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE, SIGNING_IN_COOKIE

_YEAR_SECONDS: Final = 365 * 24 * 60 * 60


def origin(request: Request) -> Origin:
    """Where a request comes from, for the counts of failed attempts."""
    address = request.client.host if request.client else "unknown"
    return Origin(_counted(address), request.cookies.get(DEVICE_COOKIE))


def _counted(address: str) -> str:
    try:
        known = IPv6Address(address)
    except ValueError:
        return address
    # Whoever has one address of IPv6 has the 2^64 beside it; where both protocols are served, IPv4's look like them.
    return str(known.ipv4_mapped or IPv6Network((int(known), 64), strict=False))


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """One that no script, no other site and no plain HTTP gets."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict")


def remember_language(response: Response, language: str) -> None:
    """So that pages before the next sign-in in this browser are in it too."""
    set_cookie(response, LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS)


def set_passing_cookie(response: Response, name: str, value: str) -> None:
    """One that comes along when another site sends the browser back here, and with nothing else of another site."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def forget_cookie(response: Response, name: str) -> None:
    """Take one back."""
    response.delete_cookie(name, secure=True, httponly=True, samesite="strict")


def remember(response: Response, signed_in: SignedIn) -> None:
    """Leave a session in the browser in the place of what led to it."""
    set_cookie(response, SESSION_COOKIE, signed_in.session_token)
    set_cookie(response, DEVICE_COOKIE, signed_in.device_token, max_age=_YEAR_SECONDS)
    forget_cookie(response, SIGNING_IN_COOKIE)
    forget_cookie(response, FORM_COOKIE)
    if signed_in.operator.language is not None:
        remember_language(response, signed_in.operator.language)
