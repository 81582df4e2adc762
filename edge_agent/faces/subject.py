"""Who in a picture the intake is about."""

from collections.abc import Sequence
from typing import Final

from faults import RejectedError
from models.detectors import Face

DOMINANCE: Final = 2.0
"""The subject's face covers at least this many times the area of any other: people behind a child are ignored."""


class NoFaceError(RejectedError):
    """Nobody's face can be seen."""


class SeveralFacesError(RejectedError):
    """It cannot be told which person the intake is about."""


def choose_subject(faces: Sequence[Face]) -> Face:
    """The one dominant face. Raises NoFaceError or SeveralFacesError."""
    if not faces:
        raise NoFaceError(
            "No face was found. Ask the person to face the camera, in light, with nothing over the face, and try again."
        )
    subject, *others = sorted(faces, key=lambda face: -face.area)
    if others and subject.area < DOMINANCE * others[0].area:
        raise SeveralFacesError(
            "More than one person is in the picture. Take it again with one person close to the camera."
        )
    return subject
