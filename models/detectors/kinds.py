"""The kinds of detector a manifest may name, and the one way to run any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import onnxruntime

from models.detectors import centerface, yunet
from models.detectors.face import Candidates, Face, FloatArray, best_apart, fit
from models.errors import PackRejectedError
from models.images import RgbImage
from models.manifest import Detector

__all__ = ["KINDS", "FaceDetector", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs from one detector network to another.

    `decode` gets the outputs by name, the input's (height, width) and the lowest score of interest.
    """

    outputs: tuple[str, ...]
    stride: int
    prepare: Callable[[RgbImage], FloatArray]
    decode: Callable[[Mapping[str, FloatArray], tuple[int, int], float], Candidates]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "centerface": Kind(centerface.OUTPUTS, centerface.INPUT_STRIDE, centerface.prepare, centerface.decode),
        "yunet": Kind(yunet.OUTPUTS, yunet.INPUT_STRIDE, yunet.prepare, yunet.decode),
    }
)


class FaceDetector:
    """Finds faces in pictures of any size with one network."""

    def __init__(self, session: onnxruntime.InferenceSession, settings: Detector) -> None:
        """Raise PackRejectedError where the network is not of the kind the manifest says."""
        self._session = session
        self._settings = settings
        self._kind = KINDS[settings.kind]
        missing = set(self._kind.outputs) - {output.name for output in session.get_outputs()}
        if missing or len(session.get_inputs()) != 1:
            raise PackRejectedError(f"{settings.file} is not a {settings.kind} detector")
        (network_input,) = session.get_inputs()
        self._input = network_input.name
        self._fixed = _fixed_size(network_input.shape)

    def detect(self, image: RgbImage) -> list[Face]:
        """Faces in an RGB picture (height, width, 3) uint8, largest first; an empty list where none is."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"an image is (height, width, 3) uint8, not {image.shape} {image.dtype}")
        fitted, scale = fit(image, self._settings.max_side, self._kind.stride, self._fixed)
        values = self._session.run(self._kind.outputs, {self._input: self._kind.prepare(fitted)})
        outputs = dict(zip(self._kind.outputs, values, strict=True))
        found = self._kind.decode(outputs, fitted.shape[:2], self._settings.min_score)
        return best_apart(found, self._settings.max_overlap, scale)


def _fixed_size(shape: list[int | str | None]) -> tuple[int, int] | None:
    """(height, width) where the network takes no other; None where its sides are free."""
    height, width = shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None
