"""CenterFace (Xu et al., arXiv:1911.03599): a face is a peak in a heat map."""

from collections.abc import Mapping

import numpy as np

from models.detectors.face import Candidates, FloatArray
from models.images import RgbImage

__all__ = ["INPUT_STRIDE", "OUTPUTS", "decode", "prepare"]

OUTPUTS = ("heatmap", "scale", "offset", "landmarks")
INPUT_STRIDE = 32
_CELL = 4  # Pixels of the input per cell of every output.


def prepare(image: RgbImage) -> FloatArray:
    """Network input (1, 3, h, w): RGB from 0 to 255, h and w multiples of INPUT_STRIDE."""
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32)


def decode(outputs: Mapping[str, FloatArray], size: tuple[int, int], min_score: float) -> Candidates:
    """Faces above min_score in input pixels; `size` is the input's (h, w).

    Heat map (1, 1, h, w) of scores; scale (1, 2, h, w) the logarithms of height and width in cells;
    offset (1, 2, h, w) the centre's y, x within its cell; landmarks (1, 10, h, w) as y, x pairs from
    the box's top left corner, in heights and widths of the box.
    """
    heatmap = outputs["heatmap"][0, 0, : size[0] // _CELL, : size[1] // _CELL]
    rows, columns = np.nonzero(heatmap > min_score)
    extent = np.exp(outputs["scale"][0, :, rows, columns]) * _CELL
    cells = np.stack([rows, columns], axis=1)
    centre = (cells + outputs["offset"][0, :, rows, columns] + 0.5) * _CELL
    corner = centre - extent / 2
    boxes = np.concatenate([corner[:, ::-1], (corner + extent)[:, ::-1]], axis=1)
    points = outputs["landmarks"][0, :, rows, columns].reshape(-1, 5, 2) * extent[:, None] + corner[:, None]
    return Candidates(boxes.astype(np.float32), points[:, :, ::-1].astype(np.float32), heatmap[rows, columns])
