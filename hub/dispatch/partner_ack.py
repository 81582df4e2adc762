"""CAP messages of the type Ack, by which partner hubs and desks say that they have read an alert."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hub.dispatch.cap import NAMESPACE
from hub.dispatch.errors import PartnerAckError

_REQUIRED: Final = ("identifier", "sender", "sent", "scope")


@dataclass(frozen=True, slots=True)
class PartnerAck:
    """Of which messages it is, each as `sender,identifier,sent`, and whether it is meant (CAP's status)."""

    references: frozenset[str]
    status: str


def read_ack(document: bytes) -> PartnerAck:
    """Read one, without expanding any entity. Raises PartnerAckError."""
    try:
        root = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise PartnerAckError("This is no XML that can be read. Send a message of CAP 1.2.") from error
    if root.tag != _tag("alert") or not all(_text(root, name) for name in _REQUIRED):
        raise PartnerAckError("This is no message of CAP 1.2. Send one with identifier, sender, sent and scope.")
    if _text(root, "msgType") != "Ack":
        raise PartnerAckError("Only messages of the type Ack are taken here. Telephone the desk with anything else.")
    return PartnerAck(frozenset(_text(root, "references").split()), _text(root, "status"))


def _text(root: Element, name: str) -> str:
    found = root.findall(_tag(name))
    return (found[0].text or "").strip() if len(found) == 1 else ""


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
