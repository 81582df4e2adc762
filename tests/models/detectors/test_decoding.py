"""Numbers of a network's outputs become boxes and points at the right place."""

import numpy as np
import pytest

from models.detectors import centerface, yunet
from models.detectors.face import Candidates, FloatArray, best_apart, fit

SIZE = (64, 96)


def test_centerface_peak_becomes_a_box_and_points() -> None:
    outputs = {
        name: np.zeros((1, planes, 16, 24), np.float32)
        for name, planes in (("heatmap", 1), ("scale", 2), ("offset", 2), ("landmarks", 10))
    }
    outputs["heatmap"][0, 0, 5, 7] = 0.9
    outputs["scale"][0, :, 5, 7] = np.log([8, 6])  # 32 pixels high, 24 wide.
    outputs["offset"][0, :, 5, 7] = (0.25, -0.25)
    outputs["landmarks"][0, :, 5, 7] = [0.3, 0.2, 0.3, 0.8, 0.5, 0.5, 0.8, 0.25, 0.8, 0.75]
    found = centerface.decode(outputs, SIZE, 0.5)
    centre_y, centre_x = (5 + 0.75) * 4, (7 + 0.25) * 4
    assert found.boxes == pytest.approx(
        np.array([[centre_x - 12, centre_y - 16, centre_x + 12, centre_y + 16]]), abs=1e-4
    )
    assert found.landmarks[0, 1] == pytest.approx([centre_x - 12 + 0.8 * 24, centre_y - 16 + 0.3 * 32], abs=1e-4)
    assert found.scores == pytest.approx([0.9])


def test_yunet_cell_becomes_a_box_and_points_on_each_grid() -> None:
    outputs = _empty_yunet()
    cell, row, column = 16, 2, 3
    index = row * (SIZE[1] // cell) + column
    outputs[f"cls_{cell}"][0, index] = 0.81
    outputs[f"obj_{cell}"][0, index] = 1.0
    outputs[f"bbox_{cell}"][0, index] = [0.5, 0.25, np.log(2), np.log(3)]
    outputs[f"kps_{cell}"][0, index] = np.arange(10) / 10
    found = yunet.decode(outputs, SIZE, 0.5)
    centre_x, centre_y = (3 + 0.5) * 16, (2 + 0.25) * 16
    assert found.scores == pytest.approx([0.9])
    assert found.boxes == pytest.approx(
        np.array([[centre_x - 16, centre_y - 24, centre_x + 16, centre_y + 24]]), abs=1e-4
    )
    assert found.landmarks[0, 4] == pytest.approx([(3 + 0.8) * 16, (2 + 0.9) * 16], abs=1e-4)


def test_no_peak_gives_no_face() -> None:
    assert best_apart(yunet.decode(_empty_yunet(), SIZE, 0.5), 0.3, 1.0) == []


def test_of_overlapping_boxes_only_the_best_stays_and_scale_is_undone() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [30, 0, 50, 20]], np.float32)
    found = Candidates(boxes, np.zeros((3, 5, 2), np.float32), np.array([0.7, 0.9, 0.6], np.float32))
    large, small = best_apart(found, 0.3, scale=0.5)
    assert large.box == pytest.approx((60, 0, 100, 40))
    assert small.box == pytest.approx((2, 2, 22, 22))
    assert small.score == pytest.approx(0.9)


def test_picture_is_scaled_down_only_and_padded_to_what_the_network_takes() -> None:
    large, small = np.full((500, 1000, 3), 9, np.uint8), np.full((20, 40, 3), 9, np.uint8)
    for image, max_side, fixed, shape, factor in (
        (large, 320, None, (160, 320, 3), 0.32),
        (small, 320, None, (32, 64, 3), 1.0),
        (large, 640, (64, 640), (64, 640, 3), 0.128),
    ):
        fitted, scale = fit(image, max_side, 32, fixed)
        assert (fitted.shape, scale) == (shape, factor)
    assert not fit(small, 320, 32, None)[0][20:].any()


def _empty_yunet() -> dict[str, FloatArray]:
    outputs: dict[str, FloatArray] = {}
    for cell in (8, 16, 32):
        cells = (SIZE[0] // cell) * (SIZE[1] // cell)
        for name, values in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            outputs[f"{name}_{cell}"] = np.zeros((1, cells, values), np.float32)
    return outputs
