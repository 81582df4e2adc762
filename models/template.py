"""Templates: what is compared instead of faces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import PackMismatchError, TemplateRejectedError

__all__ = ["Template", "similarity", "template_from_bytes", "template_of"]

# Float32 arithmetic keeps a vector of a few hundred values well within this of unit length.
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Template:
    """A face as a unit vector (d,), read-only float32, in the embedding space that pack_digest names.

    It has no useful repr on purpose: a template identifies a person and must not reach a log.
    """

    vector: NDArray[np.float32]
    pack_digest: str

    def __post_init__(self) -> None:
        vector = self.vector
        if vector.ndim != 1 or vector.dtype != np.float32 or not vector.size:
            raise TemplateRejectedError("A template is a row of 32-bit numbers.")
        if not np.isfinite(vector).all() or abs(float(np.linalg.norm(vector)) - 1) > _LENGTH_TOLERANCE:
            raise TemplateRejectedError("A template is a vector of unit length; this one is not.")
        if vector.flags.writeable:
            vector = vector.copy()
            vector.flags.writeable = False
            object.__setattr__(self, "vector", vector)

    def to_bytes(self) -> bytes:
        """The vector as little-endian float32, 4 bytes a value."""
        return self.vector.astype("<f4", copy=False).tobytes()


def template_of(values: NDArray[np.floating], pack_digest: str) -> Template:
    """Bring a network's values (d,) to unit length. Raises TemplateRejectedError where they have none."""
    wide = values.astype(np.float64)
    length = float(np.linalg.norm(wide))
    if not np.isfinite(length) or length == 0:
        raise TemplateRejectedError("No template can be made from this picture.")
    return Template((wide / length).astype(np.float32), pack_digest)


def template_from_bytes(data: bytes, pack_digest: str, dimension: int) -> Template:
    """Read `to_bytes` back. Raises TemplateRejectedError unless it is a unit vector of that dimension."""
    if len(data) != dimension * 4:
        raise TemplateRejectedError(f"A template of this pack is {dimension * 4} bytes, not {len(data)}.")
    return Template(np.frombuffer(data, "<f4").astype(np.float32), pack_digest)


def similarity(a: Template, b: Template) -> float:
    """Cosine of the angle between two templates, -1 to 1.

    Raises PackMismatchError where they come from different embedding spaces. The value is raw: what it
    means depends on age and on the pack, so decisions are made on normalised and calibrated scores.
    """
    if a.pack_digest != b.pack_digest:
        raise PackMismatchError(
            "These templates were made by different recognition packs and cannot be compared. "
            "Make both again with the same pack."
        )
    return float(np.clip(a.vector @ b.vector, -1.0, 1.0))
