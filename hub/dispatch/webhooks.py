"""JSON webhooks, in the form that Apprise gives them. Apprise hides how long a busy gateway asks to be left alone."""

import json
import threading
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import requests
from apprise.plugins.custom_json import NotifyJSON

from hub.clock import SECOND
from hub.dispatch.model import Answer, AttemptResult

_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 20.0
_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_NOT_FOR_GOOD: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def post(service: NotifyJSON, title: str, body: str, deadline: float) -> Answer:
    """Hand a message over; blocks for at most `deadline` seconds, whatever the gateway does."""
    found: list[Answer] = []
    # A gateway that sends its headers a byte at a time passes every time-out of a socket: its thread is left behind.
    thread = threading.Thread(target=lambda: found.append(_post(service, title, body)), name="webhook", daemon=True)
    thread.start()
    thread.join(deadline)
    return found[0] if found else Answer(AttemptResult.NO_ANSWER)


def judged(code: int | None, retry_after: int | None = None) -> Answer:
    """What a status of HTTP means; None: there was none. `retry_after` in milliseconds."""
    if code is not None and 200 <= code < 300:
        return Answer(AttemptResult.SENT)
    if code in _LATER:
        return Answer(AttemptResult.BUSY, code, retry_after)
    for_good = code is not None and 400 <= code < 500 and code not in _NOT_FOR_GOOD
    return Answer(AttemptResult.REFUSED if for_good else AttemptResult.FAILED, code)


def _post(service: NotifyJSON, title: str, body: str) -> Answer:
    try:
        # Its status is the answer: what follows is not read, and a redirection not followed.
        with requests.request(
            str(service.method),
            str(service.request_url),
            data=json.dumps(_payload(service, title, body)),
            params=service.params,
            headers={"User-Agent": service.app_id, "Content-Type": "application/json", **service.headers},
            auth=service.request_auth,
            verify=service.verify_certificate,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return judged(response.status_code, _retry_after(response))
    except requests.ReadTimeout:
        return Answer(AttemptResult.NO_ANSWER)
    except requests.RequestException:
        return judged(None)


def _payload(service: NotifyJSON, title: str, body: str) -> dict[str, object]:
    said: dict[str, object] = {"version": "1.0", "title": title, "message": body, "attachments": [], "type": "info"}
    # What stands behind `:name=` in the address: another name for a part, none at all, or a text of its own.
    for name, value in service.payload_extras.items():
        if name not in said:
            said[name] = value
        elif value:
            said[value] = said.pop(name)
        else:
            del said[name]
    return said


def _retry_after(response: requests.Response) -> int | None:
    """RFC 9110, 10.2.3: seconds, or a moment, which is read by the gateway's own clock."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * SECOND
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return max(0, int((until - now).total_seconds() * SECOND)) if until.tzinfo and now.tzinfo else None
