"""CAP documents, against the OASIS schema and the rules that a schema cannot say."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

import hub
from hub.dispatch.atom import atom_index
from hub.dispatch.cap import NAMESPACE, AlertNameError, cap_document, cap_time
from hub.dispatch.message import alert_message
from hub.dispatch.model import Alert, AlertId, AlertSettings, AlertStatus
from protocol.ids import CaseId, HubId, SiteId

SCHEMA = Path(hub.__file__).parent / "schemas" / "CAP-v1.2.xsd"
SETTINGS = AlertSettings(
    HubId("bd"), "https://desk.example:8443/", "bd@desk.example", "Desk of Jashore & Benapole", AlertStatus.ACTUAL
)


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def alert(reference: str = "7Q2M-FX4K", status: AlertStatus = AlertStatus.ACTUAL, at: int = 1_795_341_600_000) -> Alert:
    case, site = CaseId("bd/c-7q2mfx4k"), SiteId("bd/benapole")
    return Alert(AlertId("0123456789abcdef"), "fedcba9876543210", case, reference, site, status, at)


def texts(document: bytes, name: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(document).iter(f"{{{NAMESPACE}}}{name}")]


@given(
    reference=st.text(max_size=16),
    status=st.sampled_from(AlertStatus),
    at=st.integers(0, 4_000_000_000_000),
    name=st.text(max_size=60),
)
def test_no_reference_time_or_name_makes_an_invalid_alert(
    reference: str, status: AlertStatus, at: int, name: str
) -> None:
    settings = AlertSettings(HubId("bd"), "https://desk.example", "bd@desk.example", name, status)
    schema().validate(cap_document(alert(reference, status, at), settings))


def test_alert_of_a_late_sighting_reads_as_if_the_child_stood_there_now() -> None:
    late = replace(alert(), historical="18 Nov 2026, 14:04 UTC")
    document = cap_document(late, SETTINGS)
    schema().validate(document)
    assert texts(document, "urgency") == ["Expected"]
    assert "Historical: photographed 18 Nov 2026, 14:04 UTC." in texts(document, "description")[0]
    assert texts(document, "headline")[0].startswith("Historical: ")
    assert "Historical: photographed 18 Nov 2026, 14:04 UTC." in alert_message(late, SETTINGS).body
    assert "istorical" not in cap_document(alert(), SETTINGS).decode() + alert_message(alert(), SETTINGS).body


def test_identifier_and_sender_hold_none_of_the_forbidden_characters() -> None:
    document = cap_document(alert(), SETTINGS)
    for name in ("identifier", "sender"):
        (text,) = texts(document, name)
        assert text
        assert not re.search(r"[\s,<&]", text)


@pytest.mark.parametrize("sender", ["", "the desk", "desk,jashore", "a<b", "a&b"])
def test_sender_that_the_standard_forbids_is_refused_with_a_word_to_the_technician(sender: str) -> None:
    settings = AlertSettings(HubId("bd"), "https://desk.example", sender, "Desk", AlertStatus.ACTUAL)
    with pytest.raises(AlertNameError, match="sender"):
        cap_document(alert(), settings)


def test_time_in_utc_is_written_with_minus_zero_and_never_with_z() -> None:
    assert cap_time(1_795_341_600_999) == "2026-11-22T10:00:00-00:00"


def test_restricted_scope_comes_with_its_restriction_and_no_addresses() -> None:
    document = cap_document(alert(), SETTINGS)
    assert texts(document, "scope") == ["Restricted"]
    assert len(texts(document, "restriction")) == 1
    assert texts(document, "addresses") == []


def test_first_message_refers_to_no_earlier_one() -> None:
    document = cap_document(alert(), SETTINGS)
    assert texts(document, "msgType") == ["Alert"]
    assert texts(document, "references") == []


@pytest.mark.parametrize("status", AlertStatus)
def test_exercise_is_never_taken_for_an_actual_alert(status: AlertStatus) -> None:
    one = alert(status=status)
    message = alert_message(one, SETTINGS)
    assert texts(cap_document(one, SETTINGS), "status") == [status]
    assert message.title.startswith(status.upper()) == (status is not AlertStatus.ACTUAL)
    assert ("not a real case" in message.body) == (status is not AlertStatus.ACTUAL)


def test_headline_is_short_enough_for_every_display_and_links_to_the_console() -> None:
    document = cap_document(alert(), SETTINGS)
    (line,) = texts(document, "headline")
    assert "7Q2M-FX4K" in line
    assert len(line) <= 160  # What the standard suggests for devices with small displays.
    assert texts(document, "web") == ["https://desk.example:8443/alerts/0123456789abcdef"]


def test_alert_carries_no_picture_and_no_place_but_the_site_s_identifier() -> None:
    document = cap_document(alert(), SETTINGS)
    for name in ("resource", "polygon", "circle", "geocode"):
        assert texts(document, name) == []
    assert texts(document, "areaDesc") == ["bd/benapole"]


def test_message_to_recipients_holds_the_reference_and_a_link_alone() -> None:
    message = alert_message(alert(), SETTINGS)
    assert "7Q2M-FX4K" in message.title
    assert "https://desk.example:8443/alerts/0123456789abcdef" in message.body
    for hidden in ("bd/benapole", "bd/c-7q2mfx4k", "benapole"):
        assert hidden not in message.title + message.body


def test_index_lists_newest_first_with_links_to_the_documents() -> None:
    newer, older = alert(), Alert(AlertId("a" * 16), "r", CaseId("bd/c-1"), "OLD", SiteId("bd/s"), AlertStatus.TEST, 5)
    index = ET.fromstring(atom_index([(newer, 9_000), (older, 5_000)], SETTINGS, 0))
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert index.findtext("a:updated", namespaces=atom) == "1970-01-01T00:00:09Z"
    links = [entry.attrib["href"] for entry in index.findall("a:entry/a:link", atom)]
    assert links == [
        "https://desk.example:8443/alerts/0123456789abcdef/cap.xml",
        f"https://desk.example:8443/alerts/{'a' * 16}/cap.xml",
    ]
    for element in ("a:id", "a:title", "a:author/a:name"):
        assert index.findtext(element, namespaces=atom)


def test_index_without_alerts_is_a_feed_all_the_same() -> None:
    index = ET.fromstring(atom_index([], SETTINGS, 7_000))
    assert index.findtext("{http://www.w3.org/2005/Atom}updated") == "1970-01-01T00:00:07Z"
