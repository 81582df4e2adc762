"""The one gate before every route: what the route declares, who asks, and whether a form is really theirs.

A route that declares nothing is closed to everyone.
"""

import hmac
import re
from collections.abc import AsyncIterator
from itertools import chain
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from hub.access.service import (
    AccessService,
    ConfirmationNeededError,
    FormTokenError,
    KeptForm,
    NotPermittedError,
    Operator,
    SessionEndedError,
    SigningIn,
    SignInNeededError,
    Stage,
    UnreadableTextError,
    Visitor,
    declaration_of,
    form_token,
)

# The prefix makes browsers refuse the cookie unless it is Secure, of this host alone and of the whole site.
SESSION_COOKIE: Final = "__Host-mca-session"
SIGNING_IN_COOKIE: Final = "__Host-mca-signing-in"
DEVICE_COOKIE: Final = "__Host-mca-device"
FORM_COOKIE: Final = "__Host-mca-form"
PROVIDER_COOKIE: Final = "__Host-mca-provider"
LANGUAGE_COOKIE: Final = "__Host-mca-language"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_LOCAL_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9/._-]*)?")


class Guard:
    """A dependency of the whole console: it lets a request through or raises AccessError."""

    def __init__(self, access: AccessService) -> None:
        self._access = access

    async def __call__(self, request: Request) -> AsyncIterator[None]:
        """Leaves who asks in `request.state.visitor` or `.signing_in`; both are None where they are not known.

        Raises NotPermittedError, FormTokenError, SignInNeededError, ConfirmationNeededError or UnreadableTextError.
        """
        form = FormData() if request.method in _SAFE_METHODS else await request.form()
        request.state.visitor, request.state.signing_in = None, None
        try:
            _check_texts(request, form)
            # The database is asked outside the event loop.
            await run_in_threadpool(self._admit, request, form)
            yield
        finally:
            # Files that were sent to a route which asks for none are closed by nobody else.
            await form.close()

    def _admit(self, request: Request, form: FormData) -> None:
        declared = declaration_of(request.scope.get("endpoint"))
        if declared is None:
            raise NotPermittedError("This page is open to nobody.")
        if declared.stage is Stage.PROGRAM:
            return
        if declared.stage is Stage.ANYONE:
            cookie = request.cookies.get(FORM_COOKIE, "")
            _check_form(request, form, form_token(cookie) if cookie else "")
            return
        if declared.stage is Stage.SIGNING_IN:
            request.state.signing_in = signing_in = self._recognise_signing_in(request, form)
            _check_form(request, form, signing_in.form_token)
            return
        visitor = self._recognise(request, form, passive=declared.passive)
        # Set before the refusals below, whose page then knows who is signed in.
        request.state.visitor = visitor.shown(declared.shows)
        if not visitor.may(*declared.roles):
            raise NotPermittedError("Your role does not include this page. Ask an administrator if it should.")
        _check_form(request, form, visitor.form_token)
        if declared.fresh and not self._access.is_fresh(visitor):
            sent = request.method not in _SAFE_METHODS
            kept = self._keep(request, form, visitor.operator) if sent else None
            raise ConfirmationNeededError(request.url.path, sent_a_form=sent, kept=kept)

    def _recognise(self, request: Request, form: FormData, *, passive: bool) -> Visitor:
        try:
            return self._access.recognise(request.cookies.get(SESSION_COOKIE), passive=passive)
        except SessionEndedError as ended:
            path = request.url.path
            if request.method in _SAFE_METHODS:
                raise SignInNeededError(path, sent_a_form=False, kept=None) from None
            kept = _carried(form) if ended.operator is None else self._keep(request, form, ended.operator)
            raise SignInNeededError(path, sent_a_form=True, kept=kept) from None

    def _recognise_signing_in(self, request: Request, form: FormData) -> SigningIn:
        try:
            return self._access.sign_ins.recognise(request.cookies.get(SIGNING_IN_COOKIE))
        except SessionEndedError:
            kept = _carried(form)
            raise SignInNeededError("/", sent_a_form=kept is not None, kept=kept) from None

    def _keep(self, request: Request, form: FormData, operator: Operator) -> str | None:
        carried = _carried(form)
        if carried is not None:
            return carried
        fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
        said = KeptForm(request.url.path, tuple(field for field in fields if field[0] != "csrf"))
        return self._access.keep_form(said, operator)


def local_path(text: str) -> str:
    """A path of this console to go on to; `` for anything that could lead elsewhere."""
    return text if _LOCAL_PATH.fullmatch(text) and "//" not in text else ""


def _carried(form: FormData) -> str | None:
    """What an earlier page sealed for its sender goes on to the next try."""
    kept = form.get("kept")
    return kept if isinstance(kept, str) and kept else None


def _check_texts(request: Request, form: FormData) -> None:
    """PostgreSQL keeps no text with a NUL in it, and nobody types one."""
    sent = (request.scope["path"], *chain.from_iterable([*request.query_params.multi_items(), *form.multi_items()]))
    if any(isinstance(text, str) and "\0" in text for text in sent):
        raise UnreadableTextError


def _check_form(request: Request, form: FormData, expected: str) -> None:
    if request.method in _SAFE_METHODS:
        return
    given = form.get("csrf")
    if not expected or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise FormTokenError(
            "This form belongs to an earlier sign-in, so nothing has been recorded. Open the page again and repeat it."
        )
