"""One line of what somebody wrote: names, places, reasons, in any script."""

from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Zero-width non-joiner and joiner: unseen, and a part of how Bangla, Hindi, Nepali and Urdu words are spelled."""


def is_line(text: str) -> bool:
    """Whether every character can be shown, in one line: no control, no change of direction, no line break."""
    return text.translate(dict.fromkeys(map(ord, _JOINERS))).isprintable()


def plain_line(text: str) -> str:
    """What somebody typed, in one line and without what nobody sees and keyboards add: marks of direction, controls."""
    seen = "".join(character for character in text if is_line(character) or character.isspace())
    return " ".join(seen.split())
