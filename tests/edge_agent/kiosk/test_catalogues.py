"""The screen's words: a sentence that is missing, doubtful, left over or without its number in one of the languages."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import edge_agent.kiosk
from edge_agent.supervision.explanations import EXPLANATIONS
from models.quality import LIMITS
from protocol.basis import Language

ROOM = Path(edge_agent.kiosk.__file__).parent
GUIDANCE = {limit.advice for limit in LIMITS.values()} | {"one person alone before the camera", "look here"}
FAULTS = {explanation.staff for explanation in EXPLANATIONS.values()}
_PLACE = re.compile(r"%\(\w+\)s")


def said_in_english() -> set[str]:
    found = extract_from_dir(
        str(ROOM),
        [("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"silent": "false"}},
        keywords={"_": None, "marked": None, "say": (2,)},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)} | GUIDANCE | FAULTS


def catalogue(language: Language) -> list[Message]:
    with (ROOM / "locale" / language / "LC_MESSAGES" / "kiosk.po").open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


@pytest.mark.parametrize("language", [one for one in Language if one is not Language.ENGLISH])
def test_sentence_is_missing_or_left_over_in_a_language(language: Language) -> None:
    messages = catalogue(language)
    assert {message.id for message in messages} == said_in_english()
    for message in messages:
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert sorted(_PLACE.findall(str(message.id))) == sorted(_PLACE.findall(str(message.string))), message.id
        assert message.string != message.id, message.id


def test_letters_of_another_script_stand_in_a_translation() -> None:
    scripts = {Language.BANGLA: "\u0980-\u09ff", Language.HINDI: "\u0900-\u097f", Language.NEPALI: "\u0900-\u097f"}
    for language, letters in scripts.items():
        allowed = re.compile(rf"[{letters}\u0964\u0965\u200c\u200d\s\d.,:;?()%–-]+")
        for message in catalogue(language):
            text = _PLACE.sub("", str(message.string))
            assert allowed.fullmatch(text), text
