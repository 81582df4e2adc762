"""CAP documents, against the OASIS schema and the rules that a schema cannot say."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import hub
from hub.dispatch.atom import atom_index
from hub.dispatch.cap import NAMESPACE, AlertNameError, cap_document, cap_time
from hub.dispatch.message import Confirmation, Letter, letter
from hub.dispatch.model import Alert, AlertId, AlertMessage, AlertSettings, AlertStatus, MessageId, MessageKind
from hub.dispatch.recipient import Channel, Grade, NewRecipient, Reach, Recipient, RecipientId, RecipientKind
from hub.dispatch.texts import Text
from hub.ingest.capture_time import CaptureTime
from hub.languages import LANGUAGES
from hub.languages import language as code
from hub.moments import Moments
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


def said(one: Alert, kind: MessageKind = MessageKind.ALERT, number: int = 1) -> AlertMessage:
    return AlertMessage(MessageId(f"{number:015x}{len(kind) % 16:x}"), one, kind, number, one.raised_at)


def recipient(grade: Grade = Grade.REFERENCE, channel: Channel = Channel.EMAIL, language: str = "en") -> Recipient:
    new = NewRecipient("Desk", "", RecipientKind.POLICE_DESK, Reach.COUNTRY, "bd", grade, language)
    return Recipient(RecipientId("1" * 16), new, "desk@police.example", channel, 0, None)


def written(one: Alert, to: Recipient | None = None, kind: MessageKind = MessageKind.ALERT) -> Letter:
    return letter(
        said(one, kind), to or recipient(), SETTINGS, Confirmation("https://desk.example/acknowledge/t", "ABCDEFGH")
    )


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
    schema().validate(cap_document(said(alert(reference, status, at)), settings))


def test_alert_of_a_late_sighting_reads_as_if_the_child_stood_there_now() -> None:
    late = replace(alert(), historical=CaptureTime.exact(1_795_010_640_000, 1_795_341_600_000))
    document = cap_document(said(late), SETTINGS)
    schema().validate(document)
    assert texts(document, "urgency") == ["Expected"] * len(LANGUAGES)
    assert "Historical: photographed 18 Nov 2026, 14:04 UTC." in texts(document, "description")[0]
    assert texts(document, "headline")[0].startswith("Historical: ")
    assert "Historical: photographed 18 Nov 2026, 14:04 UTC." in written(late).body
    assert "istorical" not in cap_document(said(alert()), SETTINGS).decode() + written(alert()).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_uncertain_time_of_a_photograph_is_told_in_another_language_than_the_rest(language: str) -> None:
    time = CaptureTime(1_795_010_640_000, 1_795_010_640_000, 1_795_341_600_000, historical=True, uncertain=True)
    late = replace(alert(), historical=time)
    words = Moments(code(language)).captured(time)
    assert words in written(late, recipient(language=language)).body
    assert words in texts(cap_document(said(late), SETTINGS), "description")[list(LANGUAGES).index(language)]
    assert ("between" in words) is (language == "en")


def test_identifier_and_sender_hold_none_of_the_forbidden_characters() -> None:
    document = cap_document(said(alert()), SETTINGS)
    for name in ("identifier", "sender"):
        (text,) = texts(document, name)
        assert text
        assert not re.search(r"[\s,<&]", text)


@pytest.mark.parametrize("sender", ["", "the desk", "desk,jashore", "a<b", "a&b"])
def test_sender_that_the_standard_forbids_is_refused_with_a_word_to_the_technician(sender: str) -> None:
    settings = AlertSettings(HubId("bd"), "https://desk.example", sender, "Desk", AlertStatus.ACTUAL)
    with pytest.raises(AlertNameError, match="sender"):
        cap_document(said(alert()), settings)


def test_time_in_utc_is_written_with_minus_zero_and_never_with_z() -> None:
    assert cap_time(1_795_341_600_999) == "2026-11-22T10:00:00-00:00"


def test_restricted_scope_comes_with_its_restriction_and_no_addresses() -> None:
    document = cap_document(said(alert()), SETTINGS)
    assert texts(document, "scope") == ["Restricted"]
    assert len(texts(document, "restriction")) == 1
    assert texts(document, "addresses") == []


def test_first_message_refers_to_no_earlier_one() -> None:
    document = cap_document(said(alert()), SETTINGS)
    assert texts(document, "msgType") == ["Alert"]
    assert texts(document, "references") == []


@pytest.mark.parametrize("status", AlertStatus)
def test_exercise_is_never_taken_for_an_actual_alert(status: AlertStatus) -> None:
    one = alert(status=status)
    message = written(one)
    assert texts(cap_document(said(one), SETTINGS), "status") == [status]
    assert message.title.startswith(status.upper()) == (status is not AlertStatus.ACTUAL)
    assert ("not a real case" in message.body) == (status is not AlertStatus.ACTUAL)


def test_headline_is_short_enough_for_every_display_and_links_to_the_console() -> None:
    document = cap_document(said(alert()), SETTINGS)
    line, *others = texts(document, "headline")
    assert "7Q2M-FX4K" in line
    assert all(len(one) <= 160 for one in [line, *others])  # What the standard suggests for small displays.
    assert set(texts(document, "web")) == {"https://desk.example:8443/alerts/0123456789abcdef"}


def test_alert_carries_no_picture_and_no_place_but_the_site_s_identifier() -> None:
    document = cap_document(said(alert()), SETTINGS)
    for name in ("resource", "polygon", "circle", "geocode"):
        assert texts(document, name) == []
    assert set(texts(document, "areaDesc")) == {"bd/benapole"}


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [MessageKind.ALERT, MessageKind.FOLLOW_UP, MessageKind.RECALL])
def test_message_says_more_than_the_recipient_s_grade_allows(
    channel: Channel, language: str, kind: MessageKind
) -> None:
    site, case = "bd/benapole", "bd/c-7q2mfx4k"
    for grade, shown in ((Grade.REFERENCE, ()), (Grade.PLACE, (site,)), (Grade.CASE, (site, case))):
        one = written(alert(), recipient(grade, channel, language), kind)
        whole = one.title + one.body
        assert "7Q2M-FX4K" in whole
        assert "https://desk.example/acknowledge/t" in one.body
        assert [text for text in (site, case) if text in whole] == list(shown)


def test_follower_does_not_name_what_it_follows_and_does_not_validate() -> None:
    first, follow_up = said(alert()), said(alert(), MessageKind.FOLLOW_UP)
    for kind, word in (
        (MessageKind.FOLLOW_UP, "Update"),
        (MessageKind.RECALL, "Cancel"),
        (MessageKind.ACKNOWLEDGEMENT, "Ack"),
    ):
        document = cap_document(said(alert(), kind, 3), SETTINGS, [first, follow_up])
        schema().validate(document)
        assert texts(document, "msgType") == [word]
        (references,) = texts(document, "references")
        assert references.split(" ")[0] == f"bd@desk.example,bd-alert-{first.id},2026-11-22T10:00:00-00:00"
        assert len(references.split(" ")) == 2


def test_one_of_the_languages_is_missing_from_a_document() -> None:
    document = cap_document(said(alert()), SETTINGS)
    assert texts(document, "language") == list(LANGUAGES)
    assert len(set(texts(document, "description"))) == len(LANGUAGES)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_text_lacks_a_translation_or_one_of_its_values(language: str) -> None:
    path = Path(hub.__file__).parent / "locale" / language / "LC_MESSAGES" / "alerts.po"
    with path.open("rb") as file:
        catalogue = {str(one.id): str(one.string) for one in read_po(file) if one.id and not one.fuzzy}
    assert set(catalogue) == set(Text)
    for text, translated in catalogue.items():
        assert translated not in ("", text)
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", translated))


def test_index_lists_newest_first_with_links_to_the_documents() -> None:
    newer, older = alert(), Alert(AlertId("a" * 16), "r", CaseId("bd/c-1"), "OLD", SiteId("bd/s"), AlertStatus.TEST, 5)
    index = ET.fromstring(atom_index([(said(newer), 9_000), (said(older, number=2), 5_000)], SETTINGS, 0))
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert index.findtext("a:updated", namespaces=atom) == "1970-01-01T00:00:09Z"
    links = [entry.attrib["href"] for entry in index.findall("a:entry/a:link[@rel='alternate']", atom)]
    assert links == [
        f"https://desk.example:8443/alert-messages/{one.id}/cap.xml" for one in (said(newer), said(older, number=2))
    ]
    for element in ("a:id", "a:title", "a:author/a:name"):
        assert index.findtext(element, namespaces=atom)


def test_index_without_alerts_is_a_feed_all_the_same() -> None:
    index = ET.fromstring(atom_index([], SETTINGS, 7_000))
    assert index.findtext("{http://www.w3.org/2005/Atom}updated") == "1970-01-01T00:00:07Z"
