"""The names that the hub's TUF repository gives to roles and targets, built and parsed here alone.

role   slices/<hub>/<slice>                        delegated by targets; signs one slice
target slices/<hub>/<slice>/<sequence>.segment     its encrypted segments
target keyrings/<hub>/<unit>.keyring               signed by targets; sealed to the unit
"""

import re

from protocol.errors import FieldError
from protocol.ids import SliceName, UnitId, parse_slice_name

_SEGMENT = re.compile(r"slices/([^/]+/[^/]+)/([1-9][0-9]{0,8})\.segment")


def slice_role(name: SliceName) -> str:
    """The TUF role that signs a slice."""
    return f"slices/{name}"


def segment_path(name: SliceName, sequence: int) -> str:
    """The target path of a slice's segment."""
    return f"slices/{name}/{sequence}.segment"


def parse_segment_path(path: str) -> tuple[SliceName, int]:
    """The slice and sequence that a segment's path names. Raises FieldError or InvalidIdError."""
    match = _SEGMENT.fullmatch(path)
    if match is None:
        raise FieldError("A target of a slice that is not named as a segment.")
    return parse_slice_name(match[1]), int(match[2])


def keyring_path(unit: UnitId) -> str:
    """The target path of a unit's keyring."""
    return f"keyrings/{unit}.keyring"
