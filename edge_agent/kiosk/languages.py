"""The screen's words in four languages: English is in the source, the others are gettext catalogues (Babel)."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from babel.messages.pofile import read_po

from protocol.basis import Language

NAMES: Final[Mapping[Language, str]] = {
    Language.ENGLISH: "English",
    Language.BANGLA: "বাংলা",
    Language.HINDI: "हिन्दी",
    Language.NEPALI: "नेपाली",
}
"""Each language in its own words."""


def marked(message: str) -> str:
    """The message as it is: marks a sentence for the catalogues where it is not shown yet."""
    return message


def say(language: Language, message: str, **values: object) -> str:
    """A sentence in a language, `%(name)s` filled in. A test allows no catalogue to lack one."""
    said = _catalogue(language).get(message, message)
    return said % values if values else said


@cache
def _catalogue(language: Language) -> Mapping[str, str]:
    if language is Language.ENGLISH:
        return {}
    path = files("edge_agent.kiosk").joinpath("locale", language, "LC_MESSAGES", "kiosk.po")
    with path.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id and one.string}
