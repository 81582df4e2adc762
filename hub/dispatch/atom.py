"""The index of the feed (Atom, RFC 4287): which messages there are, newest first. References only."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from hub.clock import moment
from hub.dispatch.cap import MEDIA_TYPE, headline, place
from hub.dispatch.model import AlertMessage, AlertSettings, MessageKind

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_PREFIXES: Final = {
    MessageKind.ALERT: "",
    MessageKind.FOLLOW_UP: "Follow-up: ",
    MessageKind.RECALL: "Recalled: ",
    MessageKind.ACKNOWLEDGEMENT: "Acknowledged: ",
}


def atom_index(entries: Sequence[tuple[AlertMessage, int]], settings: AlertSettings, at: int) -> bytes:
    """The feed's index: `entries` are messages with their moments of publication; `at` counts where there are none."""
    address = f"{settings.console_url.rstrip('/')}/feed.atom"
    root = ET.Element("feed", {"xmlns": NAMESPACE})
    _add(root, "id", address)
    _add(root, "title", f"Alerts of {settings.sender_name}")
    _add(root, "updated", _time(max((published for _, published in entries), default=at)))
    author = ET.SubElement(root, "author")
    _add(author, "name", settings.sender_name)
    _link(root, "self", address, "application/atom+xml")
    for message, published in entries:
        alert, document = message.alert, f"{settings.console_url.rstrip('/')}/alert-messages/{message.id}/cap.xml"
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", document)
        _add(entry, "title", _PREFIXES[message.kind] + headline(alert))
        _add(entry, "updated", _time(published))
        _add(entry, "summary", f"{alert.status}. Site {place(alert, settings)}.")
        _link(entry, "alternate", document, MEDIA_TYPE)
        _link(entry, "related", f"{document}.sig", "application/octet-stream")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _link(parent: ET.Element, relation: str, address: str, media_type: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "href": address, "type": media_type})


def _time(at: int) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
