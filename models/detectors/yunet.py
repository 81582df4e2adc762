"""YuNet (Wu et al., doi:10.1007/s11633-023-1423-y): one face per cell on three grids."""

from collections.abc import Mapping

import numpy as np

from models.detectors.face import Candidates, FloatArray
from models.images import RgbImage

__all__ = ["INPUT_STRIDE", "OUTPUTS", "decode", "prepare"]

_CELLS = (8, 16, 32)  # Pixels of the input per cell of each grid.
OUTPUTS = tuple(f"{what}_{cell}" for what in ("cls", "obj", "bbox", "kps") for cell in _CELLS)
INPUT_STRIDE = 32


def prepare(image: RgbImage) -> FloatArray:
    """Network input (1, 3, h, w): BGR from 0 to 255, h and w multiples of INPUT_STRIDE."""
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)


def decode(outputs: Mapping[str, FloatArray], size: tuple[int, int], min_score: float) -> Candidates:
    """Faces above min_score in input pixels; `size` is the input's (h, w).

    Per grid, rows first: class and object confidences (1, n, 1), whose geometric mean is the score;
    boxes (1, n, 4) as the centre's x, y from the cell and logarithms of width and height, in cells;
    landmarks (1, n, 10) as x, y pairs from the cell, in cells.
    """
    grids = [_grid(outputs, cell, size[1] // cell, min_score) for cell in _CELLS]
    return Candidates(
        np.concatenate([grid.boxes for grid in grids]),
        np.concatenate([grid.landmarks for grid in grids]),
        np.concatenate([grid.scores for grid in grids]),
    )


def _grid(outputs: Mapping[str, FloatArray], cell: int, columns: int, min_score: float) -> Candidates:
    likely = np.clip(outputs[f"cls_{cell}"][0, :, 0], 0, 1) * np.clip(outputs[f"obj_{cell}"][0, :, 0], 0, 1)
    scores = np.sqrt(likely)
    (found,) = np.nonzero(scores > min_score)
    corner = np.stack([found % columns, found // columns], axis=1)
    box = outputs[f"bbox_{cell}"][0, found]
    centre = (corner + box[:, :2]) * cell
    half = np.exp(box[:, 2:]) * cell / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    points = (outputs[f"kps_{cell}"][0, found].reshape(-1, 5, 2) + corner[:, None]) * cell
    return Candidates(boxes.astype(np.float32), points.astype(np.float32), scores[found])
