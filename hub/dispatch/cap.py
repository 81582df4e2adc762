"""The messages of an alert in the Common Alerting Protocol, version 1.2 (OASIS standard, 1 July 2010).

Section numbers below are the standard's. What its schema cannot say is kept here: characters that names may
not contain (3.2.1), times with a numeric offset where UTC is written -00:00 (3.3.2), a `restriction` wherever the
scope is Restricted, and `references` in every message that follows another (3.2.1).
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from faults import MisconfiguredError
from hub.clock import moment
from hub.dispatch.model import Alert, AlertMessage, AlertSettings, MessageKind
from hub.dispatch.texts import ENGLISH, Text, say
from hub.languages import LANGUAGES, language
from hub.moments import Moments

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE: Final = "application/cap+xml"
SIGNATURE_CONTEXT: Final = b"mca/cap-alert/1\n"
"""Stands before a document when the hub signs it, so that the signature means nothing else."""

_NOT_IN_NAMES: Final = re.compile(r"[\s,<&]")
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES: Final = {
    MessageKind.ALERT: "Alert",
    MessageKind.FOLLOW_UP: "Update",
    MessageKind.RECALL: "Cancel",
    MessageKind.ACKNOWLEDGEMENT: "Ack",
}
_RESTRICTION: Final = (
    "For the police and child-protection officers to whom the issuing desk sends it. Do not forward, do not publish,"
    " and show it to nobody who accompanies the child."
)
_NOTES: Final = {
    MessageKind.RECALL: Text.RECALL,
    MessageKind.FOLLOW_UP: Text.FOLLOW_UP,
    MessageKind.ACKNOWLEDGEMENT: "A recipient has read the alert. Reference: {reference}.",
}


class AlertNameError(MisconfiguredError):
    """The installation's sender cannot stand in an alert."""


def cap_document(message: AlertMessage, settings: AlertSettings, earlier: Sequence[AlertMessage] = ()) -> bytes:
    """A message as UTF-8 XML, valid by the standard's schema. `earlier`: those it refers to. Raises AlertNameError."""
    alert = message.alert
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _add(root, "identifier", cap_identifier(message, settings))
    _add(root, "sender", _name(settings.sender))
    _add(root, "sent", cap_time(message.raised_at))
    _add(root, "status", alert.status)
    _add(root, "msgType", _TYPES[message.kind])
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    if message.kind in _NOTES:
        _add(root, "note", _NOTES[message.kind].format(reference=alert.reference))
    if earlier:
        _add(root, "references", " ".join(cap_reference(one, settings) for one in earlier))
    # Several alerts about one case are collated by its pseudonym.
    _add(root, "incidents", alert.case)
    if message.kind is not MessageKind.ACKNOWLEDGEMENT:
        for code in LANGUAGES:
            root.append(_info(message, settings, code))
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def cap_identifier(message: AlertMessage, settings: AlertSettings) -> str:
    """Unique for the sender, and made of the characters that 3.2.1 allows."""
    return _name(f"{settings.hub}-alert-{message.id}")


def cap_reference(message: AlertMessage, settings: AlertSettings) -> str:
    """By what other messages refer to one."""
    return f"{_name(settings.sender)},{cap_identifier(message, settings)},{cap_time(message.raised_at)}"


def check_sender(settings: AlertSettings) -> None:
    """Whether alerts can be made at all, before anybody depends on one. Raises AlertNameError."""
    _name(settings.sender)


def cap_time(at: int) -> str:
    """A moment as 3.3.2 wants it: to the second, in UTC, which it writes -00:00 and never Z."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def headline(alert: Alert, code: str = ENGLISH) -> str:
    """What people read first: references, no name and no face."""
    text = Text.CAP_HEADLINE_BROADCAST if alert.broadcast_id else Text.CAP_HEADLINE_MATCH
    line = say(code, text, {"reference": alert.reference, "case": alert.case})
    return line if alert.historical is None else say(code, Text.CAP_HEADLINE_LATE, {"headline": line})


def historical(alert: Alert, settings: AlertSettings, code: str) -> list[str]:
    """When the photograph was taken, in a sentence of one language; nothing where that was just before it came."""
    if alert.historical is None:
        return []
    time = Moments(language(code), settings.zone).captured(alert.historical)
    return [say(code, Text.HISTORICAL, {"time": time})]


def place(alert: Alert, settings: AlertSettings) -> str:
    """Where the child is: the site's identifier, or the hub's where the child is at none of its sites."""
    return alert.site or settings.hub


def alert_page(alert: Alert, settings: AlertSettings) -> str:
    """The alert's page in the console; it opens after sign-in only."""
    return f"{settings.console_url.rstrip('/')}/alerts/{alert.id}"


def _info(message: AlertMessage, settings: AlertSettings, code: str) -> ET.Element:
    alert = message.alert
    info = ET.Element("info")
    _add(info, "language", code)
    _add(info, "category", "Safety")
    _add(info, "category", "Rescue")
    _add(info, "event", say(code, Text.CAP_EVENT_BROADCAST if alert.broadcast_id else Text.CAP_EVENT_MATCH))
    _add(info, "responseType", "AllClear" if message.kind is MessageKind.RECALL else "Assess")
    _add(info, "urgency", _urgency(message))
    _add(info, "severity", "Severe")
    # Likely, not Observed: people compared photographs or checked a report; nobody has established an identity yet.
    _add(info, "certainty", "Likely")
    _add(info, "audience", say(code, Text.CAP_AUDIENCE))
    _add(info, "senderName", settings.sender_name)
    _add(info, "headline", headline(alert, code))
    _add(info, "description", " ".join([*historical(alert, settings, code), _description(message, code)]))
    if message.kind is not MessageKind.RECALL:
        _add(info, "instruction", say(code, Text.CAP_INSTRUCTION))
    _add(info, "web", alert_page(alert, settings))
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", place(alert, settings))
    return info


def _urgency(message: AlertMessage) -> str:
    if message.kind is MessageKind.RECALL:
        return "Past"
    # What is historical is urgent too, and not as if the child stood there now.
    return "Expected" if message.alert.historical or message.kind is MessageKind.FOLLOW_UP else "Immediate"


def _description(message: AlertMessage, code: str) -> str:
    alert = message.alert
    said = {MessageKind.RECALL: Text.RECALL, MessageKind.FOLLOW_UP: Text.FOLLOW_UP}.get(
        message.kind, Text.CAP_BROADCAST if alert.broadcast_id else Text.CAP_MATCH
    )
    return say(code, said, {"reference": alert.reference})


def _add(parent: ET.Element, name: str, text: str) -> None:
    # A paper reference comes from a device; characters that XML cannot hold must not stop an alert.
    ET.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", text)


def _name(text: str) -> str:
    if not text or _NOT_IN_NAMES.search(text):
        raise AlertNameError("The sender of alerts, {text}, must be without spaces, commas, < and &.", text=repr(text))
    return text
