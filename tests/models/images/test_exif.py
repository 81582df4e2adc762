"""A child photographed with the phone held sideways must still be found."""

import struct

import numpy as np
import pytest

from models.images import RgbImage, decode_image
from models.images.exif import orientation_of
from tests.models.images import files

UPRIGHT = files.scene()

# How a camera stores an upright scene under each EXIF orientation (EXIF 2.32, 4.6.4: which side of the
# picture the stored row 0 and column 0 are), written without numpy's rot90, which the decoder uses.
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: UPRIGHT.transpose(1, 0, 2)[::-1],
    7: UPRIGHT.transpose(1, 0, 2)[::-1, ::-1],
    8: UPRIGHT.transpose(1, 0, 2)[:, ::-1],
}


def _png(stored: RgbImage, block: bytes) -> bytes:
    return files.with_png_chunk(files.png(stored), b"eXIf", block)


def _webp(stored: RgbImage, block: bytes) -> bytes:
    chunk = files.webp_chunk(b"EXIF", block)
    return files.extended_webp(files.webp(stored), 0x08, stored.shape[:2], chunk)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", STORED)
def test_photograph_taken_at_any_angle_comes_out_upright(orientation: int, order: str) -> None:
    stored, block = STORED[orientation], files.exif(orientation, order)
    assert (decode_image(_png(stored, block)) == UPRIGHT).all()
    assert (decode_image(_webp(stored, block)) == UPRIGHT).all()
    photograph = files.with_jpeg_segment(files.jpeg(stored), 0xE1, b"Exif\0\0" + block)
    decoded = decode_image(photograph)
    assert decoded.shape == UPRIGHT.shape
    assert np.abs(decoded.astype(int) - UPRIGHT).mean() < 8


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_impossible_orientation_leaves_the_picture_as_it_lies(value: int) -> None:
    assert orientation_of(files.exif(value)) == 1


@pytest.mark.parametrize("cut", range(0, 38, 3))
def test_damaged_exif_costs_no_photograph(cut: int) -> None:
    assert orientation_of(files.exif(6)[:cut]) in (1, 6)


def test_exif_directory_that_points_outside_is_ignored() -> None:
    assert orientation_of(b"II*\0" + struct.pack("<I", 1 << 31)) == 1
    assert orientation_of(b"nonsense") == 1
