"""Apprise addresses: which are permitted, what is shown of them, and what a provider answered.

Apprise writes what went wrong to its own log, with hosts and addresses. Here the status alone is read from it, and
the log is kept from ours.
"""

import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apprise import Apprise, AppriseAsset, AppriseResult, AppriseResultStatus, NotifyBase, NotifyFormat
from apprise.plugins.custom_json import NotifyJSON

from hub.dispatch import webhooks
from hub.dispatch.errors import AddressError
from hub.dispatch.model import Answer, AttemptResult
from hub.dispatch.recipient import Channel

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail

_MAIL: Final = frozenset({"mailto", "mailtos"})
_WEBHOOKS: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
# Gateways that hand a message to named people. What publishes, logs or shows on a screen of the hub is not among them.
_SHORT: Final = frozenset(
    [
        "46elks",
        "atalk",
        "bulksms",
        "burstsms",
        "clickatell",
        "clicksend",
        "d7sms",
        "elks",
        "exotel",
        "httpsms",
        "infobip",
        "kaleyra",
        "kavenegar",
        "klr",
        "kudosity",
        "msg91",
        "msgbird",
        "nexmo",
        "octopush",
        "plivo",
        "sinch",
        "smpps",
        "smseagles",
        "telnyx",
        "twilio",
        "voipms",
        "vonage",
        "matrixs",
        "mmosts",
        "nctalks",
        "rockets",
        "signal",
        "signals",
        "tgram",
        "threema",
        "viber",
        "whatsapp",
        "xmpps",
        "zulip",
    ]
)
_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 20.0
_DEADLINE_SECONDS: Final = 60.0
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")


@dataclass(frozen=True, slots=True)
class Address:
    """One address that can be sent to. `identity` stays the same when a password changes; neither holds a secret.

    `is_local`: whether it is of this machine.
    """

    identity: str
    label: str
    channel: Channel
    is_local: bool
    service: NotifyBase

    def send(self, title: str, body: str, deadline: float = _DEADLINE_SECONDS) -> Answer:
        """Hand a message over; blocks for at most `deadline` seconds, whatever the provider does."""
        webhook = _as_webhook(self.service)
        if webhook is not None:
            return webhooks.post(webhook, title, body, deadline)
        sender = Apprise(asset=_asset())
        sender.add(self.service)
        answered = sender.notify(
            body=body, title=title, body_format=NotifyFormat.TEXT, timeout=deadline, log_level=logging.WARNING
        )
        return _answer(answered)


def parse_address(text: str) -> Address:
    """An Apprise address, such as mailtos://NAME:PASSWORD@HOST?to=DESK. Raises AddressError, which never quotes it."""
    scheme = text.partition("://")[0].lower()
    if scheme not in _MAIL | _WEBHOOKS | _SHORT:
        raise AddressError(
            "This is no address that alerts may go to. Give an Apprise address of a mail server, a gateway or a"
            " webhook, such as mailtos://NAME:PASSWORD@HOST?to=DESK."
        )
    log = logging.getLogger("apprise")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    service = Apprise.instantiate(text, asset=_asset(), suppress_exceptions=True)
    if not isinstance(service, NotifyBase):
        raise AddressError(
            "Something is missing in this address, or stands in the wrong place. Compare it with Apprise's."
        )
    is_local = _is_loopback(service)
    if not _is_protected(service, scheme) and not is_local:
        raise AddressError(
            "This address would send without checked encryption. Use the encrypted form (mailtos://, jsons://) and"
            " leave the check of certificates on; only a relay on this machine may do without."
        )
    _tune(service)
    return Address(_identity(service), _label(service), _channel(scheme), is_local, service)


def _tune(service: NotifyBase) -> None:
    service.socket_connect_timeout = _CONNECT_SECONDS
    service.socket_read_timeout = _READ_SECONDS
    email = _as_email(service)
    if email is not None:
        # Apprise would wait 5.5 seconds between two mails; alerts do not wait for each other.
        email.request_rate_per_sec = 0


def _answer(answered: AppriseResult) -> Answer:
    with_status = [found for entry in answered.logs() if (found := _STATUS.search(str(entry.message)))]
    code = int(with_status[-1].group(1)) if with_status else None
    if answered:
        return Answer(AttemptResult.SENT)
    if answered.status is AppriseResultStatus.TIMEOUT:
        return Answer(AttemptResult.NO_ANSWER)
    return webhooks.judged(code)


def _channel(scheme: str) -> Channel:
    if scheme in _MAIL:
        return Channel.EMAIL
    return Channel.WEBHOOK if scheme in _WEBHOOKS else Channel.SHORT


def _is_protected(service: NotifyBase, scheme: str) -> bool:
    email = _as_email(service)
    if email is not None:
        return email.secure_mode != "insecure" and bool(email.verify_certificate)
    plain, encrypted = _schemes(service.protocol), _schemes(service.secure_protocol)
    return bool(service.verify_certificate) and not (scheme in plain and encrypted)


def _is_loopback(service: NotifyBase) -> bool:
    email = _as_email(service)
    host = str((service.host if email is None else email.smtp_host) or "").strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _as_email(service: NotifyBase) -> "NotifyEmail | None":
    if "mailtos" not in _schemes(service.secure_protocol):
        return None
    # Apprise loads a service when the first address names it; this one takes a third of a second.
    from apprise.plugins.email.base import NotifyEmail

    return service if isinstance(service, NotifyEmail) else None


def _as_webhook(service: NotifyBase) -> NotifyJSON | None:
    return service if isinstance(service, NotifyJSON) else None


def _schemes(protocols: object) -> tuple[str, ...]:
    if isinstance(protocols, str):
        return (protocols,)
    return tuple(protocols) if isinstance(protocols, (list, tuple, set, frozenset)) else ()


def _mailboxes(service: NotifyBase) -> list[str]:
    email = _as_email(service)
    return [] if email is None else sorted(address for _, address in email.targets)


def _identity(service: NotifyBase) -> str:
    mailboxes = _mailboxes(service)
    if mailboxes:
        return ",".join(mailboxes)
    # With `privacy`, Apprise masks passwords and tokens; what follows the ? are options.
    address: str = service.url(privacy=True)  # type: ignore[no-untyped-call]  # Apprise types it only in part.
    return address.partition("?")[0]


def _label(service: NotifyBase) -> str:
    mailboxes = _mailboxes(service)
    return (", ".join(mailboxes) if mailboxes else str(service.service_name))[:120]


def _asset() -> AppriseAsset:
    # One thread; nothing kept on disk; no pictures that a reader's client would fetch from elsewhere; no redirects, by
    # which a provider could send an alert on to a stranger.
    return AppriseAsset(
        app_id="Missing Child Alert",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        secure_logging=True,
        http_redirects=False,
    )
