"""Recordings of the consent text, where an installation provides some: `bn.ogg` and the like in one folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from protocol.basis import Language

MEDIA_TYPES: Final[Mapping[str, str]] = {".ogg": "audio/ogg", ".mp3": "audio/mpeg", ".wav": "audio/wav"}


def recording(folder: Path | None, language: Language) -> Path | None:
    """Of the text in this language; None where there is none."""
    if folder is None:
        return None
    return next((path for end in MEDIA_TYPES if (path := folder / f"{language}{end}").is_file()), None)
