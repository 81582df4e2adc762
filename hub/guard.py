"""The one gate before every route: what the route declares, who asks, and whether a form is really theirs.

A route that declares nothing is closed to everyone.
"""

import hmac
import re
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from hub.access.service import (
    AccessService,
    FormTokenError,
    KeptForm,
    NotPermittedError,
    SessionEndedError,
    SignInNeededError,
    Visitor,
    declaration_of,
    form_token,
)

# The prefix makes browsers refuse the cookie unless it is Secure, of this host alone and of the whole site.
SESSION_COOKIE: Final = "__Host-mca-session"
DEVICE_COOKIE: Final = "__Host-mca-device"
FORM_COOKIE: Final = "__Host-mca-form"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_LOCAL_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9/._-]*)?")


class Guard:
    """A dependency of the whole console: it lets a request through or raises AccessError."""

    def __init__(self, access: AccessService) -> None:
        self._access = access

    async def __call__(self, request: Request) -> None:
        """Leaves the visitor in `request.state.visitor`: None where the route is open to anyone.

        Raises NotPermittedError, FormTokenError or SignInNeededError.
        """
        form = FormData() if request.method in _SAFE_METHODS else await request.form()
        # The database is asked outside the event loop.
        request.state.visitor = await run_in_threadpool(self._admit, request, form)

    def _admit(self, request: Request, form: FormData) -> Visitor | None:
        declared = declaration_of(request.scope.get("endpoint"))
        if declared is None:
            raise NotPermittedError("This page is open to nobody.")
        if not declared.roles:
            cookie = request.cookies.get(FORM_COOKIE, "")
            _check_form(request, form, form_token(cookie) if cookie else "")
            return None
        visitor = self._recognise(request, form)
        if not visitor.may(*declared.roles):
            raise NotPermittedError("Your role does not include this page. Ask an administrator if it should.")
        _check_form(request, form, visitor.form_token)
        return visitor

    def _recognise(self, request: Request, form: FormData) -> Visitor:
        try:
            return self._access.recognise(request.cookies.get(SESSION_COOKIE))
        except SessionEndedError as ended:
            path = request.url.path
            if request.method in _SAFE_METHODS:
                raise SignInNeededError(path, sent_a_form=False, kept=None) from None
            fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
            said = KeptForm(path, tuple(field for field in fields if field[0] != "csrf"))
            kept = None if ended.operator is None else self._access.keep_form(said, ended.operator)
            raise SignInNeededError(path, sent_a_form=True, kept=kept) from None


def local_path(text: str) -> str:
    """A path of this console to go on to; `` for anything that could lead elsewhere."""
    return text if _LOCAL_PATH.fullmatch(text) and "//" not in text else ""


def _check_form(request: Request, form: FormData, expected: str) -> None:
    if request.method in _SAFE_METHODS:
        return
    given = form.get("csrf")
    if not expected or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise FormTokenError(
            "This form belongs to an earlier sign-in, so nothing has been recorded. Open the page again and repeat it."
        )
