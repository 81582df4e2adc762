"""The recogniser on the sample photographs, and on pictures that have no face or no size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import PackRejectedError
from models.images import RgbImage
from models.pack import load_pack
from models.recogniser import Recogniser
from models.template import Template, similarity
from tests.models import tiny_pack

Sample = Callable[[str], RgbImage]


def _template(recogniser: Recogniser, photograph: RgbImage) -> Template:
    face = recogniser.detect(photograph)[0]
    return recogniser.embed([recogniser.align(photograph, face)])[0]


def test_same_man_scores_far_above_different_people(recogniser: Recogniser, sample: Sample) -> None:
    names = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "collins.png")
    one, two, three, other, woman = (_template(recogniser, sample(name)) for name in names)
    assert min(similarity(one, two), similarity(one, three), similarity(two, three)) > 0.75
    assert max(similarity(one, other), similarity(two, woman), similarity(other, woman)) < 0.3


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (3, 2), (31, 33), (22, 28), (900, 7), (2000, 3000)])
def test_picture_without_a_face_of_any_size_gives_an_empty_list(recogniser: Recogniser, shape: tuple[int, int]) -> None:
    assert recogniser.detect(np.full((*shape, 3), 127, np.uint8)) == []


def test_largest_face_comes_first_and_boxes_are_in_the_pictures_own_pixels(
    recogniser: Recogniser, sample: Sample
) -> None:
    near, far = sample("obama.jpg"), sample("collins.png")
    scene = np.zeros((1200, 1500, 3), np.uint8)
    scene[:1137, :910] = near
    scene[600:1112, 950:1462] = far
    first, second = recogniser.detect(scene)
    assert first.area > second.area
    (alone,) = recogniser.detect(far)
    shifted = np.add(alone.landmarks, (950, 600))
    assert np.abs(second.landmarks - shifted).max() < 6


def test_landmarks_are_eyes_nose_and_mouth_from_left_to_right(recogniser: Recogniser, sample: Sample) -> None:
    (face,) = recogniser.detect(sample("obama.jpg"))
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


def test_face_that_fills_the_whole_picture_is_found(recogniser: Recogniser, sample: Sample) -> None:
    photograph = sample("obama.jpg")
    left, top, right, bottom = (int(value) for value in recogniser.detect(photograph)[0].box)
    assert len(recogniser.detect(photograph[top:bottom, left:right])) == 1


def test_batch_gives_what_single_crops_give_in_order(recogniser: Recogniser, sample: Sample) -> None:
    photographs = [sample(name) for name in ("obama.jpg", "biden.jpg", "collins.png")] * 4
    crops = [recogniser.align(image, recogniser.detect(image)[0]) for image in photographs]
    together = recogniser.embed(crops)
    for crop, template in zip(crops, together, strict=True):
        assert similarity(recogniser.embed([crop])[0], template) > 0.99999
    assert recogniser.embed([]) == []


def test_mirror_image_gives_the_same_template(recogniser: Recogniser, sample: Sample) -> None:
    crop = recogniser.align(sample("biden.jpg"), recogniser.detect(sample("biden.jpg"))[0])
    straight, mirrored = recogniser.embed([crop, np.ascontiguousarray(crop[:, ::-1])])
    assert similarity(straight, mirrored) > 0.9999


def test_crop_or_picture_of_a_wrong_shape_is_a_programming_error(recogniser: Recogniser) -> None:
    with pytest.raises(ValueError, match="crop"):
        recogniser.embed([np.zeros((96, 112, 3), np.uint8)])
    with pytest.raises(ValueError, match="image"):
        recogniser.detect(np.zeros((96, 112), np.uint8))
    with pytest.raises(ValueError, match="thread"):
        Recogniser(recogniser.pack, threads=0)


# The first values of the generated crop's template as TensorFlow Lite computes them from the published
# network, by hand with ai-edge-litert 2.3.0: another runtime's word on what the conversion must give.
GOLDEN = (0.001599, 0.024247, 0.014323, -0.013368, -0.062931, 0.04116)


def test_golden_values_of_a_generated_crop_have_not_moved(recogniser: Recogniser) -> None:
    """Templates on a disk outlive this code: a change of arithmetic must change the pack's digest."""
    rows, columns = np.mgrid[:112, :112].astype(np.float64)
    planes = [127 + 120 * np.sin(rows / 9 + k) * np.cos(columns / (7 + k)) for k in range(3)]
    crop = np.stack(planes, axis=2).astype(np.uint8)
    vector = recogniser.embed([crop])[0].vector
    assert vector[:6] == pytest.approx(GOLDEN, abs=2e-6)


def test_bytes_that_are_no_network_are_refused_naming_the_file(tmp_path: Path) -> None:
    pack = load_pack(tiny_pack.write_pack(tmp_path / "tiny", embedder=b"not a network"))
    with pytest.raises(PackRejectedError, match=r"embedder\.onnx"):
        Recogniser(pack)


def test_network_of_another_kind_than_the_manifest_says_is_refused(tmp_path: Path) -> None:
    swapped = load_pack(tiny_pack.write_pack(tmp_path / "a", detector=tiny_pack.embedder()))
    with pytest.raises(PackRejectedError, match="not a centerface detector"):
        Recogniser(swapped)
    narrow = load_pack(tiny_pack.write_pack(tmp_path / "b", embedder=tiny_pack.embedder(dimension=32)))
    with pytest.raises(PackRejectedError, match="does not give 16 values"):
        Recogniser(narrow)
    wrong = load_pack(tiny_pack.write_pack(tmp_path / "c", embedder=tiny_pack.detector()))
    with pytest.raises(PackRejectedError, match="does not take crops"):
        Recogniser(wrong)


def test_two_embedders_are_concatenated_with_equal_weight(tmp_path: Path) -> None:
    second = tiny_pack.MANIFEST[tiny_pack.MANIFEST.index("[[embedders]]") :]
    second = second.replace("embedder.onnx", "second.onnx").replace("dimension = 16", "dimension = 32")
    wide = tiny_pack.embedder(dimension=32, batch=1, gain=50.0)
    pack = load_pack(tiny_pack.write_pack(tmp_path / "tiny", tiny_pack.MANIFEST + second, second=wide))
    crop = np.random.default_rng(1).integers(0, 255, (112, 112, 3)).astype(np.uint8)
    one, other = Recogniser(pack).embed([crop, crop[::-1].copy()])
    assert one.vector.shape == (48,)
    assert np.linalg.norm(one.vector[:16]) == pytest.approx(np.sqrt(0.5), abs=1e-5)
    assert one.pack_digest == other.pack_digest == pack.digest


def test_channel_order_of_the_manifest_is_obeyed(tmp_path: Path) -> None:
    bgr = tiny_pack.MANIFEST.replace('channels = "rgb"', 'channels = "bgr"')
    straight = Recogniser(load_pack(tiny_pack.write_pack(tmp_path / "a")))
    reversed_order = Recogniser(load_pack(tiny_pack.write_pack(tmp_path / "b", bgr)))
    crop = np.random.default_rng(2).integers(0, 255, (112, 112, 3)).astype(np.uint8)
    expected = straight.embed([np.ascontiguousarray(crop[..., ::-1])])[0]
    assert reversed_order.embed([crop])[0].vector == pytest.approx(expected.vector, abs=1e-6)
