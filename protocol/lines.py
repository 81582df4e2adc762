"""One line of what somebody wrote: names, places, reasons, in any script."""

from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Zero-width non-joiner and joiner: unseen, and a part of how Bangla, Hindi, Nepali and Urdu words are spelled."""


def is_line(text: str) -> bool:
    """Whether every character can be shown, in one line: no control, no change of direction, no line break."""
    return text.translate(dict.fromkeys(map(ord, _JOINERS))).isprintable()
