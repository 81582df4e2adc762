"""The morphological checklist that a reviewer works through before answering.

Features in the terms of FISWG's Facial Image Comparison Feature List for Morphological Analysis, which ASTM E3149
takes up: eight of its components, those that can be seen in most photographs of children.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from hub.review.errors import ChecklistError


class Feature(StrEnum):
    """A component of the face. The order is that of the page."""

    FACE_SHAPE = "face-shape"
    HAIR_LINE = "hair-line"
    BROWS = "brows"
    EYES = "eyes"
    NOSE = "nose"
    MOUTH = "mouth"
    EARS = "ears"
    MARKS = "marks"


class Seen(StrEnum):
    """What a reviewer sees of one component in the two photographs."""

    SIMILAR = "similar"
    DIFFERENT = "different"
    NOT_VISIBLE = "not-visible"


Checklist: TypeAlias = Mapping[Feature, Seen]


def require_complete(checklist: Checklist) -> None:
    """Raises ChecklistError where a component was left out."""
    missing = [feature for feature in Feature if feature not in checklist]
    if missing:
        raise ChecklistError(
            "Say first what you see of: {listed}. Choose '{not_visible}' where it cannot be seen.",
            listed=missing,
            not_visible=Seen.NOT_VISIBLE,
        )


def to_text(checklist: Checklist) -> str:
    """JSON, in the order of the features."""
    return json.dumps({str(feature): str(checklist[feature]) for feature in Feature if feature in checklist})


def from_text(text: str) -> dict[Feature, Seen]:
    """What `to_text` wrote."""
    return {Feature(feature): Seen(seen) for feature, seen in json.loads(text).items()}
