"""What recipients answer: by a link of their own, without signing in, or by a reply that a gateway hands on.

The link alone changes nothing: scanners of mail follow links. Whoever presses the page's button acknowledges.
"""

import hmac
import re
from typing import Annotated, Final

from fastapi import APIRouter, Body, Form, Header, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.service import anyone, by_secret, form_token
from hub.desk import ConsoleForm, Services, ShownBy
from hub.dispatch.cap import MEDIA_TYPE
from hub.dispatch.errors import ReplySecretError, UnknownTokenError
from hub.dispatch.texts import Text, say
from hub.guard import FORM_COOKIE

router = APIRouter()

_CODE: Final = re.compile(r"\bACK[\s:-]*([A-Z2-7]{8})\b", re.IGNORECASE)


class Reply(BaseModel):
    """What a gateway hands on. Gateways name the text of a message in different ways."""

    text: str = FormField(max_length=2000)


@router.get("/acknowledge/{token}")
@anyone()
def acknowledge_page(token: str, request: Request, services: Services, pages: ShownBy) -> HTMLResponse:
    """What a recipient is asked to confirm; nothing is recorded by opening it."""
    return _page(token, request, services, pages)


@router.post("/acknowledge/{token}")
@anyone()
def acknowledge(
    token: str, _form: Annotated[ConsoleForm, Form()], request: Request, services: Services, pages: ShownBy
) -> HTMLResponse:
    """A recipient says that the message was read."""
    with services.database.begin() as connection:
        services.dispatch.acknowledging.by_link(connection, token, services.clock())
    return _page(token, request, services, pages)


@router.post("/acknowledge/{token}/cap")
@by_secret()
def take_partner_ack(
    token: str, document: Annotated[bytes, Body(media_type=MEDIA_TYPE)], services: Services
) -> Response:
    """A partner's CAP message of the type Ack; the token is that of the link in the message that it acknowledges."""
    with services.database.begin() as connection:
        services.dispatch.acknowledging.by_cap(connection, token, document, services.clock())
    return PlainTextResponse("Recorded.")


@router.post("/gateway/replies")
@by_secret()
def take_reply(
    form: Annotated[Reply, Form()], services: Services, authorization: Annotated[str, Header()] = ""
) -> Response:
    """A recipient's reply, from a gateway that knows the secret of this hub."""
    expected = services.reply_secret
    if not expected or not hmac.compare_digest(authorization.encode(), f"Bearer {expected}".encode()):
        raise ReplySecretError("Replies are taken from this hub's gateway alone, with the secret that it was given.")
    found = _CODE.search(form.text)
    if found is None:
        raise UnknownTokenError("This reply holds no code. It has to be ACK and the eight letters of the message.")
    with services.database.begin() as connection:
        services.dispatch.acknowledging.by_reply(connection, found.group(1), services.clock())
    return PlainTextResponse("Recorded.")


def _page(token: str, request: Request, services: Services, pages: ShownBy) -> HTMLResponse:
    with services.database.read() as connection:
        message, recipient, delivery = services.dispatch.acknowledging.asked(connection, token)
        recalled = services.dispatch.is_recalled(connection, message.alert.id)
    language, reference = recipient.entered.language, message.alert.reference
    secret = request.cookies.get(FORM_COOKIE) or services.access.new_token()
    page = pages.show(
        "acknowledge.html",
        None,
        csrf=form_token(secret),
        token=token,
        language=language,
        title=say(language, Text.PAGE_TITLE),
        button=say(language, Text.PAGE_BUTTON),
        thanks=say(language, Text.PAGE_THANKS) if delivery.acknowledged else "",
        alert=say(language, Text.RECALL if recalled else Text.TITLE, {"reference": reference}),
    )
    if FORM_COOKIE not in request.cookies:
        page.set_cookie(FORM_COOKIE, secret, path="/", secure=True, httponly=True, samesite="strict")
    return page
