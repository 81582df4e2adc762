"""A confirmed match as an alert of the Common Alerting Protocol, version 1.2 (OASIS standard, 1 July 2010).

Section numbers below are the standard's. What its schema cannot say is kept here: characters that names may
not contain (3.2.1), times with a numeric offset where UTC is written -00:00 (3.3.2), and a `restriction`
wherever the scope is Restricted (3.2.1).
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from faults import MisconfiguredError
from hub.clock import moment
from hub.dispatch.model import Alert, AlertSettings

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE: Final = "application/cap+xml"

_NOT_IN_NAMES: Final = re.compile(r"[\s,<&]")
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_RESTRICTION: Final = (
    "For the police and child-protection officers to whom the issuing desk sends it. Do not forward, do not publish,"
    " and show it to nobody who accompanies the child."
)
_DESCRIPTION: Final = (
    "Two reviewers have, independently of each other, judged that the person of this intake is the person of the"
    " case. That is a judgement of photographs. It is no proof of identity."
)
_HISTORICAL: Final = "Historical: photographed {}. The child may no longer be there. "
_INSTRUCTION: Final = (
    "Telephone the issuing desk and give the intake reference. Establish the person's identity on the spot before"
    " anything else is decided. Let nobody who accompanies the child learn of the reason."
)


class AlertNameError(MisconfiguredError):
    """The installation's sender cannot stand in an alert."""


def cap_document(alert: Alert, settings: AlertSettings) -> bytes:
    """The alert as UTF-8 XML, valid by the standard's schema. Raises AlertNameError."""
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _add(root, "identifier", cap_identifier(alert, settings))
    _add(root, "sender", _name(settings.sender))
    _add(root, "sent", cap_time(alert.raised_at))
    _add(root, "status", alert.status)
    _add(root, "msgType", "Alert")
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    # Several alerts about one case are collated by its pseudonym.
    _add(root, "incidents", alert.case)
    root.append(_info(alert, settings))
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def cap_identifier(alert: Alert, settings: AlertSettings) -> str:
    """Unique for the sender, and made of the characters that 3.2.1 allows."""
    return _name(f"{settings.hub}-alert-{alert.id}")


def cap_time(at: int) -> str:
    """A moment as 3.3.2 wants it: to the second, in UTC, which it writes -00:00 and never Z."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def headline(alert: Alert) -> str:
    """What people read first: references, no name and no face."""
    late = "" if alert.historical is None else "Historical: "
    return f"{late}Intake {alert.reference}: two reviewers confirmed a match with case {alert.case}"


def alert_page(alert: Alert, settings: AlertSettings) -> str:
    """The alert's page in the console; it opens after sign-in only."""
    return f"{settings.console_url.rstrip('/')}/alerts/{alert.id}"


def _info(alert: Alert, settings: AlertSettings) -> ET.Element:
    info = ET.Element("info")
    _add(info, "language", "en")
    _add(info, "category", "Safety")
    _add(info, "category", "Rescue")
    _add(info, "event", "Missing child: match confirmed")
    _add(info, "responseType", "Assess")
    # What is historical is urgent too, and not as if the child stood there now.
    _add(info, "urgency", "Immediate" if alert.historical is None else "Expected")
    _add(info, "severity", "Severe")
    # Likely, not Observed: two people compared photographs; nobody has established an identity yet.
    _add(info, "certainty", "Likely")
    _add(info, "audience", "Police and child-protection officers")
    _add(info, "senderName", settings.sender_name)
    _add(info, "headline", headline(alert))
    late = "" if alert.historical is None else _HISTORICAL.format(alert.historical)
    _add(info, "description", late + _DESCRIPTION)
    _add(info, "instruction", _INSTRUCTION)
    _add(info, "web", alert_page(alert, settings))
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", alert.site)
    return info


def _add(parent: ET.Element, name: str, text: str) -> None:
    # A paper reference comes from a device; characters that XML cannot hold must not stop an alert.
    ET.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", text)


def _name(text: str) -> str:
    if not text or _NOT_IN_NAMES.search(text):
        raise AlertNameError(f"The sender of alerts, {text!r}, must be without spaces, commas, < and &.")
    return text
