"""Photographs on their way to templates: the wrong face, no face, cut off half-way."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.acquire import acquire, subject
from evaluation.cache import TemplateCache
from evaluation.errors import ListRejectedError
from evaluation.lists import Photo, read_photos
from models.images import decode_image, encode_png
from models.recogniser import Recogniser
from models.template import Template, similarity


@pytest.fixture
def photos(samples: Path, tmp_path: Path) -> list[Photo]:
    (tmp_path / "grey.png").write_bytes(encode_png(np.full((300, 300, 3), 127, np.uint8)))
    (tmp_path / "broken.jpg").write_bytes((samples / "obama.jpg").read_bytes()[:2000])
    rows = "path,person\nobama.jpg,o\nbiden.jpg,b\ngrey.png,g\nbroken.jpg,x\n"
    (tmp_path / "list.csv").write_text(rows)
    return list(read_photos(tmp_path / "list.csv", samples).photos)


def test_photograph_without_a_usable_face_has_no_template_and_ends_nothing(
    photos: list[Photo], recogniser: Recogniser, cache: TemplateCache
) -> None:
    steps: list[int] = []
    found = acquire(photos, recogniser, cache, threads=2, advance=steps.append)
    assert found.usable(photos).tolist() == [0, 1]
    assert found.samples(photos).vectors.shape == (2, 192)
    assert sum(steps) == 4
    assert found.samples(photos[2:]).vectors.shape == (0, 192)


def test_template_is_the_one_the_recogniser_makes(
    photos: list[Photo], recogniser: Recogniser, cache: TemplateCache
) -> None:
    image = decode_image(photos[0].path.read_bytes())
    (face,) = recogniser.detect(image)
    (expected,) = recogniser.embed([recogniser.align(image, face)])
    vector = acquire(photos[:1], recogniser, cache).by_digest[photos[0].digest]
    assert vector is not None
    assert similarity(Template(vector, recogniser.pack.digest), expected) == pytest.approx(1, abs=1e-6)


def test_run_goes_on_from_the_cache_without_looking_again(
    photos: list[Photo], recogniser: Recogniser, cache: TemplateCache
) -> None:
    remembered = np.zeros(192, np.float32)
    remembered[0] = 1
    cache.put([(photos[0].digest, remembered), (photos[1].digest, None)])
    found = acquire(photos, recogniser, cache).by_digest
    kept = found[photos[0].digest]
    assert kept is not None
    assert np.array_equal(kept, remembered)
    assert found[photos[1].digest] is None


def test_what_was_done_before_an_interruption_is_kept(
    photos: list[Photo], recogniser: Recogniser, cache: TemplateCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.acquire._BATCH", 1)

    def interrupt(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        acquire(photos, recogniser, cache, advance=interrupt)
    assert set(cache.find(photo.digest for photo in photos)) == {photos[0].digest}


def test_photograph_that_changes_between_listing_and_measuring_is_refused(
    tmp_path: Path, samples: Path, recogniser: Recogniser, cache: TemplateCache
) -> None:
    (tmp_path / "a.jpg").write_bytes((samples / "obama.jpg").read_bytes())
    (tmp_path / "list.csv").write_text("path,person\na.jpg,o\n")
    photos = read_photos(tmp_path / "list.csv", None).photos
    (tmp_path / "a.jpg").write_bytes((samples / "biden.jpg").read_bytes())
    with pytest.raises(ListRejectedError, match=r"Line 2: .*changed"):
        acquire(photos, recogniser, cache)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(ListRejectedError, match=r"Line 2: .*cannot be read"):
        acquire(photos, recogniser, cache)


def test_face_in_the_middle_is_meant_even_beside_a_larger_one(samples: Path, recogniser: Recogniser) -> None:
    large = decode_image((samples / "obama.jpg").read_bytes())
    small = decode_image((samples / "collins.png").read_bytes())
    scene = np.zeros((1137, 2400, 3), np.uint8)
    scene[:, :910] = large
    scene[300:812, 950:1462] = small
    faces = recogniser.detect(scene)
    assert len(faces) == 2
    assert subject(faces, scene) is min(faces, key=lambda face: face.area)
