"""JSON webhooks, in the form that Apprise gives them. Apprise hides how long a busy gateway asks to be left alone."""

import json
import threading
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import requests
from apprise.plugins.custom_json import NotifyJSON
from urllib3.exceptions import HTTPError, ProtocolError

from hub.clock import SECOND
from hub.dispatch.model import Answer, AttemptResult

_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 20.0
_LONGEST_BODY: Final = 4096
_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_NOT_FOR_GOOD: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
_NO_ERROR: Final = frozenset({"", "0", "no", "none", "null", "false"})
_NOT_TAKEN: Final = frozenset({"error", "fail", "failed", "failure", "rejected"})


def post(service: NotifyJSON, title: str, body: str, deadline: float) -> Answer:
    """Hand a message over; blocks for at most `deadline` seconds, whatever the gateway does."""
    found: list[Answer] = []
    # A gateway that sends its headers a byte at a time passes every time-out of a socket: its thread is left behind.
    thread = threading.Thread(target=_post, args=(service, title, body, found), name="webhook", daemon=True)
    thread.start()
    thread.join(deadline)
    return found[-1] if found else Answer(AttemptResult.NO_ANSWER)


def judged(code: int | None, retry_after: int | None = None) -> Answer:
    """What a status of HTTP means; None: there was none. `retry_after` in milliseconds."""
    if code is not None and 200 <= code < 300:
        return Answer(AttemptResult.SENT)
    if code in _LATER:
        return Answer(AttemptResult.BUSY, code, retry_after)
    for_good = code is not None and 400 <= code < 500 and code not in _NOT_FOR_GOOD
    return Answer(AttemptResult.REFUSED if for_good else AttemptResult.FAILED, code)


def refuses(body: bytes) -> bool:
    """Whether a gateway says in JSON that it has not taken a message, whatever its status says."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict):
        return False
    faults = (said.get("error"), said.get("errors"))
    if any(fault and str(fault).strip().lower() not in _NO_ERROR for fault in faults):
        return True
    return False in (said.get("success"), said.get("ok")) or str(said.get("status")).lower() in _NOT_TAKEN


def _post(service: NotifyJSON, title: str, body: str, found: list[Answer]) -> None:
    """Add to `found` what the gateway answers: its status, and then what it thinks better of in the body."""
    try:
        response = _request(service, title, body)
    except requests.ReadTimeout:
        found.append(Answer(AttemptResult.NO_ANSWER))
    except requests.ConnectionError as error:
        # Who hangs up in the middle may have taken the message; who cannot be reached has not.
        broken = any(isinstance(cause, ProtocolError) for cause in error.args)
        found.append(Answer(AttemptResult.NO_ANSWER) if broken else judged(None))
    except requests.RequestException:
        found.append(judged(None))
    except UnicodeError:
        found.append(Answer(AttemptResult.REFUSED))  # A header or a name of the address that HTTP cannot hold.
    else:
        with response:
            answer = judged(response.status_code, _retry_after(response))
            found.append(answer)
            if answer.result is AttemptResult.SENT and refuses(_body(response)):
                found.append(Answer(AttemptResult.REFUSED, response.status_code))


def _request(service: NotifyJSON, title: str, body: str) -> requests.Response:
    return requests.request(
        str(service.method),
        str(service.request_url),
        data=json.dumps(_payload(service, title, body)),
        params=service.params,
        headers={"User-Agent": service.app_id, "Content-Type": "application/json", **service.headers},
        auth=service.request_auth,
        verify=service.verify_certificate,
        timeout=(_CONNECT_SECONDS, _READ_SECONDS),
        allow_redirects=False,  # The status of a redirection is the answer.
        stream=True,
    )


def _body(response: requests.Response) -> bytes:
    """What a gateway says of one message is short: a longer body, or half of one, says nothing."""
    length = response.headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length) > _LONGEST_BODY:
        return b""
    try:
        return bytes(response.raw.read(_LONGEST_BODY, decode_content=True))
    except (HTTPError, OSError):
        return b""


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
