"""From aligned crops to the values of one network."""

from collections.abc import Sequence

import numpy as np
import onnxruntime

from models.detectors.face import FloatArray
from models.errors import PackRejectedError
from models.images import RgbImage
from models.manifest import Embedder

__all__ = ["EmbeddingNetwork"]

# Crops in one run of the network. More would not be faster on a small board, only larger in memory.
_BATCH = 8


class EmbeddingNetwork:
    """One embedder of a pack."""

    def __init__(self, session: onnxruntime.InferenceSession, settings: Embedder, crop_size: int) -> None:
        """Raise PackRejectedError where the network does not take and give what the manifest says."""
        self._session = session
        self._settings = settings
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or inputs[0].shape[1:] != [3, crop_size, crop_size]:
            raise PackRejectedError(f"{settings.file} does not take crops of {crop_size} pixels")
        if len(outputs) != 1 or outputs[0].shape[-1] != settings.dimension:
            raise PackRejectedError(f"{settings.file} does not give {settings.dimension} values")
        self._input = inputs[0].name
        # A network exported for single pictures is run once a picture.
        self._batch = 1 if isinstance(inputs[0].shape[0], int) else _BATCH

    def embed(self, crops: Sequence[RgbImage]) -> FloatArray:
        """Unit vectors (n, dimension) float32 of n crops (size, size, 3) uint8 RGB."""
        pixels = np.stack(crops)
        values = self._values(pixels)
        if self._settings.mirror:
            values += self._values(pixels[:, :, ::-1])
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        unit: FloatArray = values / np.maximum(lengths, 1e-12)
        return unit

    def _values(self, pixels: RgbImage) -> FloatArray:
        ordered = pixels if self._settings.channels == "rgb" else pixels[..., ::-1]
        planes = ordered.transpose(0, 3, 1, 2).astype(np.float32, order="C")
        planes -= np.float32(self._settings.mean)
        planes *= np.float32(self._settings.scale)
        parts = [planes[start : start + self._batch] for start in range(0, len(planes), self._batch)]
        return np.concatenate([self._session.run(None, {self._input: part})[0] for part in parts])
