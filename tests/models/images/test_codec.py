"""What must not get past the decoder, and what must come out of it unharmed."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import ImageRejectedError
from models.images import MAX_BYTES, decode_image, encode_jpeg, encode_png
from tests.models.images import files

PICTURE = files.scene()
KINDS = {
    "jpeg": files.jpeg(PICTURE),
    "progressive jpeg": files.jpeg(PICTURE, 2, 1),  # cv2.IMWRITE_JPEG_PROGRESSIVE
    "png": files.png(PICTURE),
    "webp": files.webp(PICTURE, 90),
    "lossless webp": files.webp(PICTURE),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_accepted_kind_keeps_its_colours_in_rgb_order(kind: str) -> None:
    decoded = decode_image(KINDS[kind])
    assert decoded.shape == PICTURE.shape
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - PICTURE).mean() < 8


@pytest.mark.parametrize("kind", KINDS)
def test_file_cut_anywhere_is_rejected(kind: str) -> None:
    data = KINDS[kind]
    for end in range(0, len(data), max(len(data) // 60, 1)):
        with pytest.raises(ImageRejectedError):
            decode_image(data[:end])


def test_jpeg_cut_and_closed_with_an_end_marker_is_not_painted_grey() -> None:
    data = files.jpeg(files.scene(480, 640))
    with pytest.raises(ImageRejectedError):
        decode_image(data[: len(data) // 2] + b"\xff\xd9")


def test_jpeg_promising_more_pixels_than_its_bytes_can_hold_is_rejected_before_decoding() -> None:
    data = KINDS["jpeg"]
    frame = data.index(b"\xff\xc0")
    huge = data[: frame + 5] + (6000).to_bytes(2, "big") * 2 + data[frame + 9 :]
    with pytest.raises(ImageRejectedError, match="incomplete"):
        decode_image(huge)


def test_jpeg_with_thousands_of_scans_is_rejected() -> None:
    data = KINDS["progressive jpeg"]
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    with pytest.raises(ImageRejectedError, match="scans"):
        decode_image(data[:first] + data[first:second] * 1000 + data[second:])


def test_jpeg_with_two_frames_is_rejected() -> None:
    data = KINDS["jpeg"]
    frame = data[data.index(b"\xff\xc0") :][:19]
    with pytest.raises(ImageRejectedError, match="exactly one picture"):
        decode_image(data[:2] + frame + data[2:])


def test_jpeg_with_previews_after_its_end_decodes_as_the_first_picture() -> None:
    decoded = decode_image(KINDS["jpeg"] + files.jpeg(files.scene(16, 16)))
    assert decoded.shape == PICTURE.shape


def test_png_bomb_of_forty_one_megapixels_is_rejected_by_its_header() -> None:
    with pytest.raises(ImageRejectedError, match="megapixels"):
        decode_image(files.png_of_zeros(6404, 6404, rows_inside=10))


def test_png_with_fewer_rows_than_promised_is_rejected() -> None:
    with pytest.raises(ImageRejectedError):
        decode_image(files.png_of_zeros(100, 100, rows_inside=50))


def test_animated_png_is_rejected() -> None:
    with pytest.raises(ImageRejectedError, match="animated"):
        decode_image(files.with_png_chunk(KINDS["png"], b"acTL", bytes(8)))


def test_png_with_a_changed_byte_is_rejected_by_its_checksum() -> None:
    data = bytearray(KINDS["png"])
    data[20] ^= 1
    with pytest.raises(ImageRejectedError, match="damaged"):
        decode_image(bytes(data))


def test_compressed_text_in_a_png_never_reaches_the_decoder() -> None:
    data = files.with_png_chunk(KINDS["png"], b"zTXt", b"Comment\0\0" + b"no zlib stream")
    assert (decode_image(data) == PICTURE).all()


def test_animated_webp_is_rejected_by_flag_and_by_chunk() -> None:
    for flags, extra in ((0x02, b""), (0, files.webp_chunk(b"ANIM", bytes(6)))):
        with pytest.raises(ImageRejectedError, match="animated"):
            decode_image(files.extended_webp(KINDS["webp"], flags, PICTURE.shape[:2], extra))


def test_webp_whose_canvas_is_larger_than_its_picture_is_rejected() -> None:
    with pytest.raises(ImageRejectedError, match="contradicts"):
        decode_image(files.extended_webp(KINDS["webp"], 0, (4000, 4000)))


def test_webp_with_two_pictures_is_rejected() -> None:
    data = files.extended_webp(KINDS["webp"], 0, PICTURE.shape[:2], KINDS["webp"][12:])
    with pytest.raises(ImageRejectedError, match="exactly one picture"):
        decode_image(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(40), b"BM" + bytes(60), b"RIFF\x04\0\0\0WAVE", b"<svg/>", b"\xff\xd8\xff\xd9"],
)
def test_other_formats_are_rejected(data: bytes) -> None:
    with pytest.raises(ImageRejectedError):
        decode_image(data)


def test_file_over_twenty_megabytes_is_rejected_before_it_is_parsed() -> None:
    with pytest.raises(ImageRejectedError, match="MB"):
        decode_image(KINDS["png"] + bytes(MAX_BYTES))


@given(
    kind=st.sampled_from(sorted(KINDS)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
    keep=st.floats(0.02, 1),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_file_gives_pixels_or_a_rejection_and_nothing_else(
    kind: str, edits: list[tuple[float, int]], keep: float
) -> None:
    data = bytearray(KINDS[kind])
    for place, value in edits:
        data[int(place * (len(data) - 1))] = value
    try:
        decoded = decode_image(bytes(data[: int(len(data) * keep) + 1]))
    except ImageRejectedError:
        return
    assert decoded.ndim == 3
    assert decoded.shape[2] == 3
    assert decoded.flags.c_contiguous


def test_encoded_pictures_hold_no_metadata_and_come_back() -> None:
    assert (decode_image(encode_png(PICTURE)) == PICTURE).all()
    lossy = encode_jpeg(PICTURE, 90)
    assert b"Exif" not in lossy
    assert np.abs(decode_image(lossy).astype(int) - PICTURE).mean() < 8


def test_encoding_refuses_what_is_no_picture() -> None:
    with pytest.raises(ValueError, match="uint8"):
        encode_png(PICTURE[:, :, 0])
    with pytest.raises(ValueError, match="quality"):
        encode_jpeg(PICTURE, 0)
