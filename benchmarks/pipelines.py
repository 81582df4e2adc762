"""The two ways from a photograph's bytes to the nearest of ten thousand, stage by stage."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Stopwatch
from models.images import decode_image
from models.pack import default_pack_path, load_pack
from models.recogniser import Recogniser

__all__ = ["Ours", "Peer", "Pipeline"]

Vector: TypeAlias = NDArray[np.floating]


class Pipeline(Protocol):
    """A recogniser under measurement, with a gallery of random templates to search."""

    def recognise(self, photograph: bytes, watch: Stopwatch) -> Vector | None:
        """The template of the face nearest the picture's middle, or None; times each stage."""
        ...

    def score(self, a: Vector, b: Vector) -> float:
        """How alike two templates are; higher is more alike."""
        ...


def _nearest_to_middle(boxes: list[tuple[float, float, float, float]], height: int, width: int) -> int:
    """Index of the (left, top, right, bottom) whose centre is nearest to the picture's."""
    distances = [abs(left + right - width) + abs(top + bottom - height) for left, top, right, bottom in boxes]
    return int(np.argmin(distances))


class Ours:
    """This project's recogniser and search."""

    def __init__(self, gallery_size: int) -> None:
        faiss.omp_set_num_threads(1)
        self._recogniser = Recogniser(load_pack(default_pack_path()), threads=1)
        gallery = np.random.default_rng(0).normal(size=(gallery_size, self._recogniser.pack.manifest.dimension))
        self._index = faiss.IndexFlatIP(gallery.shape[1])
        self._index.add((gallery / np.linalg.norm(gallery, axis=1, keepdims=True)).astype(np.float32))

    def recognise(self, photograph: bytes, watch: Stopwatch) -> Vector | None:
        with watch.stage("decode"):
            image = decode_image(photograph)
        with watch.stage("detect"):
            faces = self._recogniser.detect(image)
        if not faces:
            return None
        face = faces[_nearest_to_middle([face.box for face in faces], *image.shape[:2])]
        with watch.stage("align"):
            crop = self._recogniser.align(image, face)
        with watch.stage("embed"):
            vector = self._recogniser.embed([crop])[0].vector
        with watch.stage("search"):
            self._index.search(vector[None], 10)
        return vector

    def score(self, a: Vector, b: Vector) -> float:
        return float(a @ b)


@contextmanager
def _old_packaging_allowed() -> Iterator[None]:
    """face_recognition_models finds its files by a module that warns of its own end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Peer:
    """The PyPI package face_recognition: dlib's HOG detector, 5 landmarks and ResNet, as its README uses them."""

    def __init__(self, gallery_size: int) -> None:
        with _old_packaging_allowed():
            import face_recognition
        self._library = face_recognition
        self._gallery = np.random.default_rng(0).normal(size=(gallery_size, 128))

    def recognise(self, photograph: bytes, watch: Stopwatch) -> Vector | None:
        with watch.stage("decode"):
            image = self._library.load_image_file(io.BytesIO(photograph))
        with watch.stage("detect"):
            found = self._library.face_locations(image)
        if not found:
            return None
        boxes = [(left, top, right, bottom) for top, right, bottom, left in found]
        place = found[_nearest_to_middle(boxes, *image.shape[:2])]
        with watch.stage("align and embed"):
            (vector,) = self._library.face_encodings(image, [place])
        with watch.stage("search"):
            np.argsort(self._library.face_distance(self._gallery, vector))[:10]
        return np.asarray(vector)

    def score(self, a: Vector, b: Vector) -> float:
        return -float(np.linalg.norm(a - b))
