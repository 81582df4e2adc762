"""Every sentence of an alert, in English; hub/locale holds the others. What stands in braces is filled in."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from hub.languages import LANGUAGES

ENGLISH: Final = "en"
_LOCALE: Final = Path(__file__).parents[1] / "locale"


class Text(StrEnum):
    """What a message, a document or a page of an alert says. Each catalogue must have every one of them."""

    TITLE = "Missing Child Alert, reference {reference}"
    TITLE_FOLLOW_UP = "Follow-up: Missing Child Alert, reference {reference}"
    TITLE_RECALL = "RECALLED: Missing Child Alert, reference {reference}"
    EXERCISE = "EXERCISE"
    TEST = "TEST"
    NOT_REAL = "This is not a real case."
    MATCH = "Two reviewers have confirmed a match. Reference: {reference}."
    BROADCAST = "A child is missing. Two people have checked the report. Reference: {reference}."
    FOLLOW_UP = (
        "What has become of this alert? Its case is still open. Reference: {reference}. Please tell the issuing desk."
    )
    RECALL = (
        "This alert no longer holds. Reference: {reference}. Do nothing because of it, and tell everyone to whom you"
        " passed it on."
    )
    HISTORICAL = "Historical: photographed {time}. The child may no longer be there."
    SITE = "Site: {site}"
    CASE = "Case: {case}"
    MAYBE_TWICE = "You may have received this message before."
    OPEN = "Open the alert (sign-in needed): {link}"
    CONFIRM_LINK = "Confirm that you have read this: {link}"
    CONFIRM_REPLY = "Or reply: ACK {code}"
    DISCRETION = (
        "Or telephone the issuing desk and give the reference. Please do not forward this message, and do not write"
        " names or details of the child in a reply."
    )
    CAP_EVENT_MATCH = "Missing child: match confirmed"
    CAP_EVENT_BROADCAST = "Missing child: please look out"
    CAP_HEADLINE_MATCH = "Reference {reference}: two reviewers confirmed a match with case {case}"
    CAP_HEADLINE_BROADCAST = "Reference {reference}: a child is missing"
    CAP_HEADLINE_LATE = "Historical: {headline}"
    CAP_AUDIENCE = "Police and child-protection officers"
    CAP_MATCH = (
        "Two reviewers have, independently of each other, judged that the person of this intake is the person of the"
        " case. That is a judgement of photographs. It is no proof of identity."
    )
    CAP_BROADCAST = (
        "A child of this case is missing. The source of the report was verified, what supports it was recorded, and a"
        " second person has checked both."
    )
    CAP_INSTRUCTION = (
        "Telephone the issuing desk and give the reference. Establish the person's identity on the spot before anything"
        " else is decided. Let nobody who accompanies the child learn of the reason."
    )
    PAGE_TITLE = "Confirm that you have read the alert"
    PAGE_BUTTON = "I have read it"
    PAGE_THANKS = "Thank you. The issuing desk knows now that you have read it."


def say(language: str, text: Text, values: Mapping[str, str] | None = None) -> str:
    """A text in a language, with its values. English stands for what a catalogue should lack; a test allows none to."""
    return _catalogue(language).get(text, text).format(**(values or {}))


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    if language == ENGLISH or language not in LANGUAGES:
        return {}
    with (_LOCALE / language / "LC_MESSAGES" / "alerts.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id and one.string}
