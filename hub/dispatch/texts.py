"""Every sentence of an alert, in English; hub/locale holds the others. What stands in braces is filled in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from hub.languages import LANGUAGES

ENGLISH: Final = "en"
_LOCALE: Final = Path(__file__).parents[1] / "locale"

TITLE: Final = "Missing Child Alert, reference {reference}"
TITLE_FOLLOW_UP: Final = "Follow-up: Missing Child Alert, reference {reference}"
TITLE_RECALL: Final = "RECALLED: Missing Child Alert, reference {reference}"
EXERCISE: Final = "EXERCISE"
TEST: Final = "TEST"
NOT_REAL: Final = "This is not a real case."
MATCH: Final = "Two reviewers have confirmed a match. Reference: {reference}."
BROADCAST: Final = "A child is missing. Two people have checked the report. Reference: {reference}."
FOLLOW_UP: Final = (
    "What has become of this alert? Its case is still open. Reference: {reference}. Please tell the issuing desk."
)
RECALL: Final = (
    "This alert no longer holds. Reference: {reference}. Do nothing because of it, and tell everyone to whom you"
    " passed it on."
)
HISTORICAL: Final = "Historical: photographed {time}. The child may no longer be there."
SITE: Final = "Site: {site}"
CASE: Final = "Case: {case}"
MAYBE_TWICE: Final = "You may have received this message before."
OPEN: Final = "Open the alert (sign-in needed): {link}"
CONFIRM_LINK: Final = "Confirm that you have read this: {link}"
CONFIRM_REPLY: Final = "Or reply: ACK {code}"
DISCRETION: Final = (
    "Or telephone the issuing desk and give the reference. Please do not forward this message, and do not write names"
    " or details of the child in a reply."
)
CAP_EVENT_MATCH: Final = "Missing child: match confirmed"
CAP_EVENT_BROADCAST: Final = "Missing child: please look out"
CAP_HEADLINE_MATCH: Final = "Reference {reference}: two reviewers confirmed a match with case {case}"
CAP_HEADLINE_BROADCAST: Final = "Reference {reference}: a child is missing"
CAP_HEADLINE_LATE: Final = "Historical: {headline}"
CAP_AUDIENCE: Final = "Police and child-protection officers"
CAP_MATCH: Final = (
    "Two reviewers have, independently of each other, judged that the person of this intake is the person of the"
    " case. That is a judgement of photographs. It is no proof of identity."
)
CAP_BROADCAST: Final = (
    "A child of this case is missing. The source of the report was verified, what supports it was recorded, and a"
    " second person has checked both."
)
CAP_INSTRUCTION: Final = (
    "Telephone the issuing desk and give the reference. Establish the person's identity on the spot before anything"
    " else is decided. Let nobody who accompanies the child learn of the reason."
)
PAGE_TITLE: Final = "Confirm that you have read the alert"
PAGE_BUTTON: Final = "I have read it"
PAGE_THANKS: Final = "Thank you. The issuing desk knows now that you have read it."

TEXTS: Final = tuple(
    value
    for name, value in sorted(globals().items())
    if name.isupper() and name != "ENGLISH" and isinstance(value, str)
)
"""Each text that a catalogue must have."""


def say(language: str, text: str, values: Mapping[str, str] | None = None) -> str:
    """A text in a language, with its values. English stands for what a catalogue should lack; a test allows none to."""
    return _catalogue(language).get(text, text).format(**(values or {}))


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    if language == ENGLISH or language not in LANGUAGES:
        return {}
    with (_LOCALE / language / "LC_MESSAGES" / "alerts.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id and one.string}
